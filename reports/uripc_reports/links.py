# SPDX-License-Identifier: MIT
"""Addresses inside the page, and texts in which the things they name are links."""

import re

from markupsafe import Markup, escape

from .text import visible
from .views import line_rows

NAMED = re.compile(r"\b(?P<clause>[A-Z]{2,6}-\d+)\b|\bline (?P<line>\d+)\b")


def anchor(text):
    """Text as a fragment of an address."""
    return re.sub(r"[^A-Za-z0-9_-]", lambda m: f"_{ord(m.group()):x}", text)


class Links:
    """Knows which clauses and lines the page shows; `key` begins all addresses of a run."""

    def __init__(self, key, clauses=(), cases=()):
        self.key = key
        self.clauses = {clause["id"] for clause in clauses}
        self.lines = {case["name"]: set(line_rows(case).values()) for case in cases}

    def clause(self, name):
        """A clause's id, as a link where the page has the clause."""
        if name not in self.clauses:
            return Markup('<span class="id">{}</span>').format(visible(name))
        address = f"{self.key}clause-{anchor(name)}"
        return Markup('<a class="id" href="#{}">{}</a>').format(address, visible(name))

    def case(self, name, line=None, text=None):
        """A case's name, or another text, as a link to the case or to a line of it."""
        text = visible(name if text is None else text)
        if name not in self.lines:
            return escape(text)
        address = f"{self.key}case-{anchor(name)}"
        if line in self.lines[name]:
            address += f"-L{line}"
        return Markup('<a href="#{}">{}</a>').format(address, text)

    def text(self, text, case=None):
        """A text in which ids of clauses, and lines of a case, are links."""
        text, parts, end = visible(text or ""), [], 0
        for match in NAMED.finditer(text):
            if match["clause"] in self.clauses:
                link = self.clause(match["clause"])
            elif match["line"] and int(match["line"]) in self.lines.get(case, ()):
                link = self.case(case, int(match["line"]), match[0])
            else:
                continue
            parts += [escape(text[end : match.start()]), link]
            end = match.end()
        return Markup("").join([*parts, escape(text[end:])])
