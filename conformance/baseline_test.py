# SPDX-License-Identifier: MIT
"""The baselines: every message arrives, in order and whole, one way and both, with a rate or not."""

import json
import subprocess

import pytest

from uripc_program import PROGRAM

DRIVER = PROGRAM.parent.parent / "libexec" / "uripc" / "uripc-baseline"
COUNT = 500

pytestmark = pytest.mark.skipif(not DRIVER.is_file(), reason="no build with baselines")


class Driver:
    def __init__(self, name):
        self.process = subprocess.Popen([str(DRIVER), name], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.last = 0

    def tell(self, **command):
        self.last += 1
        self.process.stdin.write(json.dumps({"id": self.last, **command}) + "\n")
        self.process.stdin.flush()

    def hear(self):
        return json.loads(self.process.stdout.readline())

    def ask(self, **command):
        self.tell(**command)
        reply = self.hear()
        assert reply["id"] == self.last
        return reply


@pytest.fixture(params=["baseline-uv-pipe", "baseline-zeromq"], name="pair")
def make_pair(request, tmp_path_factory):
    realm = tmp_path_factory.mktemp("r")
    pair = [Driver(request.param) for _ in range(2)]
    for letter, driver in zip("ab", pair):
        assert "load" in driver.ask(do="hello", protocol=1)["capabilities"]
        driver.ask(do="open", process=letter, realm=str(realm))
        assert driver.ask(do="register", overlapped=1, name=f"ipc:/{letter}")["status"] == "pending"
        assert driver.hear()["status"] == "ok"
    yield pair
    for driver in pair:
        assert driver.ask(do="end")["status"] == "ok"
        assert driver.process.wait(timeout=10) == 0


def load(pair, mode, size, **members):
    """Both ends of a load; returns what the two replies say."""
    sender, receiver = pair
    members |= {"size": size, "count": COUNT, "handle": 1, "do": "load"}
    receiver.tell(mode="sink" if mode == "stream" else "echo", **members)
    sender.tell(mode=mode, target="ipc:/b", window=100, **members)
    loads = [driver.hear()["load"] for driver in pair]
    assert [(load["count"], load["errors"]) for load in loads] == [(COUNT, 0)] * 2
    return loads


@pytest.mark.parametrize("size", [16, 1024, 65536, 300000])
def test_every_message_arrives(pair, size):
    load(pair, "stream", size)
    pinged, _ = load(pair, "ping", size)
    _, sunk = load(pair, "stream", size, rate=20000)
    for latency in (pinged["latency"], sunk["latency"]):
        assert sum(count for _, count in latency) == COUNT
        assert latency == sorted(latency)


def test_a_rate_is_kept(pair):
    streamed, _ = load(pair, "stream", 64, rate=5000)
    assert streamed["ended"] - streamed["began"] >= (COUNT - 1) * 1e9 / 5000


def test_what_it_cannot_do_it_refuses(pair):
    assert pair[0].ask(do="send")["status"] == "not-supported"
    assert "mode" in pair[0].ask(do="load")["error"]
    assert "error" in pair[0].ask(do="register", overlapped=2)
