# SPDX-License-Identifier: MIT
"""What two runs differ in: `uripc diff`, and a section of the reports."""

from dataclasses import dataclass, field

from . import views
from .text import plural, visible

HELD = ("pass", "pass-nonstrict", "info")
KINDS = {
    "regression": "held before and does not hold now, or cannot be told any more",
    "fixed": "did not hold before, or could not be told, and holds now",
    "changed": "another verdict or another recorded value, without being better or worse",
    "added": "only the later run has it",
    "removed": "only the earlier run has it",
    "stale": "the later run has an expectation that its verdict does not meet",
}


@dataclass
class Change:
    """A case that is not as it was; `before` or `after` is None where a run does not have it."""

    name: str
    before: dict | None
    after: dict | None

    @property
    def case(self):
        return self.after or self.before

    @property
    def step(self):
        """`pass → fail`, or what there is of it."""
        return " → ".join(case["verdict"] if case else "none" for case in (self.before, self.after))

    @property
    def why(self):
        if not self.after:
            return ""
        if self.before and self.before["verdict"] == self.after["verdict"] == "info":
            return f"{_recorded(self.before)} → {_recorded(self.after)}"
        expectation = self.after.get("expectation")
        known = f"known: {expectation['reason']}" if expectation and self.after["expected"] else ""
        return visible("; ".join(t for t in (self.after.get("reason"), known) if t))


@dataclass
class Changes:
    """All changes between two runs, by kind, each list in the order of names."""

    before: object
    after: object
    kinds: dict = field(default_factory=lambda: {kind: [] for kind in KINDS})
    same: int = 0
    notes: list = field(default_factory=list)

    @property
    def counts(self):
        return [(kind, len(found)) for kind, found in self.kinds.items()]


def compare(before, after):
    """From the earlier run to the later one."""
    found = Changes(before, after, notes=_notes(before, after))
    old = {case["name"]: case for case in before.cases}
    new = {case["name"]: case for case in after.cases}
    for name in sorted(old | new):
        change = Change(name, old.get(name), new.get(name))
        kind = _kind(change)
        if kind:
            found.kinds[kind].append(change)
        else:
            found.same += 1
        if change.after and change.after.get("expectation") and not change.after["expected"]:
            found.kinds["stale"].append(change)
    return found


def _kind(change):
    if not change.before or not change.after:
        return "added" if change.after else "removed"
    held, holds = (case["verdict"] in HELD for case in (change.before, change.after))
    if held != holds:
        return "regression" if held else "fixed"
    if change.before["verdict"] != change.after["verdict"]:
        return "changed"
    recorded = change.before.get("recorded") != change.after.get("recorded")
    return "changed" if recorded else None


def _recorded(case):
    return ", ".join(str(value) for value in (case.get("recorded") or {}).values())


def _notes(before, after):
    """What else is different, and may be the reason; and what makes the comparison doubtful."""
    found = []
    for name in ("backend", "version", "mutant", "world", "binding", "seed", "suite", "filter",
                 "profile", "uripc", "spec"):
        old, new = (run.header.get(name) for run in (before, after))
        if old != new:
            found.append(f"{name}: {_shown(old)} → {_shown(new)}")
    old, new = (run.header.get("capabilities") for run in (before, after))
    if old is not None and new is not None:
        found += [f"capability {name} is declared no more" for name in old if name not in new]
        found += [f"capability {name} is new" for name in new if name not in old]
    for word, run in (("earlier", before), ("later", after)):
        found += [f"The {word} run: {text}" for text in views.partial(run)]
    return found


def _shown(value):
    return "none" if value is None else visible(str(value))


def text(changes):
    """The whole comparison for a terminal."""
    lines = [f"{views.name(changes.before)} ({changes.before.path.parent}) → "
             f"{views.name(changes.after)} ({changes.after.path.parent})"]
    lines += [f"  {note}" for note in changes.notes]
    for kind, found in changes.kinds.items():
        if found:
            lines += ["", f"{kind}, {plural(len(found), 'case')}: {KINDS[kind]}"]
        for change in found:
            line = f"  {change.case['chapter']}/{change.name}  {change.step}"
            lines.append(line + (f"  {' '.join(change.why.split())}" if change.why else ""))
    counts = ", ".join(f"{count} {kind}" for kind, count in changes.counts)
    lines += ["", f"{counts}; {changes.same} as before"]
    return visible("\n".join(lines)) + "\n"
