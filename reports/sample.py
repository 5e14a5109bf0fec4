# SPDX-License-Identifier: MIT
"""Writes a small made-up results directory: every verdict once, for tests and for looking at.

    /usr/bin/python3 sample.py DIR
"""

import json
import sys
from collections import Counter
from pathlib import Path


def header(**changes):
    return {
        "kind": "header",
        "format": 1,
        "uripc": "0.1.0",
        "spec": "0.1",
        "backend": "sample",
        "world": "simulated",
        "mutant": None,
        "profile": None,
        "filter": None,
        "seed": 1,
        "seeds": [1, 1],
        "suite": "0123456789abcdef",
        "jobs": 2,
        "command": "uripc check sample --seed 1 --out DIR",
        "started": "2026-11-20T13:00:00Z",
        "machine": {
            "system": "Linux 6.1 x86_64",
            "cpus": 2,
            "compiler": "gcc 12.2.0",
            "sanitizers": "",
        },
    } | changes


CLAUSES = [
    ("REG-1", "MUST", 2, "registration", "A name that nobody holds can be registered.", ["note"]),
    ("REG-2", "MUST", 2, "registration", "Registering a held name completes `exists`.", ["rfc"]),
    ("RTE-1", "MUST", 3, "routing", "A message goes to the longest registered prefix.", ["rfc"]),
    ("RTE-7", "MUST", 3, "routing", "The receiver gets the sender's name as source.", ["note"]),
    ("SND-1", "MUST", 4, "sending", "A confirmed send completes once the target queued it.", []),
    ("SND-2", "SHOULD", 4, "sending", "A refusal says so before the deadline.", ["ours"]),
    ("SND-3", "MAY", 4, "sending", "A backend may reorder messages of two sources.", ["ours"]),
    ("RCV-1", "MUST", 5, "receiving", "A short buffer consumes nothing.", ["note", "ours"]),
    ("DLV-1", "MUST", 7, "delivery", "A message is received at most once.", ["ours"]),
    ("LIF-1", "MUST", 8, "lifetime", "Target death completes pending sends `peer-gone`.", []),
]

SOURCES = {
    "note": "A generic URI-based IPC mechanism, design note, 08/23/1999",
    "rfc": "T. Berners-Lee et al., RFC 3986, https://www.rfc-editor.org/rfc/rfc3986",
    "ours": "decided by this project",
}


def clauses():
    names = ("id", "level", "chapter", "chapter_name", "text", "sources")
    found = [{"kind": "clause"} | dict(zip(names, clause)) for clause in CLAUSES]
    return found + [{"kind": "sources", "sources": SOURCES}]


def case(name, chapter, verdict, clause, **more):
    """A case object with the members that every case has."""
    return {
        "kind": "case",
        "name": name,
        "chapter": chapter,
        "promise": f"Shows what the verdict {verdict} looks like.",
        "verdict": verdict,
        "expected": verdict not in ("fail", "crash", "timeout"),
        "expectation": None,
        "clauses": [clause],
        "clause_verdicts": {clause: verdict},
        "profile": "local",
        "seed": 1,
        "runs": 1,
        "fingerprint": "00000000000000aa",
        "draws": 0,
        "ns": 20000,
        "reason": None,
        "failed_line": None,
        "repro": f"uripc check sample --filter {name} --seed 1",
        "source": f"case {name}\nclause {clause}\n",
        "faults": {},
        "steps": [],
        "trace": [],
        "processes": ["A", "B"],
    } | more


def line(number, text, at, until=None, expected="ok", observed=None, verdict="pass"):
    """One step of a transcript."""
    return {
        "line": number,
        "text": text,
        "at": at,
        "until": at if until is None else until,
        "verdict": verdict,
        "clauses": [],
        "expected": expected,
        "observed": expected if observed is None else observed,
    }


def said(number, text, at):
    return {"line": number, "text": f'step "{text}"', "at": at, "until": at, "verdict": "pass"}


def event(at, kind, process, **more):
    return {"at": at, "kind": kind, "process": process} | more


def flight(number, at, until, process, peer, message=1, end="deliver", **more):
    """A message and its end, as two events."""
    frame = {"flight": number, "frame": "message", "message": message} | more
    ends = {"process": peer, "peer": process} if end == "deliver" else {}
    return [
        event(at, "carry", process, peer=peer) | frame,
        event(until, end, process, peer=peer) | frame | ends,
    ]


TEN_STEPS = """\
case ten-step-exchange
promise Request and response cross between two processes with nothing but the three calls.
clause RTE-1 RTE-7
step "1. P1 creates a GUID: GUID1"
step "2. P1 registers ipc:/GUID1"
P1: register "ipc:/GUID1" as reg1
step "3. P2 registers http://foo"
P2: register "http://foo" as reg2
step "4. P2 posts a receive"
P2: start receive reg2 as request
step "5. P1 creates a request id: RID1"
step "6. P1 sends its request"
P1: send reg1 suffix "RID1" to "http://foo/bar/xyz.htm" "{request}"
step "7. P1 posts a receive"
P1: start receive reg1 as response
step "8. P2's receive completes with the request"
P2: await request -> from "ipc:/GUID1/RID1" to "http://foo/bar/xyz.htm" "{request}"
step "9. P2 sends its response to the request's source"
P2: send reg2 suffix "bar/xyz.htm" to "ipc:/GUID1/RID1" "{response}"
step "10. P1's receive completes with the response"
P1: await response -> from "http://foo/bar/xyz.htm" to "ipc:/GUID1/RID1" "{response}"
"""


def _ten_trace():
    request, response = "ipc:/GUID1/RID1", "http://foo/bar/xyz.htm"
    sent = {"source": request, "target": response, "bytes": 9}
    back = {"source": response, "target": request, "bytes": 10}
    trace = [
        event(0, "call", "P1", line=6, text='register "ipc:/GUID1"'),
        event(0, "claim", "P1", target="ipc:/GUID1", status="ok"),
        event(0, "completion", "P1", line=6, text="register", status="ok"),
        event(0, "call", "P2", line=8, text='register "http://foo"'),
        event(0, "claim", "P2", target="http://foo", status="ok"),
        event(0, "completion", "P2", line=8, text="register", status="ok"),
        event(0, "call", "P2", line=10, text="receive reg2"),
        event(0, "call", "P1", line=13, text="send reg1"),
        event(0, "lookup", "P1", target=response, peer="P2"),
    ]
    request_flight = flight(1, 0, 10000, "P1", "P2", **sent)
    answer = {"frame": "answer", "status": "ok"}
    trace += request_flight
    trace += [
        event(10000, "completion", "P2", line=10, text="receive", status="ok", bytes=9),
        *flight(2, 10000, 20000, "P2", "P1", **answer),
        event(20000, "completion", "P1", line=13, text="send", status="ok", bytes=9),
        event(20000, "call", "P1", line=15, text="receive reg1"),
        event(20000, "call", "P2", line=19, text="send reg2"),
        *flight(3, 20000, 30000, "P2", "P1", 2, **back),
        event(30000, "completion", "P1", line=15, text="receive", status="ok", bytes=10),
        *flight(4, 30000, 40000, "P1", "P2", 2, **answer),
        event(40000, "completion", "P2", line=19, text="send", status="ok", bytes=10),
    ]
    return trace


def ten_steps():
    request, response = "ipc:/GUID1/RID1", "http://foo/bar/xyz.htm"
    asked = f'from "{request}" to "{response}" "{{request}}"'
    told = f'from "{response}" to "{request}" "{{response}}"'
    texts = {n: t for n, t in enumerate(TEN_STEPS.splitlines(), 1)}

    def heading(number, at):
        return said(number, texts[number][6:-1], at)

    def done(number, at, until, expected="ok", observed=None):
        return line(number, texts[number].split(" -> ")[0], at, until, expected, observed)

    steps = [
        heading(4, 0),
        heading(5, 0),
        done(6, 0, 0),
        heading(7, 0),
        done(8, 0, 0),
        heading(9, 0),
        done(10, 0, 0, "pending"),
        heading(11, 0),
        heading(12, 0),
        done(13, 0, 20000, "ok", "ok definite bytes 9"),
        heading(14, 20000),
        done(15, 20000, 20000, "pending"),
        heading(16, 20000),
        done(17, 20000, 20000, asked, asked),
        heading(18, 20000),
        done(19, 20000, 40000, "ok", "ok definite bytes 10"),
        heading(20, 40000),
        done(21, 40000, 40000, told, told),
    ]
    return case(
        "ten-step-exchange",
        "routing",
        "pass",
        "RTE-1",
        promise=TEN_STEPS.splitlines()[1][8:],
        clauses=["RTE-1", "RTE-7"],
        clause_verdicts={"RTE-1": "pass", "RTE-7": "pass"},
        ns=40000,
        source=TEN_STEPS,
        steps=steps,
        trace=_ten_trace(),
        processes=["P1", "P2"],
    )


def wrong_source():
    """A failed expectation: the suffix is missing from the source URI."""
    expected = 'from "ipc:/c/r1" to "http://foo/bar/xyz.htm" "hello"'
    observed = 'from "ipc:/c" to "http://foo/bar/xyz.htm" "hello"'
    message = {"source": "ipc:/c", "target": "http://foo/bar/xyz.htm", "bytes": 5}
    name = "suffix-is-appended-to-the-source"
    source = f"""case {name}
promise The receiver learns who asked, suffix included.
clause RTE-7 SND-1
B: register "http://foo/bar" as bar
C: register "ipc:/c" as c
C: send c suffix "r1" to "http://foo/bar/xyz.htm" "hello"      -> ok [SND-1]
B: receive bar -> {expected} [RTE-7]
"""
    return case(
        name,
        "routing",
        "fail",
        "RTE-7",
        promise="The receiver learns who asked, suffix included.",
        clauses=["RTE-7", "SND-1"],
        clause_verdicts={"RTE-7": "fail", "SND-1": "pass"},
        reason='line 7: expected source "ipc:/c/r1", got "ipc:/c"',
        failed_line=7,
        source=source,
        steps=[
            line(4, 'B: register "http://foo/bar" as bar', 0),
            line(5, 'C: register "ipc:/c" as c', 0),
            line(6, 'C: send c suffix "r1" to "http://foo/bar/xyz.htm" "hello"', 0, 20000),
            line(7, "B: receive bar", 20000, 20000, expected, observed, "fail"),
        ],
        trace=[
            event(0, "call", "B", line=4, text="register"),
            event(0, "completion", "B", line=4, text="register", status="ok"),
            event(0, "call", "C", line=5, text="register"),
            event(0, "completion", "C", line=5, text="register", status="ok"),
            event(0, "call", "C", line=6, text="send c"),
            *flight(1, 0, 10000, "C", "B", **message),
            *flight(2, 10000, 20000, "B", "C", frame="answer", status="ok"),
            event(20000, "completion", "C", line=6, text="send", status="ok"),
            event(20000, "call", "B", line=7, text="receive bar"),
            event(20000, "completion", "B", line=7, text="receive", status="ok", bytes=5),
        ],
        processes=["B", "C"],
    )


def received_twice():
    """A broken rule in a long history: three processes, every fault the diagram can show."""
    trace = []
    for n in range(1, 61):
        at = n * 5000
        trace.append(event(at, "call", "A", line=6, text=f"send a {n}"))
        trace += flight(
            n, at, at + 1000, "A", "B", n, source="ipc:/a", target="ipc:/b", bytes=n
        )
        trace.append(event(at + 1000, "completion", "B", line=7, text="receive", status="ok"))
    again = {"source": "ipc:/a", "target": "ipc:/b", "bytes": 60, "flight": 70}
    first = len(trace) - 2
    trace += [
        event(302000, "duplicate", "A", peer="B", message=60, **again),
        event(303000, "cut", "A", peer="C"),
        *flight(71, 304000, 305000, "A", "C", 61, "cut-drop", source="ipc:/a", target="ipc:/c"),
        *flight(72, 305000, 306000, "C", "A", 62, "lose", source="ipc:/c", target="ipc:/a"),
        event(306000, "crash", "C"),
        event(306000, "wake", "B"),
        event(307000, "deliver", "B", peer="A", message=60, **again),
        event(307000, "completion", "B", line=7, text="receive", status="ok"),
    ]
    second = len(trace) - 2
    trace += [
        event(308000, "restart", "C"),
        event(309000, "heal", "A", peer="C"),
        *flight(73, 310000, 310000, "A", "A", 63, source="ipc:/a", target="ipc:/a/self"),
        event(311000, "carry", "C", peer="B", flight=74, frame="message", message=64),
    ]
    return case(
        "nothing-arrives-twice",
        "delivery",
        "fail",
        "DLV-1",
        reason="message 60 was received twice and the case set no duplicates",
        rule="C3",
        evidence=[first, second],
        steps=[line(7, "B: receive b", 302000, 307000, "would-block", "ok", "fail")],
        failed_line=7,
        faults={"duplicated": 1, "cut": 1, "lost": 1, "crashes": 1},
        trace=trace,
        processes=["A", "B", "C"],
        ns=311000,
        draws=17,
    )


HOSTILE = (
    "</pre><script>alert('x')</script><img src=x onerror=alert(1)>&amp; "
    "\u202eevil \x00 \ud800"
)


def every_verdict():
    known = {"verdict": "fail", "reason": "the sample is known to be slow"}
    return [
        case(
            "death-is-told",
            "lifetime",
            "crash",
            "LIF-1",
            signal="SIGSEGV",
            stderr="node.c:12: assertion failed\n" + HOSTILE,
            reason="the process of B died by SIGSEGV",
        ),
        case("slow-send", "sending", "timeout", "SND-1", reason="no result within 10 s"),
        case(
            "known-trouble",
            "sending",
            "fail",
            "SND-1",
            expected=True,
            expectation=known,
            failed_line=3,
            steps=[line(3, "A: send a", 0, 9, "ok | peer-gone", "timeout definite", "fail")],
        ),
        case("late-answer", "sending", "unresolved", "SND-1", reason="right, but late"),
        case("refusal-is-early", "sending", "pass-nonstrict", "SND-2"),
        case(
            "order-of-two-sources",
            "sending",
            "info",
            "SND-3",
            recorded={"order": "first A, then B", "receives": 2},
        ),
        case("needs-a-crash", "lifetime", "unsupported", "LIF-1", reason="needs crash"),
        case("interrupted", "registration", "not-run", "REG-1"),
        case("held-name", "registration", "pass", "REG-1", faults={"lost": 2}),
        case(
            "hostile-text",
            "sending",
            "fail",
            "SND-1",
            promise=HOSTILE,
            reason=HOSTILE,
            source=HOSTILE,
            steps=[line(1, HOSTILE, 0, 0, HOSTILE, HOSTILE + "!", "fail")],
            failed_line=1,
            trace=[event(0, "call", "A", text=HOSTILE), *_hostile_flight()],
        ),
    ]


def _hostile_flight():
    return flight(1, 0, 5, "A", "B", source=HOSTILE, target='"\\' + HOSTILE)


def footer(cases, **changes):
    return {
        "kind": "footer",
        "counts": dict(Counter(c["verdict"] for c in cases)),
        "unexpected": sum(not c["expected"] for c in cases),
        "fingerprint": "fedcba9876543210",
        "partial": False,
        "wall_ms": 812,
    } | changes


def results():
    """The lines of a whole results.jsonl, as objects."""
    cases = [ten_steps(), wrong_source(), received_twice(), *every_verdict()]
    return [header(), *clauses(), *cases, footer(cases)]


def mutants():
    """The lines of a mutants.jsonl: killed, survived, benign, and a false alarm."""

    def mutant(name, clause, killed, **more):
        base = {"kind": "mutant", "id": name, "clause": clause, "killed": killed, "benign": False}
        plant = {"chapter": "sending", "text": f"what {name} plants", "by": [], "cases_failed": 0}
        return base | plant | more

    kill = {
        "case": "held-name",
        "line": 12,
        "clause": "SND-1",
        "reason": "bytes 0, expected 5",
    }
    return [
        header(of="mutants", backend="reference"),
        mutant("SND-count", "SND-1", True, by=[kill], cases_failed=3),
        mutant("RCV-short", "RCV-1", False),
        mutant("CMP-order", "SND-3", False, benign=True),
        mutant("DLV-alarm", "DLV-1", True, benign=True, by=[kill], cases_failed=1),
        {
            "kind": "footer",
            "killed": 1,
            "survived": 1,
            "alarms": 1,
            "clauses_never_failed": ["REG-1", "REG-2"],
        },
    ]


def write(directory, results_lines=None, mutants_lines=None):
    """Writes the files; None means the sample's own, an empty list means no file."""
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    for name, lines, default in (
        ("results.jsonl", results_lines, results),
        ("mutants.jsonl", mutants_lines, mutants),
    ):
        lines = default() if lines is None else lines
        if lines:
            text = "".join(json.dumps(line) + "\n" for line in lines)
            (directory / name).write_text(text, "utf-8")
    return directory


if __name__ == "__main__":
    write(sys.argv[1])
