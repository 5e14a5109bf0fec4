# SPDX-License-Identifier: MIT
"""`uripc check` for every day: only what failed, again and again, in another order."""

import json

import pytest

from uripc_program import by_name, needs_mutants, needs_program, records, run

pytestmark = needs_program

GOOD = """\
case good
promise A name can be registered.
clause REG-1

A: register "ipc:/a" as a
"""
BAD = """\
case bad
promise A line that fails.
clause REG-1

A: register "ipc:/a" as a -> exists
"""
FLAKY = """\
case flaky
promise Every third send dies.
clause SND-1

A: register "ipc:/a" as a
A: send a to "ipc:/a/flaky"
"""


@pytest.fixture(name="program")
def two_cases(tree):
    return tree(good=GOOD, bad=BAD)


def selected(folder):
    return sorted(by_name(folder))


# --rerun-failed


def test_only_what_was_not_as_expected_is_run_again(program, tmp_path):
    assert run("check", "reference", "--out", tmp_path / "a", program=program).returncode == 1
    done = run("check", "reference", "--rerun-failed", tmp_path / "a", "--out", tmp_path / "b",
               program=program)
    assert done.returncode == 1 and selected(tmp_path / "b") == ["bad"]
    assert records(tmp_path / "b")[0]["rerun"] == str(tmp_path / "a")


def test_known_failures_are_not_run_again(program, tmp_path):
    known = tmp_path / "known.txt"
    known.write_text("bad fail # it is wrong\n", encoding="utf-8")
    run("check", "reference", "--expect", known, "--out", tmp_path / "a", program=program)
    done = run("check", "reference", "--rerun-failed", tmp_path / "a", program=program)
    assert done.returncode == 3
    assert "nothing is selected: every case of" in done.stderr


def test_a_filter_selects_among_those(program, tmp_path):
    run("check", "reference", "--out", tmp_path / "a", program=program)
    done = run("check", "reference", "--rerun-failed", tmp_path / "a", "--filter", "good",
               program=program)
    assert done.returncode == 3 and "nothing is selected: no selected case of" in done.stderr


HEADER = {"kind": "header", "format": 1, "backend": "reference"}
FAILED = {"kind": "case", "name": "bad", "chapter": "x", "verdict": "fail", "expected": False}


def write(folder, *objects, end=""):
    text = "".join(json.dumps(value) + "\n" for value in objects)
    (folder / "results.jsonl").write_text(text + end, encoding="utf-8")


def test_unresolved_cases_and_partial_runs_count(program, tmp_path):
    unresolved = FAILED | {"name": "good", "verdict": "unresolved", "expected": True}
    write(tmp_path, HEADER, {"kind": "weather"}, FAILED, unresolved, end='{"kind":"case","na')
    run("check", "reference", "--rerun-failed", tmp_path, "--out", tmp_path / "b",
        program=program)
    assert selected(tmp_path / "b") == ["bad", "good"]


def test_a_case_that_is_gone_is_told(program, tmp_path):
    write(tmp_path, HEADER, FAILED, FAILED | {"name": "old\x1b[1m"})
    done = run("check", "reference", "--rerun-failed", tmp_path, program=program)
    assert done.returncode == 1
    assert 'results.jsonl:3: there is no case "old\\x1B[1m" any more' in done.stderr


@pytest.mark.parametrize(
    "lines, message",
    [
        ([], "results.jsonl:1: expected the header of a check, found an empty file"),
        (["hello"], "results.jsonl:1: expected a JSON object"),
        ([json.dumps(FAILED)], "results.jsonl:1: expected the header of a check"),
        ([json.dumps(HEADER | {"of": "mutants"})], ":1: expected the header of a check"),
        ([json.dumps(HEADER | {"format": 2})], "results.jsonl:1: expected format 1"),
        ([json.dumps(HEADER), "[1]"], 'results.jsonl:2: expected an object with a text member'),
        ([json.dumps(HEADER), '{"kind":"case"}'], ':2: expected a case with "name"'),
        ([json.dumps(HEADER), "{]", "{}"], "results.jsonl:2: expected a JSON object"),
    ],
)
def test_what_is_no_run_is_refused(tmp_path, lines, message):
    (tmp_path / "results.jsonl").write_text("".join(f"{line}\n" for line in lines))
    done = run("check", "reference", "--rerun-failed", tmp_path)
    assert done.returncode == 3 and message in done.stderr and done.stdout == ""


def test_a_folder_without_results_is_refused(tmp_path):
    done = run("check", "reference", "--rerun-failed", tmp_path / "none")
    assert done.returncode == 3
    assert "none/results.jsonl: No such file" in done.stderr and "expected" in done.stderr
    (tmp_path / "results.jsonl").mkdir()
    assert run("check", "reference", "--rerun-failed", tmp_path).returncode == 3


# --repeat


def test_every_case_is_run_as_often_as_asked(program, tmp_path):
    done = run("check", "reference", "--repeat", "5", "--out", tmp_path, program=program)
    assert "2 cases: 1 pass, 1 fail, 5 times each" in done.stdout
    assert {case["runs"] for case in by_name(tmp_path).values()} == {5}
    assert all(case.get("verdicts") is None for case in by_name(tmp_path).values())
    assert "flaky" not in done.stdout


@needs_mutants
def test_a_case_that_varies_is_flaky_and_has_its_worst_verdict(tree, tmp_path):
    program = tree(flaky=FLAKY, good=GOOD)
    mutants = program.parent.parent / "libexec" / "uripc" / "uripc-mutants"
    arguments = ("check", "crasher", "--jobs", "1", "--repeat", "10")
    done = run(*arguments, program=mutants)
    assert done.returncode == 1
    assert "flaky, in 3 of 10 runs: the process died of SIGABRT" in done.stdout
    run(*arguments, "--out", tmp_path, program=mutants)
    case = by_name(tmp_path)["flaky"]
    assert (case["verdict"], case["runs"]) == ("crash", 10)
    assert set(case["verdicts"]) == {"pass", "crash"} and sum(case["verdicts"].values()) == 10
    assert case["reason"].startswith(f"flaky, in {case['verdicts']['crash']} of 10 runs: ")
    assert by_name(tmp_path)["good"]["verdict"] == "pass"


@pytest.mark.parametrize("number", ["0", "-1", "x", "1000001", ""])
def test_a_wrong_number_of_repetitions_is_refused(number):
    done = run("check", "reference", f"--repeat={number}")
    assert done.returncode == 3 and "--repeat expects a number from 1 to 1000000" in done.stderr


def test_repeating_is_for_one_seed():
    done = run("check", "reference", "--repeat", "2", "--seeds", "1..3")
    assert done.returncode == 3 and "--repeat is for one seed" in done.stderr


# --shuffle


def order(folder, *arguments):
    run("check", "reference", "--jobs", "1", "--filter", "names/*", *arguments, "--out", folder)
    return [r["name"] for r in records(folder) if r["kind"] == "case"]


def test_the_order_is_drawn_from_the_seed_and_can_be_had_again(tmp_path):
    plain = order(tmp_path / "a")
    seven = order(tmp_path / "b", "--shuffle", "--seed", "7")
    assert plain == sorted(plain) and seven != plain and sorted(seven) == plain
    assert order(tmp_path / "c", "--shuffle", "--seed", "7") == seven
    assert order(tmp_path / "d", "--shuffle", "--seed", "8") != seven
    assert records(tmp_path / "b")[0]["shuffle"] is True


def test_the_order_changes_no_verdict_and_is_told():
    plain = run("check", "reference", "--seed", "7")
    shuffled = run("check", "reference", "--seed", "7", "--shuffle")
    assert shuffled.stdout == "shuffled by seed 7\n" + plain.stdout
