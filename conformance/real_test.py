# SPDX-License-Identifier: MIT
"""Cases against real processes: verdicts of what goes wrong, and that no run leaves anything."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from memory_driver import open_queue
from uripc_program import by_name, needs_program, records, run

pytestmark = needs_program

DRIVER = Path(__file__).resolve().parent / "memory_driver.py"

GOOD = """case good
promise A message to oneself arrives.
clause RTE-9
A: register "ipc:/a" as a
A: send a to "ipc:/a" "hello" -> ok bytes 5
A: receive a -> from "ipc:/a" to "ipc:/a" "hello"
"""
BAD = """case bad
promise Nobody has the name.
clause RTE-5
A: register "ipc:/a" as a
A: send a to "ipc:/nobody" "hello" -> ok
"""
CUT = """case cut
promise Links can be cut.
clause RTE-5
A: register "ipc:/a" as a
B: register "ipc:/b" as b
cut A B
"""
LIVES = """case lives
promise A process can be killed, stopped and begun anew.
clause LIF-1
A: register "ipc:/a" as a
A: start receive a as x
pause A
resume A
crash A
restart A
A: register "ipc:/a" as a
A: send a to "ipc:/a" "1" -> ok
A: receive a -> from "ipc:/a" to "ipc:/a" "1"
"""
SLOW = """case slow
promise Time passes.
clause REG-1
A: register "ipc:/a" as a
wait 40s
"""


@pytest.fixture(name="place")
def make_place():
    """Where runs of a test have their realms; short, for they have sockets."""
    folder = tempfile.mkdtemp(prefix="u", dir="/tmp")
    os.chmod(folder, 0o711)
    yield folder
    shutil.rmtree(folder)


def environment(place):
    return {**os.environ, "XDG_RUNTIME_DIR": place}


def arguments(*options, manners=()):
    return ("check", *options, "--", "/usr/bin/python3", DRIVER, *manners)


def check(program, place, *options, manners=()):
    return run(*arguments(*options, manners=manners), program=program, env=environment(place))


def processes(place):
    """All that belong to a test, by their environment."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"XDG_RUNTIME_DIR={place}\0".encode() in (folder / "environ").read_bytes():
                found.add(int(folder.name))
    return found


def leftovers(place):
    return [path for path in Path(place).glob("*/*") if path.name != "lock"]


def until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()[1])


@contextlib.contextmanager
def begun(program, place, out, manners=()):
    """A run whose slow case has begun, as its supervisor and the suite's process."""
    command = [str(word) for word in (program, *arguments("--out", out, "--jobs", 1,
                                                          manners=manners))]
    with subprocess.Popen(command, env=environment(place), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as supervisor:
        until(lambda: (out / "results.jsonl").exists() and "good" in by_name(out))
        until(lambda: len(leftovers(place)) == 1 and any(Path(place).glob("*/*/r/*")))
        suite = next(pid for pid in processes(place) if parent(pid) == supervisor.pid)
        yield supervisor, suite


def test_the_same_lines_hold_between_processes(tree, place, tmp_path):
    done = check(tree(good=GOOD, lives=LIVES), place, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stdout + done.stderr
    header, footer = records(tmp_path / "out")[0], records(tmp_path / "out")[-1]
    assert header["world"] == "real" and header["backend"] == "memory"
    assert header["binding"] == "api" and header["capabilities"] == []
    assert str(DRIVER) in header["driver"]
    assert footer["counts"] == {"pass": 2} and "fingerprint" not in footer
    lives = by_name(tmp_path / "out")["lives"]
    assert {"start", "pause", "resume", "crash", "restart", "call", "completion"} <= {
        event["kind"] for event in lives["trace"]
    }
    assert "fingerprint" not in lives
    assert not leftovers(place)


def test_a_failure_names_its_line_and_the_command_that_repeats_it(tree, place):
    program = tree(bad=BAD)
    done = check(program, place)
    assert done.returncode == 1
    assert "bad.case:5 RTE-5: expected ok, observed no-receiver" in done.stdout
    command = done.stdout.split("repeat: uripc ")[1].splitlines()[0]
    again = subprocess.run(["bash", "-c", f"{program} {command}"], env=environment(place),
                           capture_output=True, text=True, timeout=120, check=False)
    assert again.returncode == 1 and "bad.case:5" in again.stdout


def test_what_only_a_simulator_can_do_is_unsupported(tree, place, tmp_path):
    done = check(tree(cut=CUT), place, "--out", tmp_path / "out")
    case = by_name(tmp_path / "out")["cut"]
    assert case["verdict"] == "unsupported" and case["reason"] == "needs faults"
    assert done.stdout == "1 unsupported: 1 needs faults\n1 case: 1 unsupported\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has processes of others")
@pytest.mark.parametrize("mode, verdict", [(0o700, "unsupported"), (0o755, "pass")])
def test_others_take_part_only_where_they_get_at_the_driver(tree, place, tmp_path, mode, verdict):
    others = GOOD.replace("case good", "case others") \
        .replace("clause ", "realm open\nclause ").replace("\nA:", "\nprincipal A 7\nA:", 1)
    folder = Path(place) / "driver"
    folder.mkdir()
    folder.chmod(mode)
    shutil.copy(DRIVER, folder)
    run("check", "--out", tmp_path / "out", "--", "/usr/bin/python3", folder / DRIVER.name,
        program=tree(others=others), env=environment(place))
    case = by_name(tmp_path / "out")["others"]
    assert case["verdict"] == verdict, case
    assert verdict == "pass" or case["reason"] == "needs users"


def test_a_crash_costs_one_case_and_keeps_its_last_words(tree, place, tmp_path):
    cases = {"good": GOOD, "other": GOOD.replace("case good", "case other")
             .replace('A: send a to "ipc:/a" "hello" -> ok bytes 5\n', "")
             .replace("-> from", "deadline 1ms -> timeout | from")}
    check(tree(**cases), place, "--out", tmp_path / "out", manners=["crash"])
    case = by_name(tmp_path / "out")["good"]
    assert case["verdict"] == "crash" and case["signal"] == "SIGABRT"
    assert case["failed_line"] == 5 and case["stderr"] == "memory: as it was told\n"
    assert not leftovers(place) and not processes(place)


def test_a_process_that_is_left_behind_fails_the_case_and_is_ended(tree, place, tmp_path):
    check(tree(good=GOOD), place, "--out", tmp_path / "out", manners=["stray"])
    case = by_name(tmp_path / "out")["good"]
    assert case["verdict"] == "fail" and case["rule"] == "protocol"
    assert not processes(place)


def test_a_server_that_the_realm_names_ends_with_it(tree, place, tmp_path):
    check(tree(good=GOOD), place, "--out", tmp_path / "out", manners=["server"])
    assert by_name(tmp_path / "out")["good"]["verdict"] == "pass"
    assert not processes(place)


def test_a_queue_that_the_realm_names_goes_with_it(tree, place, tmp_path):
    name = f"uripc-{Path(place).name}"
    done = check(tree(good=GOOD), place, "--out", tmp_path / "out", manners=[f"queue={name}"])
    assert done.returncode == 0, done.stdout
    assert not open_queue(name, os.O_RDWR)


@pytest.mark.parametrize(
    "command, verdict, words",
    [
        (["/nowhere/driver"], "unresolved", "cannot be started: /nowhere/driver: No such file"),
        (["sh", "-c", "exit 3"], "crash", "ended unasked, with status 3"),
        (["echo", "hello"], "fail", "a line that is not JSON"),
    ],
)
def test_a_driver_that_cannot_begin_gives_every_case_its_verdict(tree, place, tmp_path, command,
                                                                 verdict, words):
    program = tree(good=GOOD, bad=BAD)
    run("check", "--out", tmp_path / "out", "--", *command, program=program,
        env=environment(place))
    cases = by_name(tmp_path / "out")
    assert {case["verdict"] for case in cases.values()} == {verdict}
    assert words in cases["good"]["reason"]


@pytest.mark.parametrize(
    "options, words",
    [
        (["--seeds", "1..2", "--", "true"], "--seeds is for simulated backends"),
        (["--mix", "reference,model"], '"reference" is a simulated backend'),
        (["./nothing.so"], 'there is no file "./nothing.so"'),
        (["--mix", "nobody"], 'there is no backend "nobody"'),
        (["reference", "--", "true"], "one BACKEND is enough"),
        (["--mix", "zeromq,dbus", "--", "true"], "one of --mix and a command"),
        (["--"], "expected after `--` a command"),
    ],
)
def test_what_makes_no_sense_is_refused(options, words):
    done = run("check", *options)
    assert done.returncode == 3 and words in done.stderr


def test_a_suite_that_is_killed_leaves_its_results_and_nothing_else(tree, place, tmp_path):
    program, out = tree(good=GOOD, slow=SLOW), tmp_path / "out"
    with begun(program, place, out, manners=["stray"]) as (supervisor, suite):
        os.kill(suite, signal.SIGKILL)
        assert supervisor.wait(60) == 4
    assert not processes(place) and not leftovers(place)
    assert by_name(out)["good"]["rule"] == "protocol"


def test_what_a_killed_supervisor_leaves_the_next_run_removes(tree, place, tmp_path):
    program, out = tree(good=GOOD, slow=SLOW), tmp_path / "out"
    with begun(program, place, out, manners=["stray"]) as (supervisor, suite):
        supervisor.kill()
        supervisor.wait(60)
        until(lambda: not Path(f"/proc/{suite}").exists())
    assert leftovers(place)
    assert check(program, place, "--filter", "good").returncode == 0
    until(lambda: not processes(place))
    assert not leftovers(place)
    assert "good" in by_name(out)


def test_an_interrupted_run_says_so_and_leaves_nothing(tree, place, tmp_path):
    program, out = tree(good=GOOD, slow=SLOW), tmp_path / "out"
    with begun(program, place, out) as (supervisor, _):
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(60) == 130
    assert records(out)[-1]["partial"] and not processes(place) and not leftovers(place)


def test_two_suites_at_once_do_not_disturb_each_other(tree, place, tmp_path):
    program, out = tree(good=GOOD, slow=SLOW), tmp_path / "out"
    with begun(program, place, out) as (supervisor, suite):
        before = leftovers(place)
        assert check(program, place, "--filter", "good").returncode == 0
        assert leftovers(place) == before and Path(f"/proc/{suite}").exists()
        supervisor.terminate()
        assert supervisor.wait(60) == 130
