# SPDX-License-Identifier: MIT
"""Two compilers, with and without optimisation: one behaviour.

URIPC_BUILDS names the build folders, separated by colons.  Each runs the whole suite with one
seed; a fingerprint that differs means that something undefined or unintended took part.
"""

import json
import os
import subprocess

import pytest

SEED = "7"
BUILDS = [build for build in os.environ.get("URIPC_BUILDS", "").split(":") if build]


def fingerprints(build, folder):
    """Of each case, and of the whole run under the name None."""
    program = os.path.join(build, "bin", "uripc")
    command = [program, "check", "reference", "--seed", SEED, "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{program}: status {done.returncode}\n{done.stderr[-2000:]}"
    lines = (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert records[-1]["kind"] == "footer"
    cases = {r["name"]: r.get("fingerprint") for r in records if r["kind"] == "case"}
    return cases | {None: records[-1]["fingerprint"]}


def differing(first, second):
    """Names of the cases two runs disagree on; None stands for the whole run."""
    names = {**first, **second}
    return [name for name in names if first.get(name) != second.get(name)]


@pytest.fixture(name="first", scope="module")
def run_first(tmp_path_factory):
    return fingerprints(BUILDS[0], tmp_path_factory.mktemp("first"))


@pytest.mark.skipif(len(BUILDS) < 2, reason="URIPC_BUILDS names no two builds")
@pytest.mark.parametrize("build", BUILDS[1:])
def test_builds_behave_alike(build, first, tmp_path):
    assert len(first) > 1
    assert differing(first, fingerprints(build, tmp_path)) == []


def test_a_difference_is_seen():
    assert differing({"a": "1", None: "2"}, {"a": "1", None: "2"}) == []
    assert differing({"a": "1", None: "2"}, {"a": "3", None: "4"}) == ["a", None]
    assert differing({"a": "1"}, {"a": "1", "b": "1"}) == ["b"]
