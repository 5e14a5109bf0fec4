# SPDX-License-Identifier: MIT
"""uripc bench: what it writes, what it refuses, what it voids, and how it ends early."""

import html
import json
import signal
import subprocess

import pytest

from uripc_program import PROGRAM, records, run

LIBEXEC = PROGRAM.parent.parent / "libexec" / "uripc"
SHORT = ["--for", "1ms", "--size", "64", "--repeats", "1"]

pytestmark = pytest.mark.skipif(
    not (LIBEXEC / "uripc-baseline").is_file(), reason="no build with baselines"
)


def bench(*arguments):
    return run("bench", *arguments)


def test_what_it_measures_is_in_the_file(tmp_path):
    done = bench("baseline-zeromq", *SHORT, "--repeats", "5", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    lines = records(tmp_path, "bench.jsonl")
    header, footer = lines[0], lines[-1]
    assert header["of"] == "bench" and header["baseline"] == "baseline-uv-pipe"
    assert header["machine"]["pinned"] and header["machine"]["cpu"]
    assert footer["kind"] == "footer" and footer["partial"] is False
    samples = [line for line in lines if line["kind"] == "sample"]
    assert any(sample["warmup"] for sample in samples)
    counted = [s for s in samples if not s["warmup"]]
    assert all(s["errors"] == 0 and s["rate"] > 0 and s["cpu_ns"] > 0 for s in counted)
    # For each round, cell and backend: four turns and two open loads.
    assert len(counted) == 5 * 2 * 2 * (4 + 2)
    for sample in counted:
        has_latency = sample["mode"] == "ping" or sample["load"] == "open"
        assert ("latency" in sample) == has_latency
    ratios = [line for line in lines if line["kind"] == "ratio"]
    assert [(r["mode"], r["n"]) for r in ratios] == [("stream", 5), ("ping", 5)]
    assert all(r["low"] <= r["ratio"] <= r["high"] for r in ratios)


def test_backends_take_turns(tmp_path):
    bench("baseline-zeromq", *SHORT, "--repeats", "2", "--mode", "ping", "--out", tmp_path)
    order = [
        line["backend"] for line in records(tmp_path, "bench.jsonl")
        if line["kind"] == "sample" and line["load"] == "closed" and not line["warmup"]
    ]
    zeromq, uv = "baseline-zeromq", "baseline-uv-pipe"
    assert order[:8] == [zeromq, uv, uv, zeromq, uv, zeromq, zeromq, uv]


@pytest.mark.parametrize("arguments, words", [
    ([], "expected a BACKEND"),
    (["reference"], "simulated backend"),
    (["nonsense"], "nonsense"),
    (["baseline-zeromq", "--size", "64,"], "--size expects"),
    (["baseline-zeromq", "--size", "99999999"], "--size expects"),
    (["baseline-zeromq", "--mode", "flood"], "--mode expects"),
    (["baseline-zeromq", "--for", "5"], "--for expects"),
    (["baseline-zeromq", "--pin", "9cpu"], "--pin expects"),
    (["baseline-zeromq", "--repeats", "0"], "--repeats expects"),
    (["baseline-zeromq", "--compare", "/nowhere"], "cannot be read"),
])  # fmt: skip
def test_what_it_cannot_do_it_says(arguments, words):
    done = bench(*arguments)
    assert done.returncode == 3
    assert words in done.stderr


def mute_driver(folder):
    driver = folder / "driver.py"
    hello = {"id": 1, "status": "ok", "protocol": 1, "name": "mute", "version": "1",
             "binding": "api", "capabilities": []}  # fmt: skip
    driver.write_text(f"input()\nprint({json.dumps(hello)!r}, flush=True)\ninput()\n",
                      encoding="utf-8")
    return ["--", "/usr/bin/python3", driver]


def assert_costs_its_own_figures_only(done, folder, name, reason):
    """The others have all their figures, and the file and the page say why this one has none."""
    assert done.returncode == 0, done.stderr
    assert f'warning: "{name}" cannot be measured: {reason}' in done.stderr
    assert f"VOID: {reason}" in done.stdout
    lines = records(folder, "bench.jsonl")
    voids = [line for line in lines if line["kind"] == "void"]
    assert [(v["backend"], v.get("size"), v.get("mode"), v["reason"]) for v in voids] == [
        (name, None, None, reason)]
    assert all(s["errors"] == 0 for s in lines if s["kind"] == "sample")
    measured = {s["backend"] for s in lines if s["kind"] == "sample"}
    assert measured == {"baseline-zeromq", "baseline-uv-pipe"}
    page = folder / "page.html"
    assert run("report", folder, "--out", page).returncode == 0
    assert f'<b class="nocase">void</b> {html.escape(reason)}' in page.read_text("utf-8")


def test_a_driver_without_load_costs_its_own_figures_only(tmp_path):
    done = bench("baseline-zeromq", *SHORT, "--out", tmp_path, *mute_driver(tmp_path))
    assert_costs_its_own_figures_only(
        done, tmp_path, "mute", "its driver has no `load`, so it can be checked but not measured")


@pytest.mark.skipif(not (LIBEXEC / "posix-mq.so").is_file(), reason="no build with posix-mq")
def test_queues_that_are_too_short_cost_their_own_figures_only(tmp_path):
    done = bench("posix-mq", "baseline-zeromq", *SHORT, "--out", tmp_path)
    assert_costs_its_own_figures_only(
        done, tmp_path, "posix-mq",
        "it refuses a queue of 4096 messages where senders wait: not-supported")


def test_where_no_backend_can_be_measured_nothing_is(tmp_path):
    done = bench(*SHORT, *mute_driver(tmp_path))
    assert done.returncode == 3
    assert '"mute" cannot be measured: its driver has no `load`' in done.stderr
    assert "expected a baseline and at least one backend that can be measured" in done.stderr


def results(folder, clause, verdict):
    folder.mkdir()
    lines = [
        {"kind": "header", "format": 1, "backend": "baseline-zeromq"},
        {"kind": "case", "name": "some-case", "verdict": verdict,
         "clause_verdicts": {clause: verdict}},
    ]  # fmt: skip
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "results.jsonl").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("clause, verdict, void", [
    ("SND-7", "fail", True), ("SND-7", "crash", True), ("SND-7", "pass", False),
    ("NAM-1", "fail", False),
])  # fmt: skip
def test_figures_are_void_where_related_cases_failed(tmp_path, clause, verdict, void):
    found = results(tmp_path / "check", clause, verdict)
    done = bench("baseline-zeromq", *SHORT, "--compare", found, "--out", tmp_path)
    assert done.returncode == 0
    lines = [r for r in records(tmp_path, "bench.jsonl") if r["kind"] == "void"]
    assert [line["cases"] for line in lines] == [["some-case"]] * void
    assert ("VOID" in done.stdout) == void


def test_an_interruption_keeps_what_there_is(tmp_path):
    with subprocess.Popen([str(PROGRAM), "bench", "baseline-zeromq", "--repeats", "10000",
                           "--out", str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("cpu")  # from here on it measures
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 130
    lines = records(tmp_path, "bench.jsonl")
    assert lines[-1]["kind"] == "footer" and lines[-1]["partial"] is True
