# SPDX-License-Identifier: MIT
"""Writes results of three made-up backends in the real world, and a bench of them, for tests of the
page that compares and for looking at it.

    /usr/bin/python3 sample_backends.py DIR
    uripc report DIR/native DIR/mailbox DIR/bus --out compare.html
"""

import json
import sys
from pathlib import Path

import sample

KEPT = ["group", "shared", "queues", "incarnations", "info", "cancel", "load"]
MAILBOX = "https://mailbox.example/manual#size says that a message has at most 8 KiB"
BUS = "https://bus.example/spec#order: two senders are not ordered against each other"


def header(backend, version, binding, capabilities, **changes):
    driver = f"/usr/lib/{backend}-driver"
    return sample.header(
        backend=backend, version=version, binding=binding, capabilities=capabilities,
        world="real", driver=driver, command=f"uripc check {backend} --out {backend}",
    ) | changes


def known(name, chapter, clause, reason, why, verdict="fail"):
    """A case that fails as an expectation file says."""
    return sample.case(name, chapter, verdict, clause, expected=True, reason=why, failed_line=5,
                       ns=3_100_000, expectation={"verdict": verdict, "reason": reason})


def question(answer, verdict="info"):
    """What the spec leaves open: the order of two sources, and a refusal that may come late."""
    text = 'B: receive b -> info from "ipc:/a" "1" | info from "ipc:/c" "1" [SND-3]'
    step = sample.line(6, text, 100, 900_000, text.split(" -> ")[1][:-8], answer, verdict)
    return sample.case(
        "which-source-comes-first", "sending", verdict, "SND-3", ns=950_000,
        promise="Two processes send at once; the spec does not say whose message is first.",
        recorded={"B: receive b": answer}, steps=[step | {"clauses": ["SND-3"]}],
    )


def refusal(observed, verdict):
    text = "A: send a to \"ipc:/none\" -> no-receiver within 1ms | nonstrict no-receiver [SND-2]"
    step = sample.line(4, text, 100, 2_000_000, text.split(" -> ")[1][:-8], observed, verdict)
    return sample.case("a-refusal-comes-early", "sending", verdict, "SND-2", ns=2_200_000,
                       steps=[step | {"clauses": ["SND-2"]}])


def passing(*names):
    return [sample.case(f"{chapter}-{n}", chapter, "pass", clause, ns=1_200_000 + 40_000 * n)
            for chapter, clause in names for n in range(1, 5)]


COMMON = passing(("registration", "REG-1"), ("routing", "RTE-1"), ("sending", "SND-1"),
                 ("delivery", "DLV-1"))


def native():
    cases = [
        *COMMON,
        question('from "ipc:/a" "1" to "ipc:/b"'),
        refusal("no-receiver definite", "pass"),
        sample.case("large-messages", "delivery", "pass", "DLV-1", ns=4_000_000),
        sample.case("an-end-is-told", "lifetime", "pass", "LIF-1", ns=51_000_000),
        sample.case("a-refused-principal", "lifetime", "unsupported", "LIF-1",
                    reason="needs access"),
    ]
    return [header("native", "0.1.0", "user", [*KEPT, "principals"]), *sample.clauses(), *cases,
            sample.footer(cases, fingerprint=None, wall_ms=9120)]


def mailbox():
    cases = [
        *COMMON,
        question('from "ipc:/c" "1" to "ipc:/b"'),
        refusal("no-receiver definite", "pass-nonstrict"),
        known("large-messages", "delivery", "DLV-1", MAILBOX,
              "expected ok, observed too-big definite"),
        known("an-end-is-told", "lifetime", "LIF-1",
              "a mailbox outlives its owner: https://mailbox.example/manual#lifetime",
              "expected peer-gone, observed ok"),
        sample.case("a-refused-principal", "lifetime", "unsupported", "LIF-1",
                    reason="needs access"),
    ]
    cases[2] = known(cases[2]["name"], "registration", "REG-1", MAILBOX,
                     "expected ok, observed too-big definite")
    lacking = [name for name in KEPT if name not in ("group", "incarnations")]
    return [header("mailbox", "1.44", "api", lacking), *sample.clauses(), *cases,
            sample.footer(cases, fingerprint=None, wall_ms=12_480)]


def bus():
    broken = sample.wrong_source() | {"name": "routing-2", "ns": 2_000_000}
    cases = [
        *[case for case in COMMON if case["name"] != "routing-2"],
        broken,
        question('from "ipc:/a" "1" to "ipc:/b"'),
        refusal("no-receiver definite", "pass"),
        sample.case("large-messages", "delivery", "crash", "DLV-1", signal="SIGSEGV",
                    reason="the driver of B died by SIGSEGV", stderr="bus.c:41: out of memory"),
        sample.case("an-end-is-told", "lifetime", "unresolved", "LIF-1",
                    reason="right, but 40 ms after its bound of 10 ms",
                    verdicts={"pass": 2, "unresolved": 1}, runs=3),
        known("a-refused-principal", "lifetime", "LIF-1", BUS, "expected ok, observed timeout"),
    ]
    return [header("bus", "2.0", "process", [*KEPT, "access"]), *sample.clauses(), *cases,
            sample.footer(cases, fingerprint=None, wall_ms=31_000)]


# The bench.


def histogram(centre, n, tail):
    """A log-linear histogram with a long tail, made without chance."""
    slots, left = [], n
    for step in range(40):
        count = left // 4 if step < 30 else left
        bound = round(centre * (1 + step / 40) * (1 + tail * step * step / 400))
        if count:
            slots.append([bound, count])
        left -= count
        if not left:
            break
    return slots


def percentiles(slots):
    n = sum(count for _, count in slots)
    found = {"n": n, "histogram": slots, "max": slots[-1][0]}
    for name, part in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999)):
        seen = 0
        for bound, count in slots:
            seen += count
            if seen >= part * n:
                found[name] = bound if n * (1 - part) >= 10 else None
                break
    return found


def measured(backend, size, mode, repeat, rate, latency, **more):
    count = 4000 if mode == "ping" else 50_000
    return {
        "kind": "sample", "backend": backend, "size": size, "mode": mode, "load": "closed",
        "fraction": None, "offered": None, "repeat": repeat, "warmup": repeat == 0,
        "count": count, "seconds": count / rate, "rate": rate, "errors": 0,
        "cpu_ns": round(1.6e9 * count / rate), "window": 64 if mode == "stream" else 1,
        "latency": percentiles(latency) if latency else None,
    } | more


SPEEDS = {  # messages a second at 64 B, ns of a round trip, spread of repetitions
    "native": (1_900_000, 11_000, 0.02),
    "mailbox": (600_000, 16_000, 0.25),
    "bus": (42_000, 140_000, 0.03),
    "pipe": (2_400_000, 9_500, 0.01),
}


def samples():
    for size in (64, 1024):
        for mode in ("stream", "ping"):
            for repeat in range(6):
                for place, (backend, (rate, trip, spread)) in enumerate(SPEEDS.items()):
                    if mode == "ping":
                        rate = 1e9 / trip
                    wave = 1 + spread * ((repeat * 7 + place * 3) % 5 - 2) / 2
                    rate *= wave * (0.55 if repeat == 0 else 1) / (1 + size / 4096)
                    slots = histogram(trip * (1 + size / 4096), 4000, 2) if mode == "ping" else None
                    yield measured(backend, size, mode, repeat, rate, slots)
                    if mode == "stream" and repeat:
                        for part in (0.5, 0.9):
                            slow = histogram(trip * 2 * part, 20_000, 6 * part)
                            yield measured(backend, size, mode, repeat, rate * part, slow,
                                           load="open", fraction=part, offered=rate * part)


def bench():
    ratios = [
        {"kind": "ratio", "backend": name, "baseline": "pipe", "size": size, "mode": mode,
         "ratio": ratio, "low": ratio * 0.97, "high": ratio * 1.04, "confidence": 0.95, "n": 5}
        for size in (64, 1024) for mode in ("stream", "ping")
        for name, ratio in (("native", 0.79), ("mailbox", 0.25), ("bus", 0.02))
    ]
    void = {"kind": "void", "backend": "bus", "size": None, "mode": None,
            "reason": "related cases failed", "cases": ["large-messages", "routing-2"]}
    machine = sample.header()["machine"] | {"cpu": "a processor at 3 GHz", "pinned": "cpu 0 and 1"}
    head = {
        "kind": "header", "format": 1, "of": "bench", "uripc": "0.1.0", "seed": 1,
        "command": "uripc bench native mailbox bus --out DIR", "started": "2026-11-20T14:00:00Z",
        "machine": machine, "baseline": "pipe",
        "backends": [{"name": name, "version": "1", "bare": name == "pipe"} for name in SPEEDS],
    }
    end = {"kind": "footer", "partial": False, "wall_ms": 61_000}
    return [head, *samples(), *ratios, void, end]


def write_bench(directory, lines=None):
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(line) + "\n" for line in (bench() if lines is None else lines))
    (directory / "bench.jsonl").write_text(text, "utf-8")
    return directory


def write(directory):
    """The three folders; the first one holds the bench."""
    found = [sample.write(Path(directory) / name, lines(), [])
             for name, lines in (("native", native), ("mailbox", mailbox), ("bus", bus))]
    write_bench(found[0])
    return found


if __name__ == "__main__":
    write(sys.argv[1])
