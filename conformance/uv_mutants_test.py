# SPDX-License-Identifier: MIT
"""Faults planted in the reference between real processes: something that stands for the clause that
each one breaks fails, and nothing does without them."""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import uripc_program

# The first build that has planted faults: the optimised one, which is named first, has none.
BUILDS = [Path(name).resolve() for name in os.environ.get("URIPC_BUILDS", "missing").split(":")]
IN_BUILD = Path("libexec") / "uripc" / "reference-uv-mutants.so"
BUILD = next((build for build in BUILDS if (build / IN_BUILD).is_file()), BUILDS[0])
BACKEND = BUILD / IN_BUILD
REFERENCE = BUILD / "reference"
HEADER = Path(__file__).resolve().parent.parent / "reference" / "uv" / "mutants.h"
CLAUSES = dict(re.findall(r'X\(\w+, "([^"]+)", "([A-Z]+-\d+)"', HEADER.read_text(encoding="utf-8")))

# What notices a fault: a case, or a test that does what no driver can be told to do.
CASES = {
    "short-write": "large-messages-arrive-whole",
    "tail-dropped": "large-messages-arrive-whole",
    "names-confused": "one-of-forty-names",
    "generation-ignored": "a-new-name-is-used-at-once",
    "dead-hold-names": "a-killed-owner-frees-its-name",
    "names-stolen": "a-held-name-is-taken",
    "lock-kept": "a-failed-registration-changes-nothing",
    "first-member-only": "every-member-gets-one-copy",
    "down-first": "first-words-may-be-last",
    "withdrawals-ignored": "a-cancelled-blocked-send-is-never-delivered",
    "workers-missed": "a-dead-worker-holds-up-nobody",
    "answers-lumped": "a-burst-finds-a-queue-full",
    "principal-from-data": "a-message-cannot-say-who-sent-it",
}
UNIT_TESTS = {
    "ok-too-soon": ("crash", "what_was_ok_for_a_group_arrives_although_its_sender_dies"),
    "taken-told-late": ("workers", "what_a_worker_has_taken_dies_with_it"),
    "taken-unheard": ("workers", "a_worker_takes_nothing_while_it_cannot_say_so"),
    "anybody-joins": ("workers_hostile", "another_user_cannot_join"),
    "layers-asleep": ("layers", "a_deadline_counts_from_the_call"),
    "layers-stale": ("layers", "a_deadline_counts_from_the_call"),
    "layers-untold": ("layers", "two_nodes_of_one_loop_have_a_session"),
}

pytestmark = pytest.mark.skipif(not BACKEND.is_file(), reason="no backend with planted faults")


def run(*arguments, **options):
    return uripc_program.run(*arguments, program=BUILD / "bin" / "uripc", **options)


def planted(mutant):
    return {**os.environ, "URIPC_UV_MUTANT": mutant}


def check(mutant):
    return run("check", BACKEND, "--jobs", 1, "--filter", CASES[mutant], env=planted(mutant))


@pytest.fixture(name="checks", scope="module")
def make_checks():
    """All of them, several at once: most of the time they wait for what does not come."""
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(CASES, pool.map(check, CASES)))


def test_each_fault_has_something_that_notices_it():
    assert sorted(CLAUSES) == sorted([*CASES, *UNIT_TESTS])


@pytest.mark.parametrize("mutant", CASES)
def test_a_case_notices_it(checks, mutant):
    done = checks[mutant]
    if " unsupported" in done.stdout and os.geteuid() != 0:
        pytest.skip("only root can be several principals")
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(rf"^fail {CASES[mutant]} \S+\.case:\d+ [^:]*\b{CLAUSES[mutant]}\b",
                     done.stdout, re.MULTILINE), done.stdout


def unit_test(program, environment=None):
    done = subprocess.run([REFERENCE / f"reference-uv-{program}-mutants", "1"], env=environment,
                          capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("mutant", UNIT_TESTS)
def test_a_unit_test_notices_it(mutant):
    program, test = UNIT_TESTS[mutant]
    if mutant == "anybody-joins" and os.geteuid() != 0:
        pytest.skip("only root can be several users")
    assert f"[  FAILED  ] {test}" in unit_test(program, planted(mutant))


def test_nothing_fails_without_a_fault():
    for case in sorted(set(CASES.values())):
        done = run("check", BACKEND, "--filter", case)
        assert done.returncode == 0, done.stdout
    told = "".join(unit_test(program) for program in sorted({of for of, _ in UNIT_TESTS.values()}))
    for _, test in UNIT_TESTS.values():
        assert f"[       OK ] {test}" in told or f"[  SKIPPED ] {test}" in told


def test_an_unknown_fault_is_no_fault():
    done = run("check", BACKEND, "--filter", "a-held-name-is-taken", env=planted("nonsense"))
    assert done.returncode != 0
