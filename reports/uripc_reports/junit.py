# SPDX-License-Identifier: MIT
"""JUnit XML, as build servers read it (its shape is in reports/junit.xsd).

`failure` is a broken promise: verdicts fail and timeout, and a known failure that has gone. `error`
is what stopped a case from being judged: crash and unresolved, and the end of a partial run.
Known failures are `skipped`, with their reason, so that they do not break a build.
"""

import re
import xml.etree.ElementTree as ET

from . import views
from .plain import BROKEN, FAILED, KNOWN, SKIPPED, details, entries, facts, kind_of
from .text import visible

ELEMENTS = {FAILED: "failure", BROKEN: "error", KNOWN: "skipped", SKIPPED: "skipped"}
FORBIDDEN = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(runs):
    """The whole file as text; a `testsuite` for each run."""
    root = ET.Element("testsuites")
    for run in runs:
        root.append(_suite(run))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name)) for suite in root)))
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _clean(text):
    """XML cannot hold some characters at all, not even escaped."""
    return FORBIDDEN.sub("\ufffd", visible(text))


def _suite(run):
    suite = ET.Element("testsuite", name=_clean(views.name(run)))
    properties = ET.SubElement(suite, "properties")
    for name, text in facts(run):
        ET.SubElement(properties, "property", name=name, value=_clean(text))
    for entry in entries(run):
        suite.append(_case(run, entry))
    for number, sentence in enumerate(views.partial(run), 1):
        case = ET.SubElement(suite, "testcase", classname="uripc", name=f"whole run {number}")
        ET.SubElement(case, "error", type="partial", message=_clean(sentence))
    tags = [child.tag for case in suite.iter("testcase") for child in case]
    suite.set("tests", str(len(suite.findall("testcase"))))
    suite.set("failures", str(tags.count("failure")))
    suite.set("errors", str(tags.count("error")))
    suite.set("skipped", str(tags.count("skipped")))
    wall = (run.footer or {}).get("wall_ms")
    if wall is not None:
        suite.set("time", f"{wall / 1000:.3f}")
    if run.header.get("started"):
        suite.set("timestamp", _clean(run.header["started"]))
    return suite


def _case(run, entry):
    case = entry.case
    element = ET.Element("testcase")
    element.set("classname", _clean(f"{run.header['backend']}.{case['chapter']}"))
    element.set("name", _clean(case["name"]))
    element.set("time", f"{(case.get('ns') or 0) / 1e9:.9f}")
    tag = ELEMENTS.get(entry.kind)
    if tag:
        kind = "unexpected-pass" if _gone(case) else case["verdict"]
        why = ET.SubElement(element, tag, type=kind, message=_clean(entry.message))
        if tag != "skipped":
            why.text = _clean("\n".join(f"{name}: {text}" for name, text in details(case)))
    elif case["verdict"] != "pass":
        recorded = case.get("recorded") or {}
        said = [f"verdict {case['verdict']}", *(f"{k}: {v}" for k, v in recorded.items())]
        ET.SubElement(element, "system-out").text = _clean("\n".join(said))
    return element


def _gone(case):
    return kind_of(case) == FAILED and case["verdict"] not in ("fail", "timeout")
