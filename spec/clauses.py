#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads the clauses of the spec's chapters, checks them and writes them as JSON.

A clause is one list item of a file spec/N-name.md, continued by lines indented by two spaces:

    - **SND-3** (MUST) Text of the sentence that may go on
      over lines. *[note, rfc3986-3.2]*

The keys in brackets say where it comes from: `ours`, `note`, or a list item
`- **key**: citation` of spec/sources.md.

    clauses.py --out FILE   checks the chapters and writes the clauses
    clauses.py --check      checks the chapters, and every mention of a clause in the tree

Exit status: 0, or 1 after lines `file:line: message` on standard error.
"""

import argparse
import json
import re
import sys
from pathlib import Path

PREFIXES = ("NAM", "REG", "RTE", "SND", "RCV", "CMP", "DLV", "LIF", "ACC", "LAY", "SES", "DSP",
            "RFP", "RES", "REQ")
LEVELS = ("MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY")
BUILT_IN_SOURCES = {"note": "the 1999 design note", "ours": "a decision of this spec"}

PARTS = ("spec", "reference", "simulator", "conformance", "reports")
MENTIONING_SUFFIXES = (".md", ".h", ".c", ".case", ".txt")

CHAPTER = re.compile(r"([0-9]+)-([a-z0-9-]+)\.md")
ITEM = re.compile(r"- \*\*([A-Z]{2,4}-[0-9]+)\*\*(.*)")
CLAUSE = re.compile(r" \(([^)]*)\) (\S.*?) ?\*\[([^\]]+)\]\*")
SOURCE = re.compile(r"- \*\*([A-Za-z0-9.-]+)\*\*: (\S.*)")
# Ids of edge cases and mutants (E:SND-3, M:SND-3) are numbered on their own.
MENTION = re.compile(r"(?<![\w:-])(?:%s)-[0-9]+\b" % "|".join(PREFIXES))


class Problems:
    """Collects what is wrong, so that one run reports everything."""

    def __init__(self, root):
        self.root = root
        self.lines = []

    def add(self, path, line, message):
        self.lines.append(f"{path.relative_to(self.root)}:{line}: {message}")


def read_items(path, pattern):
    """Yields (line number, match, continuation text) of each list item that matches."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for index, line in enumerate(lines):
        match = pattern.fullmatch(line)
        if not match:
            continue
        more = []
        for following in lines[index + 1 :]:
            if not following.startswith("  ") or not following.strip():
                break
            more.append(following.strip())
        yield index + 1, match, " ".join(more)


def read_sources(root):
    sources = dict(BUILT_IN_SOURCES)
    path = root / "spec" / "sources.md"
    if path.exists():
        for _, match, more in read_items(path, SOURCE):
            sources[match[1]] = " ".join(f"{match[2]} {more}".split())
    return sources


def chapters(root):
    found = [(CHAPTER.fullmatch(path.name), path) for path in (root / "spec").glob("[0-9]*.md")]
    return sorted((int(match[1]), match[2], path) for match, path in found if match)


def read_clause(root, sources, problems, path, line, match, more):
    """One clause, or None if it cannot be read as one."""
    identity = match[1]
    if identity.split("-")[0] not in PREFIXES:
        problems.add(path, line, f"{identity}: unknown prefix")
        return None
    parts = CLAUSE.fullmatch(f"{match[2]} {more}".rstrip())
    if not parts:
        problems.add(path, line, f"{identity}: not of the form (LEVEL) text *[sources]*")
        return None
    level, text, keys = parts[1], " ".join(parts[2].split()), re.split(r",\s*", parts[3])
    if level not in LEVELS:
        problems.add(path, line, f"{identity}: unknown level {level}")
    for key in keys:
        if key not in sources:
            problems.add(path, line, f"{identity}: unknown source {key}")
    return {
        "id": identity,
        "level": level,
        "text": text,
        "sources": keys,
        "file": str(path.relative_to(root)),
        "line": line,
    }


def read_clauses(root, sources, problems):
    clauses, seen = [], {}
    for number, name, path in chapters(root):
        for line, match, more in read_items(path, ITEM):
            clause = read_clause(root, sources, problems, path, line, match, more)
            if clause is None:
                continue
            if clause["id"] in seen:
                first = seen[clause["id"]]
                problems.add(path, line, f"{clause['id']}: already defined at {first}")
                continue
            seen[clause["id"]] = f"{clause['file']}:{line}"
            clauses.append(clause | {"chapter": number, "chapter_name": name})
    return clauses


def mentioning_files(root):
    yield from sorted(root.glob("*.md"))
    for part in PARTS:
        for path in sorted((root / part).rglob("*")):
            if path.suffix in MENTIONING_SUFFIXES and "corpus" not in path.parts:
                yield path


def mentions(path):
    """Yields (line number, clause id) of everything in the file that looks like a clause."""
    text = path.read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        for match in MENTION.finditer(line):
            yield number, match[0]


def check_mentions(root, clauses, problems):
    known = {clause["id"] for clause in clauses}
    for path in mentioning_files(root):
        for line, identity in mentions(path):
            if identity not in known:
                problems.add(path, line, f"{identity}: there is no such clause")


def spec_version(root):
    text = (root / "spec/include/uripc/version.h").read_text(encoding="utf-8")
    return ".".join(re.search(rf"URIPC_SPEC_{part} ([0-9]+)", text)[1] for part in ("MAJOR", "MINOR"))


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the JSON goes")
    parser.add_argument("--check", action="store_true", help="check the whole tree")
    parser.add_argument(
        "--root", type=Path, default=Path(__file__).resolve().parent.parent, help="the tree"
    )
    options = parser.parse_args(arguments)

    problems = Problems(options.root)
    sources = read_sources(options.root)
    clauses = read_clauses(options.root, sources, problems)
    if options.check and not problems.lines:
        check_mentions(options.root, clauses, problems)
    if problems.lines:
        print("\n".join(problems.lines), file=sys.stderr)
        return 1
    if options.out:
        result = {"spec": spec_version(options.root), "clauses": clauses, "sources": sources}
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
