# SPDX-License-Identifier: MIT
"""uripc-process: the programs of designs as processes of the operating system."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from uripc_program import PROGRAM, SHARE

sys.path.append(str(SHARE))

from processes import Processes  # pylint: disable=wrong-import-position

PROCESS = PROGRAM.parent.parent / "libexec" / "uripc" / "uripc-process"
EXAMPLE = SHARE / "kill_a_worker.py"
ON_DEMAND = SHARE / "kill_on_demand.py"
DEADLINE = 240  # seconds, on a machine that does much else

pytestmark = pytest.mark.skipif(not PROCESS.is_file(), reason="there is no uripc-process")


def process(realm, *arguments, role="worker", **options):
    return subprocess.Popen([PROCESS, "--realm", realm, "--role", role, *arguments],
                            stdout=subprocess.PIPE, text=True, **options)


def told(line):
    return json.loads(line)["tell"]


@pytest.mark.parametrize("how", [[], ["--stop"]])
def test_requests_go_on_when_a_worker_is_killed_or_stands_still(how):
    """The example of study.md ends only when all who relied on it have noticed, and were answered."""
    done = subprocess.run([sys.executable, EXAMPLE, *how, PROCESS], capture_output=True, text=True,
                          timeout=DEADLINE, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for design in ("stateless", "session"):
        assert f"{design}: a worker was " in done.stdout


def test_no_request_is_lost_when_workers_on_demand_are_killed_and_any_role_can_be():
    """The other example of study.md ends only when all have been served again."""
    done = subprocess.run([sys.executable, ON_DEMAND, PROCESS], capture_output=True, text=True,
                          timeout=DEADLINE, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("carried out twice        0\n  given up                 0") == 2
    assert done.stdout.count(" killed: all were served again after ") == 5


@pytest.fixture(name="activation")
def make_activation(tmp_path):
    """A way to begin the design with parameters: a listener, a service and a client."""
    begun = []

    def begin(*arguments):
        processes = Processes(PROCESS, tmp_path, ["activation", *arguments])
        begun.append(processes)
        for role in "listener", "service", "client":
            processes.start(role)
        return processes

    yield begin
    assert begun[0].end()
    assert not list((tmp_path / "names").iterdir())
    assert not list((tmp_path / "nodes").iterdir())


def test_a_worker_retires_in_good_order_and_another_one_is_started(activation):
    processes = activation("--every=1s", "idle=1ms")
    processes.wait_until("two lives", lambda: len(processes.of("service", 0, "retired")) >= 2
                         and len(processes.of("client", 0, "answered")) >= 2)
    assert not processes.of("service", 0, "failed")
    assert not processes.of("client", 0, "gave-up")


def test_workers_that_fail_are_not_started_for_ever(activation):
    processes = activation("--every=100ms", "failures=3", "timeout=100ms", "retries=1000")
    for times in range(3):
        processes.wait_until("a worker", lambda: len(processes.of("worker", 0, "registered")) > times)
        os.kill(processes.of("worker", 0, "registered")[-1]["process"], signal.SIGKILL)
    processes.wait_until("refused", lambda: processes.of("client", 0, "gave-up"))
    assert len(processes.of("service", 0, "started")) == len(processes.of("service", 0, "failed")) == 3


@pytest.mark.parametrize("design", ["stateless", "session"])
def test_a_process_ends_in_good_order_when_it_is_told_to(tmp_path, design):
    with process(tmp_path, design) as worker:
        assert told(worker.stdout.readline()) == "registered"
        assert list((tmp_path / "names").iterdir())
        worker.terminate()
        assert worker.wait(timeout=DEADLINE) == 0
    assert not list((tmp_path / "names").iterdir())
    assert not list((tmp_path / "nodes").iterdir())


def test_a_process_ends_with_its_parent(tmp_path):
    """Or whoever reads what it tells would wait for ever."""
    parent = subprocess.Popen(
        ["sh", "-c", '"$0" --realm "$1" --role worker stateless & wait', PROCESS, tmp_path],
        stdout=subprocess.PIPE, text=True)
    assert told(parent.stdout.readline()) == "registered"
    parent.kill()
    parent.communicate(timeout=DEADLINE)


def test_parameters_and_load_reach_the_program(tmp_path):
    """Nobody answers: each request is tried so often, each try so long; then the next."""
    with process(tmp_path, "--every=1ms", "stateless", "retries=0", "timeout=1ms",
                 role="client") as client:
        lines = [json.loads(client.stdout.readline()) for _ in range(50)]
        client.terminate()
        client.communicate(timeout=DEADLINE)
    asked, given_up = ([one["value"] for one in lines if one["tell"] == word]
                       for word in ("asked", "gave-up"))
    assert asked == [1 << 32 | i + 1 for i in range(len(asked))]
    assert len(given_up) > 5 and set(given_up) <= set(asked)


def test_load_is_as_frequent_and_as_long_as_asked(tmp_path):
    """One client keeps the worker busy for hours, another has hours between two requests."""
    clients = "--clients=2"
    with process(tmp_path, clients, "stateless") as worker, \
            process(tmp_path, clients, "--number=1", "--every=1000min", "stateless",
                    role="client") as seldom:
        assert told(worker.stdout.readline()) == told(seldom.stdout.readline()) == "registered"
        with process(tmp_path, clients, "--every=1ms", "--service=1000min", "stateless",
                     "retries=0", "timeout=100ms", role="client") as often:
            given_up = 0
            while given_up < 20:
                given_up += told(often.stdout.readline()) == "gave-up"
            often.kill()
        worker.terminate()
        seldom.terminate()
        assert '"executed"' not in worker.communicate(timeout=DEADLINE)[0]
        assert '"asked"' not in seldom.communicate(timeout=DEADLINE)[0]


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["stateles"], 'there is no design "stateles"'),
        (["stateless", "--role=service"], "--role: stateless has no service"),
        (["stateless", "--role=listener"], "--role: stateless has no listener"),
        (["--role=service", "--number=1", "activation"], "expected less than there are, found 1"),
        (["stateless", "retry=1"], 'expected parameter=value of stateless, found "retry=1"'),
        (["stateless", "timeout=1"], "timeout: expected a time such as 500ms"),
        (["--number=1", "stateless"], "--number: expected less than there are, found 1"),
        (["--workers=0", "stateless"], "expected 1 to 65535 clients and workers"),
        (["--every=0s", "stateless"], "--every: expected more than no time"),
        (["--role=boss", "stateless"], "expected client, worker, listener or service"),
        ([], "expected a design"),
    ],
)
def test_a_wrong_argument_is_named_with_what_was_expected(tmp_path, arguments, words):
    with process(tmp_path, *arguments, stderr=subprocess.PIPE) as wrong:
        _, errors = wrong.communicate(timeout=DEADLINE)
    assert (wrong.returncode, words in errors) == (3, True)


def test_a_realm_that_is_none_is_told():
    with process("/proc/no-such", "stateless", stderr=subprocess.PIPE) as wrong:
        _, errors = wrong.communicate(timeout=DEADLINE)
    assert (wrong.returncode, "/proc/no-such" in errors) == (4, True)
