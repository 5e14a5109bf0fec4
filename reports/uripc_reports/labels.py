# SPDX-License-Identifier: MIT
"""What stands beside the dots and arrows of a diagram, short; and in full for their titles.

A target URI is what a reader follows through a diagram: data are shortened first, then the other
names, and a target only where it is longer than any that a person would write.
"""

import re

from .text import micros, plural, shorten, visible

ROOM = 72  # letters beside a dot before anything is shortened
LINE = 40  # letters of them in one line
PAIR = 56  # letters of source and target together on an arrow
TARGET = 100  # letters of a target
DOTS = {
    "crash": "✕ crash",
    "restart": "restart",
    "pause": "pause",
    "resume": "resume",
}
QUOTED = re.compile(
    r'(?P<word>\b(?:to|from|suffix|register|expecting)\s+)?(?P<text>"(?:[^"\\]|\\.)*")'
)


def is_answer(event):
    return event.get("frame") in ("answer", "withdraw", "join", "take", "given", "taken")


def carried(event):
    """What an arrow says: the two URIs and the size of a message, the status of an answer."""
    if is_answer(event):
        return visible(" ".join(x for x in (event["frame"], event.get("status")) if x))
    source, target = event.get("source") or "", shorten(event.get("target") or "", TARGET)
    if len(source) + len(target) > PAIR:
        source = shorten(source, max(20, PAIR - len(target)))
    names = f"{source} → {target}" if source or target else "message"
    return visible(names + _size(event))


def _size(event):
    count = event.get("bytes")
    return "" if count is None else f", {plural(count, 'byte', 'empty')}"


def of_arrow(sent, event, sender, receiver, complete):
    """An arrow's title: everything about a frame and its end."""
    words = {
        "deliver": "arrived",
        "lose": "lost",
        "cut-drop": "dropped at a cut",
        "dead-drop": "dropped: its target had ended",
    }
    what = carried(sent)
    if not is_answer(sent):
        number = f"message {sent['message']}" if sent.get("message") is not None else "message"
        what = f"{number}, {sent.get('source', '')} → {sent.get('target', '')}{_size(sent)}"
    left = f"{micros(sent['at'])} µs" if complete else "before this diagram"
    return visible(
        f"{sender} to {receiver}: {what}; left {left}, "
        f"{words[event['kind']]} {micros(event['at'])} µs"
    )


def beside(event):
    """What stands beside a dot: a line, or two where a target makes one too long."""
    text = said(event)
    at = text.find(' to "')
    return [text] if len(text) <= LINE or at < 0 else [text[:at], text[at + 1 :]]


def said(event, whole=False):
    """What a dot stands for; its process stands above the line and is not repeated."""
    kind, status = event["kind"], event.get("status")
    if kind in DOTS:
        return DOTS[kind]
    text = (event.get("text") or "").removeprefix(f"{event.get('process')}: ")
    if kind in ("claim", "release", "lookup"):
        text = text or f"{kind} {event.get('target') or ''}".strip()
    elif kind not in ("call", "completion"):
        text = " ".join(x for x in (kind, event.get("peer"), text) if x)
    text = text or kind
    if status and kind == "completion" and status not in text.split():
        text += f" → {status}"
    return visible(text if whole else fitted(text))


def fitted(text):
    """A call's text cut to size: its data first, the target last."""

    def cut(words, room):
        def one(match):
            word = (match["word"] or "").strip()
            return match[0] if word not in words else _cut(match, room)

        return QUOTED.sub(one, text) if len(text) > ROOM else text

    text = cut(("",), 12)
    text = cut(("suffix", "from", "expecting"), 16)
    text = cut(("to", "register"), TARGET)
    return shorten(text, 2 * TARGET)


def _cut(match, room):
    return (match["word"] or "") + '"' + shorten(match["text"][1:-1], room) + '"'
