# SPDX-License-Identifier: MIT
"""Two runs side by side: `uripc diff`, and the section of the reports."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import sample  # noqa: E402
from report_test import Page  # noqa: E402
from uripc_reports.changes import KINDS, compare  # noqa: E402
from uripc_reports.command import main  # noqa: E402
from uripc_reports.results import load  # noqa: E402
from uripc_reports.verdicts import VERDICTS  # noqa: E402


def folder(tmp_path, name, cases, **header):
    lines = [sample.header(**header), *sample.clauses(), *cases, sample.footer(cases)]
    return str(sample.write(tmp_path / name, lines, []))


def one(verdict, name="a", **more):
    return sample.case(name, "sending", verdict, "SND-1", **more)


def kinds(tmp_path, before, after):
    runs = [load(folder(tmp_path, name, cases)).run for name, cases in
            (("before", before), ("after", after))]
    found = compare(*runs)
    return {kind: [c.name for c in some] for kind, some in found.kinds.items() if some}


HELD = ["pass", "pass-nonstrict", "info"]


@pytest.mark.parametrize("before", VERDICTS)
@pytest.mark.parametrize("after", VERDICTS)
def test_each_pair_of_verdicts_has_its_kind(tmp_path, before, after):
    expected = "changed"
    if (before in HELD) != (after in HELD):
        expected = "regression" if before in HELD else "fixed"
    found = kinds(tmp_path, [one(before)], [one(after)])
    assert found == ({} if before == after else {expected: ["a"]})


def test_cases_come_and_go(tmp_path):
    found = kinds(tmp_path, [one("pass", "x"), one("pass")], [one("pass"), one("fail", "y")])
    assert found == {"added": ["y"], "removed": ["x"]}


def test_another_recorded_value_is_a_change(tmp_path):
    before, after = (one("info", recorded={"A: info a": value}) for value in ("1", "2"))
    assert kinds(tmp_path, [before], [after]) == {"changed": ["a"]}


def test_an_expectation_that_is_not_met_is_stale_besides(tmp_path):
    known = {"verdict": "fail", "reason": "slow"}
    before = one("fail", expected=True, expectation=known)
    after = one("pass", expected=False, expectation=known)
    assert kinds(tmp_path, [before], [after]) == {"fixed": ["a"], "stale": ["a"]}


def test_the_terminal_sees_regressions_first_and_a_status(tmp_path, capsys):
    before = folder(tmp_path, "before", [one("fail"), one("pass", "b")], version="1")
    after = folder(tmp_path, "after", [one("pass"), one("fail", "b", reason="line 7: x\x1b[1m")],
                   version="2")
    assert main(["diff", before, after]) == 1
    text = capsys.readouterr().out
    assert "  version: 1 → 2\n" in text
    assert text.index("  sending/b  pass → fail  line 7: x\\x1B[1m\n") < text.index(
        "  sending/a  fail → pass\n")
    assert text.endswith("1 regression, 1 fixed, 0 changed, 0 added, 0 removed, 0 stale; "
                         "0 as before\n")
    assert main(["diff", after, after]) == 0
    assert "0 regression" in capsys.readouterr().out


def test_the_status_is_1_only_where_something_ceased_to_hold(tmp_path):
    before = folder(tmp_path, "before", [one("fail")])
    after = folder(tmp_path, "after", [one("pass")])
    assert (main(["diff", before, after]), main(["diff", after, before])) == (0, 1)


def test_partial_runs_and_lost_capabilities_are_told(tmp_path, capsys):
    before = folder(tmp_path, "before", [], capabilities=["group", "info"])
    header = sample.header(capabilities=["info", "queues"])
    after = str(sample.write(tmp_path / "after", [header], []))
    assert main(["diff", before, after]) == 0
    text = capsys.readouterr().out
    assert "capability group is declared no more" in text and "capability queues is new" in text
    assert "The later run: Partial run: the file has no footer" in text


def test_what_is_no_run_is_refused(tmp_path, capsys):
    good = folder(tmp_path, "good", [])
    table = str(sample.write(tmp_path / "table", [], None))
    assert main(["diff", good, table]) == 3
    assert "no results.jsonl in it; expected a run" in capsys.readouterr().err
    assert main(["diff", str(tmp_path / "none"), good]) == 3
    assert "uripc diff: " in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        main(["diff", good])
    assert end.value.code == 3


def test_a_page_and_a_summary_tell_of_a_baseline(tmp_path):
    before = folder(tmp_path, "before", [one("pass"), one("pass", "c")])
    after = folder(tmp_path, "after", [one("fail", reason="line 3: y"), one("pass", "c")])
    for name in ("x.html", "x.md"):
        assert main(["report", after, "--baseline", before, "--out", str(tmp_path / name)]) == 0
    section = Page((tmp_path / "x.html").read_text("utf-8")).text("r1-changes")
    assert "1 regression 0 fixed" in section and "a P pass F fail line 3: y" in section
    text = (tmp_path / "x.md").read_text("utf-8")
    assert "- a: pass → fail line 3: y" in text and "1 regression" in text
    assert KINDS["regression"] in text
    assert main(["report", after, "--baseline", after, "--out", str(tmp_path / "x.html")]) == 0
    section = Page((tmp_path / "x.html").read_text("utf-8")).text("r1-changes")
    assert section.endswith("2 as before No change.")


def test_a_baseline_of_another_backend_is_refused(tmp_path, capsys):
    other = folder(tmp_path, "other", [], backend="other")
    run = folder(tmp_path, "run", [])
    assert main(["report", run, "--baseline", other]) == 3
    assert "expected an earlier run of the same backend" in capsys.readouterr().err
