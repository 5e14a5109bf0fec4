# SPDX-License-Identifier: MIT
"""Reads results.jsonl, mutants.jsonl and bench.jsonl, and refuses what is not in their format."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from .schema import complete, problem, shown

FORMAT = 1


class BadInput(Exception):
    """Something outside is not as it should be; the text names the place and the expected form."""


@dataclass
class Run:
    """One results.jsonl."""

    path: Path
    header: dict
    clauses: list = field(default_factory=list)
    sources: dict = field(default_factory=dict)
    cases: list = field(default_factory=list)
    footer: dict | None = None
    truncated_line: int | None = None  # a last line that was never finished


@dataclass
class Mutants:
    """One mutants.jsonl."""

    path: Path
    header: dict
    mutants: list = field(default_factory=list)
    footer: dict | None = None
    truncated_line: int | None = None


@dataclass
class Bench:
    """One bench.jsonl."""

    path: Path
    header: dict
    samples: list = field(default_factory=list)
    ratios: list = field(default_factory=list)
    voids: list = field(default_factory=list)
    footer: dict | None = None
    truncated_line: int | None = None


@dataclass
class Source:
    """What one directory holds; at least one of the three."""

    directory: Path
    run: Run | None
    mutants: Mutants | None
    bench: Bench | None


def load(directory):
    """Everything of one directory, or BadInput."""
    directory = Path(directory)
    wanted = "expected a directory that `uripc check --out DIR` wrote"
    if not directory.exists():
        raise BadInput(f"{directory}: no such directory; {wanted}")
    if not directory.is_dir():
        raise BadInput(f"{directory}: not a directory; {wanted}")
    run = _load(directory / "results.jsonl", _read_run)
    mutants = _load(directory / "mutants.jsonl", _read_mutants)
    bench = _load(directory / "bench.jsonl", _read_bench)
    if run is None and mutants is None and bench is None:
        raise BadInput(
            f"{directory}: no results.jsonl, no mutants.jsonl and no bench.jsonl in it; {wanted}"
        )
    return Source(directory, run, mutants, bench)


def _load(path, reader):
    try:
        if not path.exists():
            return None
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"{path}: cannot be read ({error.strerror}); expected a readable file"
        ) from None
    return reader(path, *_objects(path, data))


def _objects(path, data):
    """The file's lines as (number, object) pairs, and the number of a cut-off last line."""
    found = []
    lines = data.split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line.decode("utf-8"))
        except (UnicodeDecodeError, ValueError, RecursionError) as error:
            if number == len(lines) and found:
                return found, number
            raise BadInput(
                f"{path}:{number}: not JSON ({_why(error)}); expected one JSON object per line"
            ) from None
        if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
            raise BadInput(
                f"{path}:{number}: expected a JSON object with a text member "
                f'"kind", found {shown(value)}'
            )
        found.append((number, value))
    return found, None


def _why(error):
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start + 1} is not UTF-8"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return str(error)


def _header(path, objects, definition="header"):
    if not objects:
        raise BadInput(f"{path}: empty; expected a header object as its first line")
    number, header = objects[0]
    if header["kind"] != "header":
        raise BadInput(
            f"{path}:{number}: missing header; expected an object of kind "
            f'"header" first, found kind {shown(header["kind"])}'
        )
    if header.get("format") != FORMAT:
        raise BadInput(
            f"{path}:{number}: wrong format number: this program reads format "
            f"{FORMAT}, found {shown(header.get('format'))}"
        )
    _check(path, number, header, definition)
    return header


def _check(path, number, value, definition):
    found = problem(value, definition)
    if found:
        name = value.get("name", value.get("id"))
        what = value["kind"] + (f" {shown(name)}" if name is not None else "")
        raise BadInput(f"{path}:{number}: {what}: {found}")
    complete(value, definition)


def _body(path, objects):
    """The objects after the header; nothing may follow a footer and nobody has two headers."""
    footer_line = None
    for number, value in objects[1:]:
        if footer_line is not None:
            raise BadInput(
                f"{path}:{number}: expected nothing after the footer in line "
                f"{footer_line}, found kind {shown(value['kind'])}"
            )
        if value["kind"] == "header":
            raise BadInput(f"{path}:{number}: a second header; expected one, in the first line")
        if value["kind"] == "footer":
            footer_line = number
        yield number, value


class _Names:
    """Remembers where a name was first seen, to refuse its second appearance."""

    def __init__(self, path):
        self.path, self.lines = path, {}

    def add(self, number, what, name):
        first = self.lines.setdefault((what, name), number)
        if first != number:
            raise BadInput(
                f"{self.path}:{number}: duplicate {what} {shown(name)}, first in line "
                f"{first}; expected each {what} once"
            )


def _read_run(path, objects, truncated):
    run = Run(path, _header(path, objects), truncated_line=truncated)
    if run.header.get("of") == "mutants":
        raise BadInput(f"{path}:1: a table of mutants; expected the header of a check")
    names = _Names(path)
    for number, value in _body(path, objects):
        kind = value["kind"]
        if kind not in ("clause", "sources", "case", "footer"):
            continue
        _check(path, number, value, kind)
        if kind == "clause":
            names.add(number, kind, value["id"])
            run.clauses.append(value)
        elif kind == "sources":
            run.sources.update(value["sources"])
        elif kind == "case":
            names.add(number, kind, value["name"])
            run.cases.append(value)
        else:
            run.footer = value
    return run


def _read_mutants(path, objects, truncated):
    table = Mutants(path, _header(path, objects), truncated_line=truncated)
    names = _Names(path)
    for number, value in _body(path, objects):
        if value["kind"] == "mutant":
            _check(path, number, value, "mutant")
            names.add(number, "mutant", value["id"])
            table.mutants.append(value)
        elif value["kind"] == "footer":
            _check(path, number, value, "mutants_footer")
            table.footer = value
    return table


def _read_bench(path, objects, truncated):
    bench = Bench(path, _header(path, objects, "bench_header"), truncated_line=truncated)
    lists = {"sample": bench.samples, "ratio": bench.ratios, "void": bench.voids}
    for number, value in _body(path, objects):
        kind = value["kind"]
        if kind in lists:
            _check(path, number, value, kind)
            lists[kind].append(value)
        elif kind == "footer":
            _check(path, number, value, "bench_footer")
            bench.footer = value
    return bench
