# SPDX-License-Identifier: MIT
"""TAP 14, https://testanything.org/tap-version-14-specification.html.

Known failures are `not ok` with `# TODO`, unsupported cases `ok` with `# SKIP`; a partial run ends
with `Bail out!`.
"""

import json

from . import views
from .plain import KNOWN, PASSED, SKIPPED, details, entries, facts
from .text import visible


def document(runs):
    """The whole file as text. TAP has one plan, so there is one run."""
    (run,) = runs
    found = entries(run)
    lines = ["TAP version 14", f"1..{len(found)}"]
    lines += [f"# {name}: {_line(text)}" for name, text in facts(run)]
    for number, entry in enumerate(found, 1):
        lines += _point(number, entry)
    lines += [f"Bail out! {_line(sentence)}" for sentence in views.partial(run)[:1]]
    return "\n".join(lines) + "\n"


def _line(text):
    return " ".join(visible(text).split())


def _escaped(text):
    """`#` would begin a directive."""
    return _line(text).replace("\\", "\\\\").replace("#", "\\#")


def _point(number, entry):
    case = entry.case
    word = "ok" if entry.kind in (PASSED, SKIPPED) else "not ok"
    text = f"{word} {number} - {_escaped(case['chapter'])}/{_escaped(case['name'])}"
    if entry.kind == SKIPPED:
        text += f" # SKIP {_line(entry.message)}"
    elif entry.kind == KNOWN:
        text += f" # TODO {_line(entry.message)}"
    if case["verdict"] == "pass" and entry.kind == PASSED:
        return [text]
    return [text, *_diagnostics(entry)]


def _diagnostics(entry):
    """A block of YAML whose values are JSON, which YAML includes."""
    values = [("verdict", entry.case["verdict"])]
    if entry.message:
        values.append(("message", entry.message))
    if entry.kind not in (PASSED, SKIPPED):
        values += [(name.replace(" ", "_"), text) for name, text in details(entry.case)]
    for asked, value in (entry.case.get("recorded") or {}).items():
        values.append((json.dumps(visible(asked)), visible(str(value))))
    return ["  ---", *(f"  {name}: {json.dumps(text)}" for name, text in values), "  ..."]
