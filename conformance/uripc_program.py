# SPDX-License-Identifier: MIT
"""The program under test, for the Python tests.

URIPC names the program, build/bin/uripc; without it, the first build folder of URIPC_BUILDS has it.
Beside it lies its share tree and, for tests with planted faults, libexec/uripc/uripc-mutants.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

BUILD = os.environ.get("URIPC_BUILDS", "missing").split(":")[0]
PROGRAM = Path(os.environ.get("URIPC", f"{BUILD}/bin/uripc")).resolve()
MUTANTS = PROGRAM.parent.parent / "libexec" / "uripc" / "uripc-mutants"
SHARE = PROGRAM.parent.parent / "share" / "uripc"

needs_program = pytest.mark.skipif(
    not PROGRAM.is_file(), reason="neither URIPC nor URIPC_BUILDS names a program"
)
needs_mutants = pytest.mark.skipif(
    not MUTANTS.is_file(), reason="no program with planted faults"
)


def run(*arguments, program=PROGRAM, **options):
    """Runs a command to its end and returns what subprocess.run returns."""
    return subprocess.run([str(program), *map(str, arguments)], capture_output=True, text=True,
                          timeout=600, check=False, **options)


def records(folder, name="results.jsonl"):
    """Of a run that may go on: what it has written so far, in whole lines."""
    text = (Path(folder) / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]


def by_name(folder):
    """The case objects of a run, by their names."""
    return {r["name"]: r for r in records(folder) if r["kind"] == "case"}


def check(folder, *arguments):
    """The cases of a run of the reference that writes its results to that folder."""
    run("check", "reference", *arguments, "--out", folder)
    return by_name(folder)
