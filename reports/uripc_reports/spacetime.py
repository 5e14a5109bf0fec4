# SPDX-License-Identifier: MIT
"""Lays out a space-time diagram: a vertical line per process, time downwards, messages between.

Every row is one event, in the order in which they happened; the distance between rows says
nothing about how much time passed, the times at the left do.
"""

import math
import textwrap
from dataclasses import dataclass

from .graphviz import BOX, Drawing, Edge, Node
from .labels import beside, carried, is_answer, of_arrow, said
from .text import micros, plural

LIMIT = 60  # events in one diagram
AFTER = 15  # of these, at most so many after the one that matters
PITCH = 26  # points between two rows
TOP = 44
LETTER = 5.4  # width of a letter, on average
LEAVES = ("carry", "duplicate")
ENDS = ("deliver", "lose", "cut-drop", "dead-drop")
BACKGROUND = ("wake", "lookup", "work", "room", "start", "link")
PLACES = (0.5, 0.4, 0.6, 0.3, 0.7)  # parts of an arrow where its caption may stand


@dataclass
class Excerpt:
    """Which events of a trace are drawn: (index, event) pairs, and a sentence when some are not."""

    events: list
    note: str


def excerpt(trace, focus=None, limit=LIMIT):
    """At most `limit` events around the one with index `focus`, the first ones without it."""
    shown = [(i, e) for i, e in enumerate(trace) if e["kind"] not in BACKGROUND]
    hidden = len(trace) - len(shown)
    parts = []
    if hidden:
        parts.append(f"{plural(hidden, 'background event')} (wake-ups, lookups) not drawn.")
    if len(shown) > limit:
        before = sum(1 for i, _ in shown if focus is not None and i <= focus)
        end = min(max(before + AFTER, limit), len(shown)) if focus is not None else limit
        cut = shown[end - limit : end]
        parts.insert(
            0,
            f"Cut to {limit} of {len(shown)} events: {end - limit} before and "
            f"{len(shown) - end} after these are left out.",
        )
        shown = cut
    return Excerpt(shown, " ".join(parts))


@dataclass
class Ending:
    """What a failing case came to: the last row of its diagram."""

    text: str
    at: int | None = None
    process: str | None = None


def draw(case, focus=None, numbers=None, ending=None):
    """The diagram of a case and the note about what it leaves out.

    `numbers` maps indices of calls and completions to the step they belong to.
    """
    part = excerpt(case.get("trace") or [], focus)
    layout = _Layout(case, part.events, numbers or {}, ending)
    return layout.drawing(), part.note


class _Layout:
    def __init__(self, case, events, numbers, ending):
        self.case, self.events, self.numbers, self.ending = case, events, numbers, ending
        self.captions, self.taken = [], []
        self.evidence = set(case.get("evidence") or [])
        self.processes = _processes(case, events)
        self.rows = _rows(events)
        self.columns = self._columns()
        height = TOP + (max(self.rows.values(), default=0) + 1) * PITCH
        label = f"Space-time diagram of {case['name']}, {plural(len(events), 'event')}"
        self.out = Drawing(self.width, height, label)

    # Where things are.

    def _columns(self):
        """Chooses distances so that the longest texts fit, within reason."""
        last = len(self.processes) - 1
        room = [0] * (last + 1)
        for _, event in self.events:
            column = self._column(event.get("process"))
            if column is not None and event["kind"] not in LEAVES + ENDS:
                room[column] = max(room[column], max(map(len, beside(event))) * LETTER + 26)
        arrows = [len(carried(e)) for _, e in self.events if e["kind"] in LEAVES]
        gap = max(190, max(arrows, default=0) * LETTER + 60)
        left = 76 + max(room[0] if room else 0, 24)
        columns = [left]
        for column in range(1, last + 1):
            inner = room[column - 1] if 1 < column else 0
            columns.append(columns[-1] + max(gap, inner))
        self.width = columns[-1] + (max(room[last], 40) if last > 0 else 60)
        return columns

    def _column(self, process):
        return self.processes.index(process) if process in self.processes else None

    def _x(self, process):
        column = self._column(process)
        return self.columns[0] if column is None else self.columns[column]

    def _y(self, index):
        return TOP + self.rows[index] * PITCH

    # What is drawn.

    def drawing(self):
        for process in self.processes:
            self._life(process)
        self._times()
        starts = {}
        for index, event in self.events:
            kind = event["kind"]
            if kind in LEAVES:
                starts[event.get("flight")] = index, event
            elif kind in ENDS:
                self._arrival(starts.get(event.get("flight")), index, event)
            elif kind in ("oversize", "blocked", "nowhere"):
                self._refused(index, event)
            elif kind in ("cut", "heal"):
                self._link_change(index, event)
            else:
                self._dot(index, event)
        arrived = {e.get("flight") for _, e in self.events if e["kind"] in ENDS}
        for flight, (index, event) in starts.items():
            if flight is None or flight not in arrived:
                self._under_way(index, event)
        for caption in self.captions:
            self._place(*caption)
        if self.ending:
            self._end()
        return self.out

    def _life(self, process):
        """The process's line: solid while it lives, in pieces when it crashed or was paused."""
        x, y, css = self._x(process), TOP - 14, "life"
        turns = {"crash": "life dead", "restart": "life", "pause": "life paused", "resume": "life"}
        self.out.nodes.append(Node(x, 14, "process", process))
        for index, event in self.events:
            if event.get("process") == process and event["kind"] in turns:
                self.out.edges.append(Edge((x, y), (x, self._y(index)), css))
                y, css = self._y(index), turns[event["kind"]]
        self.out.edges.append(Edge((x, y), (x, self.out.height), css))

    def _times(self):
        """Each new instant, and once more, paler, wherever an arrow begins or ends."""
        before, rows = None, set()
        self.out.nodes.append(Node(62, 14, "time", "µs", anchor="end"))
        for index, event in self.events:
            again, row = event["at"] == before, self.rows[index]
            before = event["at"]
            if row in rows or (again and event["kind"] not in LEAVES + ENDS):
                continue
            rows.add(row)
            css = "time again" if again else "time"
            self.out.nodes.append(
                Node(62, self._y(index), css, micros(event["at"]), anchor="end")
            )

    def _end(self):
        """A row below all others: what the failing line expected and what came."""
        ending, left = self.ending, self.columns[0] - 60
        y, x = self.out.height + 12, self._x(ending.process)
        wide = max(90, int((self.width - left) / LETTER))
        lines = textwrap.wrap(ending.text, wide, max_lines=4, placeholder=" …") or ["?"]
        right = max(self.width, left + max(map(len, lines)) * LETTER)
        self.out.edges.append(Edge((left, y), (right, y), "ending", ending.text))
        if ending.at is not None:
            self.out.nodes.append(Node(62, y, "time ending", micros(ending.at), anchor="end"))
        if ending.process in self.processes:
            self.out.nodes.append(Node(x, y, "cross ending", "✕", ending.text))
        for number, line in enumerate(lines):
            place = y + 17 + number * 14
            self.out.nodes.append(Node(left, place, "ending", line, ending.text, anchor="start"))
        self.out.width = max(self.out.width, right + 8)
        self.out.height = y + 24 + (len(lines) - 1) * 14

    def _css(self, index, css):
        return css + (" evidence" if index in self.evidence else "")

    def _arrow(self, css, begin, end, title, arrow=True):
        """A line, as two when it leads back to where it began."""
        if abs(begin[0] - end[0]) < 1:
            side = begin[0] + 34, (begin[1] + end[1]) / 2
            self.out.edges.append(Edge(begin, side, css, title))
            self.out.edges.append(Edge(side, end, css, title, arrow))
        else:
            self.out.edges.append(Edge(begin, end, css, title, arrow))

    def _caption(self, css, begin, end, text, title):
        """A text on an arrow; it gets its place when all other things have theirs."""
        if abs(end[0] - begin[0]) < 1:
            middle = (begin[1] + end[1]) / 2
            self.out.nodes.append(Node(begin[0] + 40, middle, css, text, title, anchor="start"))
        else:
            self.captions.append((css, begin, end, text, title))

    def _place(self, css, begin, end, text, title):
        """Puts a caption near the middle of its arrow, where no other caption is if it can be."""
        width = len(text) * LETTER + 6
        spare = max(0, 0.5 - (width / 2 + 12) / abs(end[0] - begin[0]))
        for part in [p for p in PLACES if abs(p - 0.5) <= spare] or [0.5]:
            x = begin[0] + (end[0] - begin[0]) * part
            y = begin[1] + (end[1] - begin[1]) * part
            if not any(
                abs(x - ox) < (width + other) / 2 and abs(y - oy) < BOX
                for ox, oy, other in self.taken
            ):
                break
        self.taken.append((x, y, width))
        self.out.nodes.append(Node(x, y, css, text, title, box=width))

    def _arrival(self, start, index, event):
        """From where a frame left to where it arrived or was lost."""
        sent = start[1] if start else event
        frame = "answer" if is_answer(sent) else "message"
        if event["kind"] == "deliver":
            receiver, sender = event.get("process"), event.get("peer")
        else:
            receiver, sender = event.get("peer"), event.get("process")
        sender, receiver = sent.get("process") if start else sender, receiver
        begin = (self._x(sender), self._y(start[0] if start else index))
        end = (self._x(receiver), self._y(index))
        if event["kind"] in ("lose", "cut-drop"):
            end = (begin[0] + (end[0] - begin[0]) * 0.6, end[1])
        if event["kind"] != "deliver":
            frame += " lost"
        marked = start[0] if start and start[0] in self.evidence else index
        css = self._css(marked, f"arrow {frame}" + ("" if start else " cut"))
        title = of_arrow(sent, event, sender, receiver, bool(start))
        tip = self._before_dot(begin, end, index, receiver)
        self._arrow(css, begin, tip, title, event["kind"] == "deliver")
        self._caption(self._css(marked, f"caption {frame}"), begin, end, carried(sent), title)
        if event["kind"] != "deliver":
            self._cross(index, end, event["kind"], title)

    def _before_dot(self, begin, end, index, receiver):
        """Where an arrow must end so that a dot in its row does not hide its head."""
        for other, event in self.events:
            dotted = event["kind"] not in LEAVES + ENDS and event.get("process") == receiver
            if dotted and other > index and self.rows[other] == self.rows[index]:
                length = math.hypot(end[0] - begin[0], end[1] - begin[1])
                part = (9.5 if other in self.numbers else 4.5) / length
                return end[0] - (end[0] - begin[0]) * part, end[1] - (end[1] - begin[1]) * part
        return end

    def _cross(self, index, at, kind, title):
        name = {"lose": "lost", "cut-drop": "cut", "dead-drop": "dead"}.get(kind, kind)
        self.out.nodes.append(Node(at[0], at[1], self._css(index, "cross"), "✕", title))
        self.out.nodes.append(
            Node(at[0] + 9, at[1] + 2, "caption lost", name, title, anchor="start")
        )

    def _under_way(self, index, event):
        begin = (self._x(event.get("process")), self._y(index))
        target = self._x(event.get("peer") or event.get("process"))
        end = (begin[0] + (target - begin[0]) * 0.75, begin[1] + PITCH * 0.75)
        frame = "answer" if is_answer(event) else "message"
        title = (
            f"{micros(event['at'])} µs: {event.get('process')} to {event.get('peer')}: "
            f"{carried(event)}; its end is not in this diagram"
        )
        self._arrow(self._css(index, f"arrow {frame} cut"), begin, end, title, False)
        self._caption(f"caption {frame}", begin, end, carried(event), title)

    def _refused(self, index, event):
        """Frames that a link did not take, or that nobody was there for."""
        begin = (self._x(event.get("process")), self._y(index))
        target = self._x(event.get("peer"))
        step = 60 if target >= begin[0] else -60
        title = f"{micros(event['at'])} µs: {event['kind']}: {carried(event)}"
        end = (begin[0] + step, begin[1])
        self._arrow(self._css(index, "arrow message lost"), begin, end, title, False)
        self._cross(index, end, event["kind"], title)

    def _link_change(self, index, event):
        y = self._y(index)
        begin, end = self._x(event.get("process")), self._x(event.get("peer"))
        text = f"{event['kind']} {event.get('process', '?')} → {event.get('peer', '?')}"
        title = f"{micros(event['at'])} µs: {text}"
        self.out.edges.append(Edge((begin, y), (end, y), f"change {event['kind']}", title))
        self._caption("caption change", (begin, y), (end, y), text, title)

    def _dot(self, index, event):
        """A call, a completion or anything else that happens at one process."""
        x, y, kind = self._x(event.get("process")), self._y(index), event["kind"]
        title = f"{micros(event['at'])} µs, {event.get('process', '')}: {said(event, whole=True)}"
        number = self.numbers.get(index)
        known = kind if kind in ("call", "completion", "crash") else "other"
        if number is not None:
            title = f"step {number} at {title}"
            badge = Node(x, y, self._css(index, f"badge {known}"), str(number), title, size=17)
            self.out.nodes.append(badge)
        else:
            size = 7 if known in ("call", "completion") else 5
            css = self._css(index, f"dot {known}")
            self.out.nodes.append(Node(x, y, css, "", title, size=size))
        first = self._column(event.get("process")) in (0, None)
        away, lift = (13 if number is not None else 8), (0 if first else 8)
        last = self._column(event.get("process")) == len(self.processes) - 1
        lines = beside(event)
        for line, text in enumerate(lines):
            self.out.nodes.append(
                Node(
                    x - away if first else x + away,
                    (y if last else y - lift) + 11 * line - 5.5 * (len(lines) - 1),
                    self._css(index, f"said {known}"),
                    text,
                    title,
                    anchor="end" if first else "start",
                )
            )


def _processes(case, events):
    """The case's processes in its order, and any other that an event names."""
    found = list(case.get("processes") or [])
    for _, event in events:
        for name in (event.get("process"), event.get("peer")):
            if name and name not in found:
                found.append(name)
    return found or ["?"]


def _rows(events):
    """{index: row}. What follows at once at the same process and time shares its row."""
    rows, row, before = {}, -1, None
    for index, event in events:
        together = (
            before
            and before["at"] == event["at"]
            and before.get("process") == event.get("process")
            and (before["kind"], event["kind"])
            in (("call", "carry"), ("deliver", "completion"), ("call", "nowhere"))
        )
        row += not together
        rows[index] = row
        before = event
    return rows
