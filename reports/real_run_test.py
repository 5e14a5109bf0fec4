# SPDX-License-Identifier: MIT
"""Results of the program itself, not of the sample: they fit the schema and make a page.

URIPC names the program; without it, the first build folder of URIPC_BUILDS has it.
"""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from formats_test import read_tap  # noqa: E402
from uripc_reports.results import load  # noqa: E402

BUILD = os.environ.get("URIPC_BUILDS", "missing").split(":")[0]
PROGRAM = Path(os.environ.get("URIPC", f"{BUILD}/bin/uripc")).resolve()

pytestmark = pytest.mark.skipif(
    not PROGRAM.is_file(), reason="neither URIPC nor URIPC_BUILDS names a program"
)


def run(*arguments):
    return subprocess.run([str(PROGRAM), *map(str, arguments)], capture_output=True, text=True,
                          timeout=600, check=False)


@pytest.fixture(name="folder", scope="module", params=[(), ("--mutant", "short-consumes")])
def results(request, tmp_path_factory):
    """A good run and one with failures."""
    folder = tmp_path_factory.mktemp("results")
    done = run("check", "reference", *request.param, "--out", folder)
    if "never installed" in done.stderr:
        pytest.skip("no program with planted faults")
    assert done.returncode == bool(request.param), done.stderr
    return folder


def test_results_fit_the_schema_and_hold_every_case_once(folder):
    found = load(folder).run
    assert found.footer["partial"] is False and found.truncated_line is None
    assert sum(found.footer["counts"].values()) == len(found.cases)
    assert len(found.clauses) > 100 and found.sources
    ids = {clause["id"] for clause in found.clauses}
    for case in found.cases:
        assert case["steps"] and case["trace"] and set(case["clause_verdicts"]) <= ids
        assert (case["reason"] is None) == (case["verdict"] in ("pass", "pass-nonstrict"))


def test_results_make_every_other_format(folder, tmp_path):
    for name in ("x.xml", "x.tap", "x.md"):
        done = run("report", folder, "--out", tmp_path / name)
        assert done.returncode == 0, done.stderr
    cases = load(folder).run.cases
    points, bail = read_tap((tmp_path / "x.tap").read_text("utf-8"))
    assert bail is None and len(points) == len(cases)
    bad = sum(not case["expected"] for case in cases)
    assert sum(bool(point["not"]) for point in points.values()) == bad
    xml = ET.parse(tmp_path / "x.xml").getroot()
    assert (int(xml.get("tests")), int(xml.get("failures"))) == (len(cases), bad)
    assert f"### Unexpected or unresolved: {bad}" in (tmp_path / "x.md").read_text("utf-8")


def test_two_runs_are_compared(folder, tmp_path):
    bad = [case["name"] for case in load(folder).run.cases if not case["expected"]]
    run("check", "model", "--out", tmp_path / "model")
    done = run("diff", tmp_path / "model", folder)
    assert done.returncode == bool(bad), done.stderr
    lacking = {case["name"] for case in load(tmp_path / "model").run.cases
               if case["verdict"] == "unsupported"}  # so it has not come to fail
    assert f"\n{len(set(bad) - lacking)} regression" in done.stdout
    done = run("report", folder, tmp_path / "model", "--out", tmp_path / "x.html")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "x.html").read_text("utf-8")
    differing = set(re.findall(r'<tr class="item differs" data-kind="case".*?"name">([^<]+)', page,
                               re.S))
    assert set(bad) <= differing


def test_results_make_a_page(folder):
    done = run("report", folder)
    assert done.returncode == 0, done.stderr
    page = (folder / "report.html").read_text("utf-8")
    for case in load(folder).run.cases:
        assert case["name"] in page


def test_a_table_of_mutants_fits_the_schema(tmp_path):
    done = run("mutants", "--out", tmp_path)
    if "never installed" in done.stderr:
        pytest.skip("no program with planted faults")
    assert done.returncode == 0, done.stdout
    table = load(tmp_path).mutants
    assert table.footer["killed"] == sum(m["killed"] for m in table.mutants)
    # What cases cannot speak of is held by unit tests (spec/tree_test.py).
    never = {c for c in table.footer["clauses_never_failed"] if not c.startswith("RFP-")}
    assert not never, "a clause that no planted fault breaks"
    assert all(m["killed"] or m["benign"] for m in table.mutants)
