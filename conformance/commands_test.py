# SPDX-License-Identifier: MIT
"""The program as a user meets it: exit statuses, bad input, crashes, Ctrl-C."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from uripc_program import MUTANTS, PROGRAM, SHARE, by_name, needs_mutants, needs_program, records, run

pytestmark = needs_program

GOOD = """case good
promise A name can be held.
clause REG-1
A: register "ipc:/a" as a
"""

BAD_RESULT = """case bad
promise A name cannot be held.
clause REG-1
A: register "ipc:/a" as a -> exists
"""

CRASH = """case crash
promise A crash costs one case.
clause SND-1
A: register "ipc:/a" as a
A: send a to "ipc:/a/crash"
"""

HANG = CRASH.replace("crash", "hang")
SPIN = CRASH.replace("crash", "spin")

UNRESOLVED = """case open
promise A dead process does nothing.
clause LIF-1
A: register "ipc:/a" as a
crash A
A: register "ipc:/a" as a
"""


# Usage.


@pytest.mark.parametrize(
    "arguments, words",
    [
        ((), "Usage: uripc COMMAND"),
        (("chekc",), 'did you mean "check"?'),
        (("frobnicate",), "`uripc --help` lists them"),
        (("check",), "expected a BACKEND"),
        (("check", "referense"), 'did you mean "reference"?'),
        (("check", "reference", "model"), "one BACKEND is enough"),
        (("check", "reference", "--filtr", "x"), "did you mean --filter?"),
        (("check", "reference", "--jobs", "0"), "from 1 to 256"),
        (("check", "reference", "--jobs", "many"), "from 1 to 256"),
        (("check", "reference", "--seed", "-1"), "expects a number"),
        (("check", "reference", "--seeds", "3..2"), "A at most B"),
        (("check", "reference", "--filter", "no-such-case"), "nothing is selected"),
        (("check", "reference", "--profile", "locall"), 'did you mean "local"?'),
        (("check", "reference", "--expect", "/no/such/file"), "/no/such/file"),
        (("check", "reference", "--out", "/proc/nowhere"), "cannot be written"),
        (("list", "clause"), 'did you mean "clauses"?'),
        (("sim", "ten-step-exchang"), 'did you mean "ten-step-exchange"?'),
        (("sim", "/no/such/file.case"), "/no/such/file.case"),
        (("sim", "ten-step-exchange", "--trace", "xml"), "text or json"),
        (("sim", "ten-step-exchange", "--crash", "P1"), "such as A@3"),
        (("sim", "ten-step-exchange", "--crash", "P1@0"), "such as A@3"),
        (("sim", "ten-step-exchange", "--crash", "P3@1"), "P1"),
        (("sim", "ten-step-exchange", "--mutant", "suffix-droppd"), "suffix-dropped"),
        (("mutants", "--filter", "no-such-*"), "matches no planted fault"),
        (("explain", "SND1"), 'did you mean "SND-1"?'),
        (("explain", "peer-gon"), 'did you mean "peer-gone"?'),
        (("report", "/no/such/folder"), "/no/such/folder"),
    ],
)
def test_bad_usage_ends_with_3_and_the_right_word(arguments, words):
    done = run(*arguments)
    assert done.returncode == 3, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command", ["check", "list", "explain", "sim", "report", "diff", "mutants", "study"]
)
def test_every_command_has_help_with_an_example(command):
    done = run(command, "--help")
    assert done.returncode == 0
    assert re.search(rf"uripc {command}\b", done.stdout)


def test_the_version_names_the_spec():
    assert re.fullmatch(r"uripc \d+\.\d+\.\d+ \(spec \d+\.\d+\)\n", run("--version").stdout)


# Files that are wrong.


@pytest.mark.parametrize(
    "name, text, words",
    [
        ("odd", GOOD.replace("case good", "case odd").replace("register", "regster"),
         'did you mean "register"?'),
        ("odd", GOOD.replace("case good", "case odd").replace("REG-1", "REG-1000"),
         "the spec has no clause REG-1000"),
        ("odd", GOOD.replace("case good", "case odd").replace("clause", "profile loca\nclause"),
         'did you mean "local"?'),
        ("odd", "", "odd.case"),
    ],
)
def test_a_case_that_cannot_be_read_is_told_at_its_place(tree, name, text, words):
    done = run("check", "reference", program=tree(good=GOOD, **{name: text}))
    assert done.returncode == 3
    assert words in done.stderr
    assert re.search(r"odd\.case(:\d+:\d+)?: error: ", done.stderr)


def test_two_cases_of_one_name_are_refused(tree, tmp_path):
    program = tree(good=GOOD)
    other = tmp_path / "share" / "uripc" / "cases" / "other"
    other.mkdir()
    (other / "good.case").write_text(GOOD, encoding="utf-8")
    done = run("check", "reference", program=program)
    assert done.returncode == 3
    assert "there is another case good" in done.stderr


@pytest.mark.parametrize("text, words", [("{", "clauses.json:1"), ("{}", 'expected members')])
def test_broken_clauses_are_told(tree, tmp_path, text, words):
    program = tree(good=GOOD)
    (tmp_path / "share" / "uripc" / "clauses.json").write_text(text, encoding="utf-8")
    done = run("check", "reference", program=program)
    assert done.returncode == 3
    assert words in done.stderr


# Verdicts and exit statuses.


def test_all_as_expected_is_0(tree, tmp_path):
    done = run("check", "reference", "--out", tmp_path / "out", program=tree(good=GOOD))
    assert done.returncode == 0
    assert done.stdout.startswith("1 case: 1 pass\nfingerprint ")
    header, *_, case, footer = records(tmp_path / "out")
    assert header["kind"] == "header" and header["format"] == 1
    assert case["verdict"] == "pass" and case["clause_verdicts"] == {"REG-1": "pass"}
    assert footer["counts"] == {"pass": 1} and footer["partial"] is False


def test_a_failure_is_1_and_names_line_clause_and_repetition(tree):
    done = run("check", "reference", "--seed", "5", program=tree(bad=BAD_RESULT))
    assert done.returncode == 1
    line = done.stdout.splitlines()[0]
    assert line.startswith("fail bad ")
    assert "bad.case:4 REG-1: expected exists, observed ok" in line
    assert line.endswith("repeat: uripc check reference --filter bad --seed 5")


def test_unresolved_is_2_and_less_than_a_failure(tree):
    assert run("check", "reference", program=tree(open=UNRESOLVED)).returncode == 2
    assert run("check", "reference", program=tree(bad=BAD_RESULT)).returncode == 1


@pytest.mark.parametrize(
    "lines, status, words",
    [
        ("bad fail # known since yesterday\n", 0, "expected to fail (known since yesterday)"),
        ("bad fail|pass # now this, now that\n", 0, "expected to fail|pass (now this"),
        ("bad crash|timeout # neither\n", 1, "but expected to crash|timeout"),
        ("good fail # no longer true\nbad fail # known\n", 1, "but expected to fail"),
        ("bad fail # known\ngone fail # removed\n", 1, "stale: there is no case gone"),
        ("bad fail\n", 3, "expected a reason"),
        ("bad fial # known\n", 3, 'did you mean "fail"?'),
        ("bad fail|psas # known\n", 3, 'found "psas" for a verdict; did you mean "pass"?'),
        ("bad fail| # known\n", 3, 'found "" for a verdict'),
        ("bad fail # known\nb* fail # again\n", 3, "already covered by line 1"),
    ],
)
def test_expectations(tree, tmp_path, lines, status, words):
    (tmp_path / "known").write_text(lines, encoding="utf-8")
    done = run("check", "reference", "--expect", tmp_path / "known",
               program=tree(good=GOOD, bad=BAD_RESULT))
    assert done.returncode == status
    assert words in done.stdout + done.stderr


def test_known_results_come_with_a_backend(tree, tmp_path):
    program = tree(good=GOOD, bad=BAD_RESULT)
    known = program.parent.parent / "share" / "uripc" / "expect"
    known.mkdir(exist_ok=True)
    (known / "reference.txt").write_text("bad fail # shipped\n", encoding="utf-8")
    assert "(shipped)" in run("check", "reference", program=program).stdout
    assert run("check", "model", program=program).returncode == 1
    (tmp_path / "known").write_text("bad fail # given\n", encoding="utf-8")
    done = run("check", "reference", "--expect", tmp_path / "known", program=program)
    assert "(given)" in done.stdout


def test_an_entry_that_covers_too_much_fails_the_run(tree, tmp_path):
    cases = {f"bad{n}": BAD_RESULT.replace("case bad", f"case bad{n}") for n in range(21)}
    (tmp_path / "known").write_text("bad* fail # all of them\n", encoding="utf-8")
    done = run("check", "reference", "--expect", tmp_path / "known", program=tree(**cases))
    assert done.returncode == 1
    assert "too wide: bad* covers 21 cases" in done.stderr


# Determinism.


def test_jobs_do_not_change_the_fingerprint():
    one = run("check", "reference", "--jobs", "1", "--seeds", "1..3")
    two = run("check", "reference", "--jobs", "4", "--seeds", "1..3")
    assert one.stdout == two.stdout


def test_a_case_alone_does_what_it_does_among_others(tmp_path):
    run("check", "reference", "--seed", "3", "--out", tmp_path / "all")
    run("check", "reference", "--seed", "3", "--filter", "ten-*", "--out", tmp_path / "one")
    alone = by_name(tmp_path / "one")["ten-step-exchange"]
    among = by_name(tmp_path / "all")["ten-step-exchange"]
    assert alone["fingerprint"] == among["fingerprint"]
    assert alone["trace"] == among["trace"]


def test_sim_crashes_a_process_where_it_is_told():
    one = run("sim", "ten-step-exchange", "--crash", "P2@1")
    assert one.returncode == 0 and "its process is dead" in one.stdout
    assert "1 run with a crash: P2@1" in one.stdout
    each = run("sim", "ten-step-exchange", "--crash", "all").stdout
    assert int(re.search(r"(\d+) runs with a crash, each at another event\n", each)[1]) > 5
    assert each.startswith(run("sim", "ten-step-exchange").stdout)
    assert "plan P1 crash at event 2" in run(
        "sim", "ten-step-exchange", "--crash", "P1@2", "--trace", "text").stdout


def test_a_transcript_is_the_same_twice():
    first = run("sim", "ten-step-exchange", "--trace", "text")
    assert first.returncode == 0
    assert first.stdout == run("sim", "ten-step-exchange", "--trace", "text").stdout
    assert "deliver P2 <- P1" in first.stdout
    for line in run("sim", "ten-step-exchange", "--trace", "json").stdout.splitlines():
        assert "kind" in json.loads(line)


# Things that go wrong while it runs.


@needs_mutants
def test_a_crash_costs_one_case(tree, tmp_path):
    program = tree(crash=CRASH, good=GOOD)
    mutants = program.parent.parent / "libexec" / "uripc" / "uripc-mutants"
    done = run("check", "crasher", "--jobs", "1", "--out", tmp_path / "out", program=mutants)
    assert done.returncode == 1
    assert "the process died of SIGABRT; it said: the crasher dies" in done.stdout
    cases = by_name(tmp_path / "out")
    assert cases["good"]["verdict"] == "pass"
    assert cases["crash"]["verdict"] == "crash" and cases["crash"]["signal"] == "SIGABRT"
    assert "the crasher dies" in cases["crash"]["stderr"]


@needs_mutants
def test_a_capability_is_probed_whether_or_not_it_is_declared(tmp_path):
    done = run("check", "liar", "--filter", "capabilities/*", "--out", tmp_path, program=MUTANTS)
    assert done.returncode == 1
    cases = by_name(tmp_path)
    told = {name: case["verdict"] for name, case in cases.items() if case["verdict"] != "pass"}
    assert told == {"capability-discard": "fail", "capability-group": "fail",
                    "capability-info": "unsupported"}
    reasons = {name: cases[name]["reason"] for name in told}
    assert reasons["capability-discard"].startswith("declared `discard`, but expected ok")
    assert reasons["capability-group"] == "not declared `group`, but it is there"
    assert reasons["capability-info"].startswith("not declared `info`: expected messages 1")
    assert set(cases["capability-info"]["clause_verdicts"].values()) == {"unsupported"}
    assert cases["capability-info"]["failed_line"] is None


@needs_mutants
def test_other_cases_that_need_what_is_not_declared_are_not_run(tmp_path):
    run("check", "liar", "--filter", "receiving/*", "--out", tmp_path, program=MUTANTS)
    case = by_name(tmp_path)["info-follows-the-queue"]
    assert case["verdict"] == "unsupported" and case["reason"] == "needs info"
    assert "steps" not in case


@needs_mutants
def test_cases_that_probe_come_first(tmp_path):
    run("check", "liar", "--jobs", "1", "--out", tmp_path, program=MUTANTS)
    names = [r["name"] for r in records(tmp_path) if r["kind"] == "case" and "steps" in r]
    probing = [name.startswith("capability-") for name in names]
    assert any(probing) and probing == sorted(probing, reverse=True)


def test_every_capability_of_an_implementation_has_a_case_that_probes_it():
    header = (Path(__file__).parent.parent / "spec/include/uripc/backend.h").read_text("utf-8")
    table = header.split("#define URIPC_CAPABILITY_MAP")[1].split("enum uripc_capability")[0]
    names = re.findall(r'X\(\d+, \w+, "([a-z0-9]+)"', table)
    assert len(names) > 10
    probed = [re.search(r"^probes (\S+)$", path.read_text(encoding="utf-8"), re.M)[1]
              for path in (SHARE / "cases" / "capabilities").glob("*.case")]
    assert sorted(probed) == sorted(names)


@needs_mutants
def test_a_hang_ends_with_a_timeout(tree, tmp_path):
    program = tree(hang=HANG, good=GOOD)
    mutants = program.parent.parent / "libexec" / "uripc" / "uripc-mutants"
    done = run("check", "crasher", "--out", tmp_path / "out", program=mutants)
    assert done.returncode == 1
    cases = by_name(tmp_path / "out")
    assert cases["hang"]["verdict"] == "timeout" and cases["good"]["verdict"] == "pass"


@needs_mutants
def test_a_run_ends_when_its_time_is_up_and_keeps_what_it_has(tree, tmp_path):
    program = tree(good=GOOD, hang=HANG, later=GOOD.replace("case good", "case later"))
    mutants = program.parent.parent / "libexec" / "uripc" / "uripc-mutants"
    done = run("check", "crasher", "--jobs", "1", "--stop-after", "1", "--out", tmp_path / "out",
               program=mutants)
    assert done.returncode == 2
    assert done.stdout.splitlines()[-2].endswith("; stopped, the time was up")
    verdicts = {name: case["verdict"] for name, case in by_name(tmp_path / "out").items()}
    assert verdicts == {"good": "pass", "hang": "not-run", "later": "not-run"}
    assert records(tmp_path / "out")[-1]["partial"] is True


@pytest.mark.parametrize("seconds", ["0", "-1", "1.5", "604801", "soon"])
def test_a_time_to_stop_that_is_none_is_refused(seconds):
    done = run("check", "reference", "--stop-after", seconds)
    assert done.returncode == 3
    assert "--stop-after expects a number of seconds" in done.stderr


@needs_mutants
def test_events_without_end_at_one_instant_are_a_verdict(tree, tmp_path):
    program = tree(spin=SPIN, good=GOOD)
    mutants = program.parent.parent / "libexec" / "uripc" / "uripc-mutants"
    done = run("check", "crasher", "--out", tmp_path / "out", program=mutants)
    assert done.returncode == 1
    cases = by_name(tmp_path / "out")
    assert cases["good"]["verdict"] == "pass" and cases["spin"]["verdict"] == "fail"
    assert "events without end at one instant" in cases["spin"]["reason"]


def test_an_interrupted_run_keeps_what_it_has(tmp_path):
    out = tmp_path / "out"
    with subprocess.Popen([str(PROGRAM), "check", "reference", "--seeds", "1..100000000",
                           "--out", str(out)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as child:
        while not (out / "results.jsonl").exists() and child.poll() is None:
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        said, _ = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "; interrupted" in said
    footer = records(out)[-1]
    assert footer["kind"] == "footer" and footer["partial"] is True
    assert footer["counts"].get("not-run", 0) > 0
    assert sum(footer["counts"].values()) == len(by_name(out))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_results_that_cannot_be_written_are_no_success(tree, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.jsonl").symlink_to("/dev/full")
    done = run("check", "reference", "--out", tmp_path / "out", program=tree(good=GOOD))
    assert done.returncode == 3
    assert "results.jsonl" in done.stderr


@needs_mutants
def test_a_mutant_is_planted_and_seen():
    done = run("check", "reference", "--mutant", "suffix-dropped")
    assert done.returncode == 1
    assert "RTE-7" in done.stdout
    assert "--mutant suffix-dropped --filter" in done.stdout


def test_without_the_other_program_mutants_are_refused(tree, tmp_path):
    program = tree(good=GOOD)
    shutil.rmtree(tmp_path / "libexec", ignore_errors=True)
    for arguments in (("mutants",), ("list", "mutants"), ("check", "reference", "--mutant", "x")):
        done = run(*arguments, program=program)
        assert done.returncode == 3
        assert "never installed" in done.stderr


def test_the_list_of_backends_holds_the_baselines_of_bench():
    listed = [line.split()[:2] for line in run("list", "backends").stdout.splitlines()]
    assert ["reference", "simulated"] in listed and ["reference-uv", "real"] in listed
    assert ["baseline-uv-pipe", "baseline"] in listed and ["baseline-zeromq", "baseline"] in listed


def test_clauses_without_a_case_can_be_listed(tree):
    uncovered = run("list", "clauses", "--uncovered", program=tree(good=GOOD)).stdout
    ids = [line.split()[0] for line in uncovered.splitlines()]
    assert "REG-1" not in ids and "REG-2" in ids
