# SPDX-License-Identifier: MIT
"""What the suite says of drivers that do one thing wrong, and of one that does nothing wrong."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

import uripc_program
from uripc_program import needs_program

HERE = Path(__file__).resolve().parent
FAKE = HERE / "fakes/fake.py"
PYTHON = "/usr/bin/python3"
BUILDS = [Path(build).resolve() for build in os.environ.get("URIPC_BUILDS", "").split(":") if build]
TOYS = next((build for build in BUILDS if (build / "toys").is_dir()), Path("missing"))

SENDS = """case sends
promise A process sends to itself.
clause RTE-9
deadline 2s

A: register "ipc:/a" as a
A: send a to "ipc:/a" "hello"
A: receive a -> from "ipc:/a" to "ipc:/a" "hello"
"""
REGISTERS = """case registers
promise A process takes a name and gives it up.
clause REG-1

A: register "ipc:/a" as a
A: close a
"""
CASES = {
    "sends": SENDS,
    "registers": REGISTERS,
    **{name: next((HERE / "cases").rglob(f"{name}.case")).read_text(encoding="utf-8")
       for name in ("capability-discard", "capability-group")},
}  # fmt: skip

pytestmark = needs_program


@pytest.fixture(name="check")
def make_check(tree, tmp_path):
    """check(MODE): the cases of a run with that fake, by name, and what subprocess.run returns."""

    def check(*command):
        out = tmp_path / "out"
        done = uripc_program.run("check", "--out", out, "--", *command, program=tree(**CASES))
        return (uripc_program.by_name(out) if out.exists() else {}), done

    return check


def verdicts(cases):
    return {name: case["verdict"] for name, case in cases.items()}


HONEST = {"sends": "pass", "registers": "pass", "capability-discard": "pass",
          "capability-group": "unsupported"}  # fmt: skip


@pytest.mark.parametrize("mode", ["honest", "floods-stderr", "tells-calls"])
def test_nothing_is_said_against_a_driver_that_does_nothing_wrong(check, mode):
    cases, done = check(PYTHON, FAKE, mode)
    assert (verdicts(cases), done.returncode) == (HONEST, 0)


@pytest.mark.parametrize(
    "mode, verdict, reason, status",
    [
        ("never-completes", "fail", "no completion within the case's deadline", 1),
        ("crashes-in-send", "crash", "died of SIGSEGV", 1),
        ("hangs-in-send", "timeout", "no reply to `send` in time", 1),
        ("answers-unknown-id", "fail", "the command 987654321, which was never sent", 1),
        ("answers-with-error", "unresolved", "sends are beyond me", 2),
        ("breaks-the-schema", "fail", "`status` must be there", 1),
        ("prints-garbage", "fail", "not JSON", 1),
        ("tells-another-call", "fail", "a completion names another kind of call", 1),
        ("tells-another-handle", "fail", "a completion names another handle", 1),
        ("tells-no-kind-of-call", "fail", "`call` must be a command that completes", 1),
        ("tells-a-violation", "fail", "byte 3 was written after the completion", 1),
    ],
)
def test_a_fault_in_a_send_is_named_and_costs_what_sends(check, mode, verdict, reason, status):
    cases, done = check(PYTHON, FAKE, mode)
    assert cases["sends"]["verdict"] == verdict
    assert reason in json.dumps(cases["sends"])
    assert cases["registers"]["verdict"] == "pass"
    assert done.returncode == status


@pytest.mark.parametrize(
    "mode, verdict, reason, status",
    [
        ("hangs-at-start", "timeout", "no reply to `hello` in time", 1),
        ("exits-at-once", "crash", "ended unasked, with status 1", 1),
        ("completes-twice", "fail", "of which no call is in flight", 1),
        ("refuses-to-open", "unresolved", "refuses `open`: no-resources", 2),
        ("leaves-child", "fail", "went on after the driver's end", 1),
        ("does-not-end", "timeout", "does not end", 1),
        ("ends-badly", "crash", "ended with status 7", 1),
    ],
)
def test_a_fault_in_every_process_is_named_in_every_case(check, mode, verdict, reason, status):
    cases, done = check(PYTHON, FAKE, mode)
    for name in ("sends", "registers"):
        assert cases[name]["verdict"] == verdict
        assert reason in cases[name]["reason"]
    assert done.returncode == status


@pytest.mark.parametrize(
    "mode, case, reason",
    [
        ("claims-too-much", "capability-group", "declared `group`, but"),
        ("claims-too-little", "capability-discard", "not declared `discard`, but it is there"),
    ],
)
def test_a_lie_about_a_capability_is_found_by_the_case_that_probes_it(check, mode, case, reason):
    cases, done = check(PYTHON, FAKE, mode)
    assert cases[case]["verdict"] == "fail"
    assert cases[case]["reason"].startswith(reason)
    assert {**verdicts(cases), case: HONEST[case]} == HONEST
    assert done.returncode == 1


@pytest.mark.skipif(not (TOYS / "toys/toy.so").is_file(), reason="no build with toys")
def test_an_object_that_writes_late_is_found_out(tree):
    late = SENDS.replace('"ipc:/a"', '"ipc:/late"')
    done = uripc_program.run("check", "--", TOYS / "libexec/uripc/uripc-driver",
                             TOYS / "toys/toy.so", program=tree(sends=late))  # fmt: skip
    assert done.returncode == 1
    assert "was written after the completion" in done.stdout


@pytest.mark.parametrize(
    "mode, step, received",
    [
        ("never-completes", "send to itself", "no completion within 5 s"),
        ("completes-twice", "register", "of which no call is in flight"),
        ("claims-too-much", "capability group", "declared `group`, but"),
        ("claims-too-little", "capability discard", "not declared `discard`, but it is there"),
        ("crashes-in-send", "send to itself", "died of SIGSEGV"),
        ("hangs-in-send", "send to itself", "no reply to `send` in time"),
        ("exits-at-once", "hello", "ended unasked, with status 1"),
        ("refuses-to-open", "open", '{"id":2,"status":"no-resources"}'),
        ("answers-unknown-id", "send to itself", '{"id": 987654321, "status": "ok"}'),
        ("prints-garbage", "send to itself", "DEBUG: about to send"),
        ("breaks-the-schema", "send to itself", '"splendid"'),
        ("does-not-end", "end", "does not end"),
        ("ends-badly", "end", "with status 7, not 0"),
        ("tells-a-violation", "send to itself", '"event":"violation"'),
    ],
)
def test_probe_names_the_step_and_what_was_received(mode, step, received):
    done = uripc_program.run("probe", "--", PYTHON, FAKE, mode)
    good, explained = done.stdout.split("MISTAKE\n")
    assert good.splitlines()[-1].strip() == step
    fields = re.findall(r"^  (received|expected|the page|next) ", explained, re.MULTILINE)
    assert received in explained
    assert fields == ["received", "expected", "the page", "next"]
    assert done.returncode == 1


def test_probe_shows_the_end_of_standard_error():
    done = uripc_program.run("probe", "--", PYTHON, FAKE, "exits-at-once")
    assert "  | this driver has no wish to go on\n" in done.stdout


def test_probe_says_what_to_type_when_all_is_well():
    done = uripc_program.run("probe", "--", PYTHON, FAKE, "honest")
    assert done.returncode == 0
    assert done.stdout.endswith(f"  uripc check -- {PYTHON} {FAKE} honest\n")


def test_every_line_that_probe_quotes_is_in_the_page():
    page = (HERE.parent / "spec/driver-protocol.md").read_text(encoding="utf-8").splitlines()
    source = "".join((HERE / name).read_text(encoding="utf-8")
                     for name in ("trial.c", "trial_steps.c", "cmd_probe.c"))  # fmt: skip
    quoted = re.findall(r'(?:words = |cf_trial_quote\(stdout, |^    \{"[^"]+", \w+,\s*)"([^"]+)"',
                        source, re.MULTILINE)  # fmt: skip
    assert len(quoted) > 15
    assert [words for words in quoted if not any(words in line for line in page)] == []


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        ([], "expected a BACKEND"),
        (["reference"], "simulated backend"),
        (["referense-uv"], 'did you mean "reference-uv"'),
        (["./missing.so"], "no file"),
        (["a", "b"], "one BACKEND is enough"),
    ],
)
def test_probe_refuses_what_is_no_driver(arguments, complaint):
    done = uripc_program.run("probe", *arguments)
    assert done.returncode == 3
    assert complaint in done.stderr


def test_a_fake_tells_its_modes():
    done = subprocess.run([PYTHON, FAKE], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "usage: fake.py MODE" in done.stderr


# Sessions, whose drivers a relay makes liars of.

RELAY = HERE / "fakes/relay.py"
SESSION_CASES = ("capability-sessions", "a-message-read-in-parts")


@pytest.fixture(name="relay")
def make_relay(tree, tmp_path):
    """relay(MODE): the cases of sessions with that fake, by name, and what subprocess.run returns."""
    if not (TOYS / "libexec/uripc/reference-uv.so").is_file():
        pytest.skip("no build with sessions between processes")
    command = [TOYS / "libexec/uripc/uripc-driver", TOYS / "libexec/uripc/reference-uv.so"]

    cases = {name: next((HERE / "cases").rglob(f"{name}.case")).read_text(encoding="utf-8")
             for name in SESSION_CASES}  # fmt: skip

    def relay(mode):
        done = uripc_program.run("check", "--out", tmp_path / "out", "--", PYTHON, RELAY, mode,
                                 *command, program=tree(**cases))
        return uripc_program.by_name(tmp_path / "out"), done

    return relay


def test_an_honest_relay_of_sessions_is_not_accused(relay):
    cases, done = relay("honest")
    assert (set(verdicts(cases).values()), done.returncode) == ({"pass"}, 0)


def test_a_driver_without_sessions_never_hears_of_them(relay):
    cases, done = relay("has-no-sessions")
    assert (set(verdicts(cases).values()), done.returncode) == ({"unsupported"}, 0)


@pytest.mark.parametrize(
    "mode, reason",
    [
        ("tells-more-than-was-read", "observed"),
        ("reads-what-nobody-wrote", "observed"),
        ("forgets-what-is-left", "observed"),
        ("says-more-of-a-whole-message", "has bytes left of a message and does not say more"),
        ("tells-another-session", "a completion names another handle"),
        ("takes-a-write-for-a-send", "a completion names another kind of call"),
        ("stands-in-no-state", "`state` must be there, and be open, ending or ended"),
    ],
)
def test_a_lie_about_a_session_is_found(relay, mode, reason):
    cases, done = relay(mode)
    assert cases["a-message-read-in-parts"]["verdict"] == "fail"
    assert reason in json.dumps(cases["a-message-read-in-parts"])
    assert done.returncode == 1
