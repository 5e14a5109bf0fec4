# SPDX-License-Identifier: MIT
"""`uripc hunt`: the search finds what is planted, and nothing else."""

import re
import shlex

import pytest

from uripc_program import PROGRAM, needs_program, records, run

pytestmark = needs_program

HUNT_MUTANTS = PROGRAM.parent.parent / "libexec" / "uripc" / "uripc-hunt-mutants"
needs_planted = pytest.mark.skipif(not HUNT_MUTANTS.is_file(), reason="no planted faults")

# What is planted, and the clauses that the search may say are broken by it, one of which it must.
PLANTED = {
    "two-owners": {"REG-2"},
    "mixed-kinds": {"REG-5", "LIF-3"},
    "longer-unseen": {"SND-19", "DLV-6"},
    "old-absence": {"RTE-5", "SND-19"},
    "full-says-ok": {"SND-1", "DLV-6"},
    "any-incarnation": {"SND-19"},
    "bytes-on-error": {"SND-5"},
    "refused-but-kept": {"SND-22"},
    "last-first": {"SND-7"},
    "short-consumes": {"SND-1", "DLV-6"},
    "two-completions": {"CMP-1"},
    "lost-completion": {"CMP-16", "RCV-10"},
    "others-overlapped": {"CMP-1", "CMP-3"},
    "aborted-but-sent": {"SND-22", "SND-7"},
    "cancel-always-ok": {"CMP-11"},
    "closed-is-open": {"LIF-2", "CMP-17"},
    "one-message-id": {"DLV-3", "SND-19"},
    "name-survives-death": {"LIF-5"},
    "same-incarnation": {"LIF-2", "LIF-3"},
    "wrong-life": {"LIF-4"},
    "children-stay": {"CMP-1"},
    "death-unnoticed": {"CMP-1"},
    "no-deadlines": {"LIVE", "RCV-10", "SND-21"},
}


def hunt(folder, *arguments, status=0):
    done = run("hunt", "reference", "--out", folder, *arguments)
    assert done.stderr == ""
    assert done.returncode == status
    lines = records(folder, "hunt.jsonl")
    assert (lines[0]["kind"], lines[-1]["kind"]) == ("header", "footer")
    return done.stdout, lines


def test_the_reference_is_not_broken_and_every_family_of_faults_happens(tmp_path):
    output, lines = hunt(tmp_path, "--runs", 2000)
    footer = lines[-1]
    assert len(lines) == 2
    assert (footer["runs"], footer["broken"], footer["whole"]) == (2000, 0, True)
    assert len(footer["faults"]) == 15
    for kind in ("faults", "modes", "resolvers"):
        for name, times in footer[kind].items():
            assert times > 0, name
            assert f" {name} {times}" in output
    for kind in ("modes", "resolvers"):
        assert sum(footer[kind].values()) == 2000


@needs_planted
@pytest.mark.parametrize("mutant", PLANTED)
def test_what_is_planted_is_found(tmp_path, mutant):
    _, lines = hunt(tmp_path, "--mode", "calls", "--resolver", "table", "--mutant", mutant,
                    "--runs", 300, status=1)
    found = {line["clause"] for line in lines if line["kind"] == "failure"}
    assert found & PLANTED[mutant], found


# Of who keeps the names: the resolver, and the clauses as above.
PLANTED_IN_RESOLVERS = {
    "grace-for-all": ("daemon", {"RES-8", "REG-2", "REG-5", "RES-9"}),
    "never-again": ("daemon", {"RES-9"}),
    "loss-unnoticed": ("daemon", {"RES-9"}),
    "holders-give-up": ("daemon", {"RES-8"}),
    "grace-denies": ("daemon", {"RES-6"}),
    "grace-endless": ("daemon", {"CMP-1"}),
    "silent-keep-names": ("daemon", {"LIF-5"}),
    "close-unheard": ("daemon", {"LIF-5"}),
    "away-refuses": ("daemon", {"RES-2"}),
    "routes-outlive-grace": ("daemon", {"SND-19"}),
    "lock-ignored": ("rendezvous", {"RES-13"}),
    "generation-stays": ("rendezvous", {"SND-19", "DLV-6"}),
}


@needs_planted
@pytest.mark.parametrize("mutant", PLANTED_IN_RESOLVERS)
def test_what_is_planted_in_resolvers_is_found(tmp_path, mutant):
    resolver, clauses = PLANTED_IN_RESOLVERS[mutant]
    _, lines = hunt(tmp_path, "--mode", "calls", "--resolver", resolver, "--mutant", mutant,
                    "--runs", 600, status=1)
    found = {line["clause"] for line in lines if line["kind"] == "failure"}
    assert found & clauses, found
    assert {line["resolver"] for line in lines if line["kind"] == "failure"} == {resolver}


# Of sessions: what one of the findings says.
PLANTED_IN_SESSIONS = {
    "items-overtake": "no beginning of anybody's",
    "rest-lost": "else than comes next",
    "end-before-rest": "read before the rest",
    "silence-is-death": "called dead, and lives",
}


@needs_planted
@pytest.mark.parametrize("mutant", PLANTED_IN_SESSIONS)
def test_what_is_planted_in_sessions_is_found(tmp_path, mutant):
    _, lines = hunt(tmp_path, "--mode", "sessions", "--resolver", "table", "--mutant", mutant,
                    "--runs", 100, status=1)
    texts = [line["text"] for line in lines if line["kind"] == "failure"]
    assert any(PLANTED_IN_SESSIONS[mutant] in text for text in texts), texts


# Of queues that processes share: the clauses as above, and the runs that it takes.
PLANTED_IN_QUEUES = {
    "life-of-queue": ({"DSP-13"}, 100),
    "foreign-join": ({"DSP-11"}, 200),
    "home-left-alone": ({"DSP-11"}, 200),
    "cancel-keeps-message": ({"SND-1", "DSP-8"}, 200),
    "demand-by-edge": ({"DSP-2"}, 200),
    "demand-untold": ({"DSP-2"}, 600),
    "dies-with-worker": ({"SND-1", "DSP-8"}, 600),
    "returned-last": ({"DSP-8"}, 1000),
}


@needs_planted
@pytest.mark.parametrize("mutant", PLANTED_IN_QUEUES)
def test_what_is_planted_in_queues_is_found(tmp_path, mutant):
    clauses, runs = PLANTED_IN_QUEUES[mutant]
    _, lines = hunt(tmp_path, "--mode", "queues", "--resolver", "table", "--mutant", mutant,
                    "--runs", runs, status=1)
    found = {line["clause"] for line in lines if line["kind"] == "failure"}
    assert found & clauses, found


# Of requests, which the same applications make: the clause that must be said to be broken.
PLANTED_IN_REQUESTS = {
    "suffix-again": "REQ-1",
    "try-renumbered": "REQ-2",
    "reply-to-any-life": "REQ-3",
    "replies-by-order": "REQ-4",
    "never-served": "REQ-8",
    "late-reply-taken": "REQ-4",
    "cancelled-unserved": "REQ-8",
    "busy-served-again": "REQ-14",
    "reply-not-kept": "REQ-15",
    "repetition-untold": "REQ-16",
    "replied-twice": "REQ-17",
    "serve-unclosed": "REQ-20",
    "replies-uncounted": "REQ-28",
    "one-member-counts": "REQ-27",
}


@needs_planted
@pytest.mark.parametrize("mutant", PLANTED_IN_REQUESTS)
def test_what_is_planted_in_requests_is_found(tmp_path, mutant):
    _, lines = hunt(tmp_path, "--mode", "sessions", "--resolver", "table", "--mutant", mutant,
                    "--runs", 60, status=1)
    found = {line["clause"] for line in lines if line["kind"] == "failure"}
    assert PLANTED_IN_REQUESTS[mutant] in found, found


def test_requests_are_served_and_answered_and_none_of_their_clauses_is_broken(tmp_path):
    done = run("hunt", "reference", "--mode", "sessions", "--runs", 600, "--out", tmp_path)
    found = {line["clause"] for line in records(tmp_path, "hunt.jsonl")
             if line["kind"] == "failure"}
    assert not [clause for clause in found if clause.startswith(("REQ", "LAY"))], found
    for what in ("requests served", "requests answered", "replies to surveys"):
        assert int(re.search(rf"(\d+) {what}", done.stdout)[1]) > 1000


@needs_planted
@pytest.mark.parametrize("benign", ["sparse-ids", "never-direct", "forgetful-routes", "one-route"])
def test_what_is_benign_raises_no_alarm(tmp_path, benign):
    hunt(tmp_path, "--mutant", benign, "--runs", 300)


@needs_planted
def test_a_failure_says_how_it_came_about_and_its_command_repeats_it(tmp_path):
    output, lines = hunt(tmp_path, "--mutant", "full-says-ok", "--runs", 100, status=1)
    failure = next(line for line in lines if line["kind"] == "failure")
    for part in (failure["text"], failure["repeat"], "faults drawn:", "the last events:"):
        assert part in output
    assert re.search(r"BROKEN SND-1: it was acknowledged", output)
    words = shlex.split(failure["repeat"])
    assert words[0] == "uripc"
    _, again = hunt(tmp_path / "again", *words[3:], status=1)
    same = next(line for line in again if line["kind"] == "failure")
    for key in ("clause", "seed", "ns", "text", "verdict", "profile", "mode", "resolver"):
        assert same[key] == failure[key]


def test_what_comes_out_does_not_depend_on_jobs(tmp_path):
    one, _ = hunt(tmp_path / "one", "--runs", 200, "--jobs", 1)
    three, _ = hunt(tmp_path / "three", "--runs", 200, "--jobs", 3)
    other, _ = hunt(tmp_path / "other", "--runs", 200, "--jobs", 3, "--seed", 2)
    assert one == three != other


def test_it_stops_after_a_time():
    done = run("hunt", "reference", "--for", "1s", "--jobs", 1)
    assert done.returncode == 0
    assert re.search(r"\d+ runs from seed 1", done.stdout)


@pytest.mark.parametrize("words, told", [
    ([], "expected a backend"),
    (["nobody"], "expected a backend that can be searched"),
    (["reference", "--runs", "0"], "--runs: expected a whole number"),
    (["reference", "--for", "5"], "--for: expected a time such as 30s"),
    (["reference", "--profile", "x"], "there is no profile"),
    (["reference", "--mode", "x"], "--mode: expected calls, sessions or queues"),
    (["reference", "--resolver", "x"], "--resolver: expected table, daemon or rendezvous"),
    (["reference", "--jobs", "many"], "--jobs: expected a whole number"),
    (["reference", "model"], "one backend at a time"),
])
def test_bad_words_are_told(words, told):
    done = run("hunt", *words)
    assert done.returncode == 3
    assert told in done.stderr


@needs_planted
def test_an_unknown_mutant_is_told():
    done = run("hunt", "reference", "--mutant", "x")
    assert done.returncode == 3
    assert "there is no mutant" in done.stderr
