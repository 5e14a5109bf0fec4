# SPDX-License-Identifier: MIT
"""A summary in Markdown, short enough for a pull request: what is unexpected comes first."""

import re

from . import views
from .changes import KINDS
from .plain import BROKEN, FAILED, KNOWN, entries
from .text import number, plural, shorten, visible

ROWS = 30  # of a table; the rest is counted


def document(runs, changes=()):
    """The whole file as text; `changes` are comparisons with baselines."""
    return "\n".join("\n".join(_run(run, changes)) for run in runs)


def plain(value, limit=300):
    """Text in which nothing is markup, a table's border, or somebody's name."""
    text = shorten(" ".join(visible(str(value)).split()), limit)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = text.replace("@", "&#64;").replace("|", "&#124;")
    return re.sub(r"([\\`*_\[\]~#])", r"\\\1", text)


def _code(value, limit=200):
    text = shorten(" ".join(visible(str(value)).split()), limit)
    return f"<code>{plain(text, limit)}</code>" if text else ""


def _run(run, changes):
    header, found = run.header, entries(run)
    world = f" in the {header['world']} world" if header.get("world") else ""
    yield f"## uripc: {plain(views.name(run))}{world}"
    yield ""
    yield f"**{plain(views.headline(run))}.**"
    for sentence in views.banners(run):
        yield ""
        yield f"> **{plain(sentence)}**"
    yield ""
    yield from _counts(run)
    yield from _cases("Unexpected or unresolved", [e for e in found if e.kind in (FAILED, BROKEN)])
    for change in changes:
        if change.after is run:
            yield from _changes(change)
    yield from _known([e for e in found if e.kind == KNOWN])
    yield from _chapters(run)
    yield from _facts(run)


def _counts(run):
    counted = views.counted(run.cases)
    if not counted:
        return
    yield "| " + " | ".join(v.name for v, _ in counted) + " | cases |"
    yield "|" + "--:|" * (len(counted) + 1)
    yield "| " + " | ".join(number(n) for _, n in counted) + f" | {number(len(run.cases))} |"
    yield ""


def _cases(title, found):
    yield f"### {title}: {len(found)}"
    yield ""
    if not found:
        return
    yield "| case | verdict | clauses | why |"
    yield "|---|---|---|---|"
    for entry in found[:ROWS]:
        case = entry.case
        broken = ", ".join(name for _, name in views.broken_clauses(case, []))
        yield (f"| {plain(case['chapter'])}/{plain(case['name'])} | {case['verdict']} | "
               f"{plain(broken)} | {plain(entry.message)} |")
    yield from _more(found)
    yield ""


def _more(found):
    if len(found) > ROWS:
        yield ""
        yield f"and {plural(len(found) - ROWS, 'more case')}"


def _changes(changes):
    before = changes.before
    yield f"### Since {plain(views.name(before))} of {plain(before.header.get('started') or '?')}"
    yield ""
    yield ", ".join(f"{count} {kind}" for kind, count in changes.counts) + \
        f"; {changes.same} as before"
    yield ""
    for kind, found in changes.kinds.items():
        if not found:
            continue
        yield f"**{kind}** ({KINDS[kind]}):"
        yield ""
        for change in found[:ROWS]:
            yield f"- {plain(change.name)}: {change.step} {plain(change.why)}".rstrip()
        yield from _more(found)
        yield ""


def _known(found):
    """Known failures by their reason: one of them is often the reason of many."""
    reasons = {}
    for entry in found:
        reasons.setdefault(entry.message, []).append(entry.case["name"])
    if not reasons:
        return
    yield f"<details><summary>Known failures: {len(found)}</summary>"
    yield ""
    yield "| cases | why |"
    yield "|--:|---|"
    for reason, names in sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0])):
        yield f"| {len(names)} | {plain(reason)} |"
    yield ""
    yield "</details>"
    yield ""


def _chapters(run):
    yield "<details><summary>By chapter</summary>"
    yield ""
    yield "| chapter | cases | verdicts |"
    yield "|---|--:|---|"
    for chapter in views.case_chapters(run):
        counts = ", ".join(f"{number(n)} {v.name}" for v, n in chapter.counts)
        yield f"| {plain(chapter.name)} | {len(chapter.items)} | {counts} |"
    yield ""
    yield "</details>"
    yield ""


def _facts(run):
    header = run.header
    machine = header.get("machine") or {}
    parts = [f"suite {header.get('suite') or 'not stated'}",
             f"seed {header['seed'] if header.get('seed') is not None else 'not stated'}",
             f"{header.get('started') or 'time not stated'}",
             machine.get("system") or "machine not stated"]
    yield f"{plain(', '.join(parts))}; {_code(header.get('command') or '')}".removesuffix("; ")
    yield ""
