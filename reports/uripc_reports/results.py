# SPDX-License-Identifier: MIT
"""Reads results.jsonl, mutants.jsonl and bench.jsonl, and refuses what is not in their format;
study.jsonl is study.py's matter."""

from dataclasses import dataclass, field
from pathlib import Path

from . import jsonl
from .jsonl import BadInput
from .schema import STUDY
from .study import Study, read_study


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
    """What one directory holds; at least one of the four."""

    directory: Path
    run: Run | None
    mutants: Mutants | None
    bench: Bench | None
    study: Study | None


def load(directory):
    """Everything of one directory, or BadInput."""
    directory = Path(directory)
    wanted = "expected a directory that `uripc check --out DIR` wrote"
    if not directory.exists():
        raise BadInput(f"{directory}: no such directory; {wanted}")
    if not directory.is_dir():
        raise BadInput(f"{directory}: not a directory; {wanted}")
    run = jsonl.load(directory / "results.jsonl", _read_run)
    mutants = jsonl.load(directory / "mutants.jsonl", _read_mutants)
    bench = jsonl.load(directory / "bench.jsonl", _read_bench)
    study = jsonl.load(directory / "study.jsonl", read_study, STUDY)
    if not (run or mutants or bench or study):
        raise BadInput(f"{directory}: no results.jsonl, no mutants.jsonl, no bench.jsonl and no "
                       f"study.jsonl in it; {wanted}")
    return Source(directory, run, mutants, bench, study)


def _read_run(lines):
    run = Run(lines.path, lines.header(), truncated_line=lines.truncated)
    if run.header.get("of") == "mutants":
        raise lines.wrong(1, "a table of mutants; expected the header of a check")
    for number, value in lines.body():
        kind = value["kind"]
        if kind not in ("clause", "sources", "case", "footer"):
            continue
        lines.check(number, value, kind)
        if kind == "clause":
            lines.once(number, kind, value["id"])
            run.clauses.append(value)
        elif kind == "sources":
            run.sources.update(value["sources"])
        elif kind == "case":
            lines.once(number, kind, value["name"])
            run.cases.append(value)
        else:
            run.footer = value
    return run


def _read_mutants(lines):
    table = Mutants(lines.path, lines.header(), truncated_line=lines.truncated)
    for number, value in lines.body():
        if value["kind"] == "mutant":
            lines.check(number, value, "mutant")
            lines.once(number, "mutant", value["id"])
            table.mutants.append(value)
        elif value["kind"] == "footer":
            lines.check(number, value, "mutants_footer")
            table.footer = value
    return table


def _read_bench(lines):
    bench = Bench(lines.path, lines.header("bench_header"), truncated_line=lines.truncated)
    lists = {"sample": bench.samples, "ratio": bench.ratios, "void": bench.voids}
    for number, value in lines.body():
        kind = value["kind"]
        if kind in lists:
            lines.check(number, value, kind)
            lists[kind].append(value)
        elif kind == "footer":
            lines.check(number, value, "bench_footer")
            bench.footer = value
    return bench
