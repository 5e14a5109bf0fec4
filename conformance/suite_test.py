# SPDX-License-Identifier: MIT
"""What holds for all of the shipped cases together: they can be run again, one by one, in any
number of jobs, and do the same; what chance takes no part in, no seed changes."""

import re
import shlex
from pathlib import Path

import pytest

from uripc_program import SHARE, by_name, check, needs_mutants, needs_program, records, run

pytestmark = needs_program

GOLDEN = Path(__file__).parent / "golden"


def fingerprints(cases):
    return {name: case["fingerprint"] for name, case in cases.items()}


@pytest.fixture(name="first", scope="module")
def run_first(tmp_path_factory):
    """A run with seed 1."""
    folder = tmp_path_factory.mktemp("first")
    check(folder)
    return folder


def test_the_ten_step_exchange_goes_as_written_down():
    """To take over a change that is meant:
    uripc sim ten-step-exchange >conformance/golden/ten-step-exchange.txt"""
    done = run("sim", "ten-step-exchange")
    assert done.returncode == 0
    assert done.stdout == (GOLDEN / "ten-step-exchange.txt").read_text(encoding="utf-8")


def test_the_ten_step_exchange_has_its_ten_steps_and_both_source_uris():
    text = (GOLDEN / "ten-step-exchange.txt").read_text(encoding="utf-8")
    assert re.findall(r"^ +[\d.]+  (\d+)\. ", text, re.M) == [str(n) for n in range(1, 11)]
    request, response = re.findall(r"-> (from .*)", text)
    assert request.startswith('from "ipc:/GUID1/RID1" to "http://foo/bar/xyz.htm"')
    assert response.startswith('from "http://foo/bar/xyz.htm" to "ipc:/GUID1/RID1"')


def test_the_same_seed_does_the_same_twice(first, tmp_path):
    assert fingerprints(check(tmp_path)) == fingerprints(by_name(first))
    assert records(tmp_path)[-1]["fingerprint"] == records(first)[-1]["fingerprint"]


@pytest.mark.parametrize("seeds", ["1..1", "4..9"])
def test_the_number_of_jobs_changes_no_case_and_no_run(seeds, tmp_path):
    one = check(tmp_path / "1", "--seeds", seeds, "--jobs", "1")
    two = check(tmp_path / "2", "--seeds", seeds, "--jobs", "2")
    assert fingerprints(one) == fingerprints(two)
    ends = [records(tmp_path / jobs)[-1]["fingerprint"] for jobs in "12"]
    assert ends[0] == ends[1]


def test_another_seed_changes_just_the_cases_that_draw(first, tmp_path):
    before, after = by_name(first), check(tmp_path, "--seed", "2")
    draws = {name for name, case in before.items() if case["draws"]}
    assert draws and draws != set(before)
    assert draws == {name for name, case in after.items() if case["draws"]}
    differs = {name for name in before if before[name]["fingerprint"] != after[name]["fingerprint"]}
    assert differs == draws


def test_most_cases_run_in_both_worlds_and_the_others_say_why_not():
    rows = [re.match(r"(\S+) +(both worlds|simulated world|implementation) +(\d+) case", line)
            for line in run("list", "capabilities").stdout.splitlines()]
    counts = {row[1]: int(row[3]) for row in rows}
    # Processes of other users can only be had by the administrator.
    simulated = {row[1] for row in rows if row[2] == "simulated world"} - {"users"}
    assert simulated == {"virtual-time", "faults", "profiles", "resolvers", "clocks", "turns"}
    assert all(counts.values())
    lines = run("list", "cases").stdout.splitlines()
    needs = [set(re.search(r"(?: \[needs (.*)\])?$", line)[1].split() if line[-1] == "]" else ())
             for line in lines]
    assert {name: sum(name in each for each in needs) for name in counts} == counts
    assert sum(not each & simulated for each in needs) > len(lines) / 2


def test_every_listed_case_can_be_run_from_its_file(first):
    cases = by_name(first)
    lines = [line.split() for line in run("list", "cases").stdout.splitlines()]
    assert len(lines) == len(cases)
    for name, chapter, *_ in lines:
        done = run("sim", SHARE / "cases" / chapter / f"{name}.case")
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.startswith(f"case {name} ")
        fingerprint = re.search(r"fingerprint ([0-9a-f]{16})$", done.stdout)[1]
        assert fingerprint == cases[name]["fingerprint"]


@needs_mutants
def test_the_command_of_a_failure_repeats_it(tmp_path):
    cases = check(tmp_path / "all", "--mutant", "short-consumes", "--seed", "3")
    failed = [case for case in cases.values() if case["verdict"] == "fail"]
    assert len(failed) > 3
    for case in failed:
        program, *arguments = shlex.split(case["repro"])
        assert program == "uripc"
        done = run(*arguments, "--out", tmp_path / case["name"])
        assert done.returncode == 1
        assert list(by_name(tmp_path / case["name"])) == [case["name"]]
        again = by_name(tmp_path / case["name"])[case["name"]]
        for member in ("reason", "failed_line", "fingerprint", "seed", "steps", "trace"):
            assert again[member] == case[member], member


def test_a_filter_is_a_pattern_for_the_name_or_the_chapter_and_name(first, tmp_path):
    cases = by_name(first)
    names = {name for name, case in cases.items() if case["chapter"] == "names"}
    assert set(check(tmp_path / "1", "--filter", "names/*")) == names
    assert set(check(tmp_path / "2", "--filter", "*/ten-step-*")) == {"ten-step-exchange"}
    short = set(check(tmp_path / "3", "--filter", "r*"))
    assert short == {name for name in cases if name.startswith("r")}


def test_a_call_is_recorded_before_what_it_sets_off(first):
    """Each message leaves after a call of its process that has not yet had its completion."""
    for case in by_name(first).values():
        calls = {}
        for event in case["trace"]:
            process = event.get("process")
            if event["kind"] == "call":
                calls[process] = calls.get(process, 0) + 1
            elif event["kind"] == "carry" and event["frame"] == "message":
                assert calls.get(process), (case["name"], event)


def test_what_was_observed_begins_as_what_was_expected(first):
    """Where a line held, nothing that it mentions differs, but for the units of times."""
    weight, time = re.compile(r"^(?:(?:nonstrict|info|record) )+"), re.compile(r"\bat \S+")
    for case in by_name(first).values():
        blocks = re.search(r"^\s*(unordered|subset)$", case["source"], re.M)
        for step in case["steps"]:
            expected = step.get("expected")
            if not expected or "|" in expected or blocks or "record " in expected:
                continue
            expected = " ".join(re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^\s"]+)+', expected))
            expected = time.sub("at", weight.sub("", expected))
            assert (time.sub("at", step["observed"]) + " ").startswith(expected + " "), step
