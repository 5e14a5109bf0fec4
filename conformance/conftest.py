# SPDX-License-Identifier: MIT
"""A program with cases of its own, for the Python tests."""

import shutil

import pytest

from uripc_program import MUTANTS, PROGRAM, SHARE


@pytest.fixture(name="tree")
def make_tree(tmp_path):
    """A program of its own, with cases of its own: tree(good=text, ...)."""
    (tmp_path / "bin").mkdir()
    share = tmp_path / "share" / "uripc"
    (share / "cases" / "chapter").mkdir(parents=True)
    shutil.copy(PROGRAM, tmp_path / "bin" / "uripc")
    shutil.copy(SHARE / "clauses.json", share)
    if MUTANTS.is_file():
        (tmp_path / "libexec" / "uripc").mkdir(parents=True)
        shutil.copy(MUTANTS, tmp_path / "libexec" / "uripc")

    def fill(**cases):
        for name, text in cases.items():
            path = share / "cases" / "chapter" / f"{name}.case"
            path.write_text(text, encoding="utf-8")
        return tmp_path / "bin" / "uripc"

    return fill
