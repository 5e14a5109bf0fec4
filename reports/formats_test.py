# SPDX-License-Identifier: MIT
"""JUnit, TAP and Markdown: they fit their formats, and say what the results say.

The files in golden/ are what the sample gives; after a change that is meant,

    URIPC_UPDATE=1 /usr/bin/python3 -m pytest reports/formats_test.py

writes them anew, for a person to look at the difference.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import sample  # noqa: E402
from uripc_reports.command import main  # noqa: E402

ENDINGS = {"junit": "xml", "tap": "tap", "markdown": "md"}


def make(tmp_path, kind, results=None):
    """The text of one format of some results."""
    directory = sample.write(tmp_path / "run", results, [])
    out = tmp_path / f"out.{ENDINGS[kind]}"
    assert main(["report", str(directory), "--out", str(out)]) == 0
    return out.read_text("utf-8")


def of(*cases, header=None, end=True):
    footer = [sample.footer(list(cases))] if end else []
    return [header or sample.header(), *sample.clauses(), *cases, *footer]


@pytest.mark.parametrize("kind", ENDINGS)
def test_the_sample_gives_what_it_gave(tmp_path, kind):
    golden = HERE / "golden" / f"sample.{ENDINGS[kind]}"
    text = make(tmp_path, kind)
    if os.environ.get("URIPC_UPDATE"):
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


@pytest.mark.parametrize("kind", ENDINGS)
def test_the_order_of_cases_in_the_file_does_not_matter(tmp_path, kind):
    results = sample.results()
    cases = [r for r in results if r["kind"] == "case"]
    rest = [r for r in results if r["kind"] != "case"]
    other = [*rest[:-1], *reversed(cases), rest[-1]]
    assert make(tmp_path, kind, other) == make(tmp_path, kind, results)


def test_the_format_goes_by_option_then_ending_then_html(tmp_path, capsys):
    directory = sample.write(tmp_path / "run", None, [])
    for arguments, name in (
        (["--format", "junit"], "report.xml"),
        (["--format", "tap"], "report.tap"),
        (["--format", "markdown"], "report.md"),
        ([], "report.html"),
    ):
        assert main(["report", str(directory), *arguments]) == 0
        assert capsys.readouterr().out == f"{directory / name}\n"
        assert (directory / name).is_file()
    out = tmp_path / "x.html"
    assert main(["report", str(directory), "--format", "tap", "--out", str(out)]) == 0
    assert out.read_text("utf-8").startswith("TAP version 14\n")


def test_a_dash_means_standard_output(tmp_path, capsys):
    directory = sample.write(tmp_path / "run", None, [])
    assert main(["report", str(directory), "--format", "tap", "--out", "-"]) == 0
    assert capsys.readouterr().out.startswith("TAP version 14\n")
    assert sorted(os.listdir(directory)) == ["results.jsonl"]


def test_what_cannot_be_asked_for_is_refused(tmp_path, capsys):
    one = str(sample.write(tmp_path / "one", None, []))
    two = str(sample.write(tmp_path / "two", None, []))
    table = str(sample.write(tmp_path / "table", [], None))
    for arguments, message in (
        ([one, "--out", one + "/x.doc"], "the ending .doc names no format; expected --format"),
        ([one, two, "--format", "tap"], "format tap has room for one run, found 2"),
        ([table, "--format", "junit"], "expected a directory with results.jsonl"),
        ([one, "--baseline", table], "expected results.jsonl in it"),
    ):
        assert main(["report", *arguments]) == 3
        assert message in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        main(["report", one, "--format", "pdf"])
    assert end.value.code == 3


# JUnit.


def junit(tmp_path, results=None):
    return ET.fromstring(make(tmp_path, "junit", results))


def children(root):
    return {case.get("name"): [child.tag for child in case] for case in root.iter("testcase")}


def test_every_verdict_has_its_element(tmp_path):
    root = junit(tmp_path)
    found = children(root)
    assert found["held-name"] == found["ten-step-exchange"] == []
    assert found["suffix-is-appended-to-the-source"] == found["slow-send"] == ["failure"]
    assert found["death-is-told"] == found["late-answer"] == ["error"]
    assert found["needs-a-crash"] == found["interrupted"] == found["known-trouble"] == ["skipped"]
    assert found["refusal-is-early"] == found["order-of-two-sources"] == ["system-out"]
    suite = root.find("testsuite")
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "13", "failures": "4", "errors": "2", "skipped": "3"}
    assert {name: root.get(name) for name in counts} == counts


def test_a_skipped_case_says_why_and_a_known_failure_does_not_break_a_build(tmp_path):
    cases = {case.get("name"): case for case in junit(tmp_path).iter("testcase")}
    assert cases["needs-a-crash"].find("skipped").get("message") == "needs crash"
    known = cases["known-trouble"].find("skipped")
    assert (known.get("type"), known.get("message")) == ("fail", "the sample is known to be slow")


def test_a_known_failure_that_has_gone_is_a_failure(tmp_path):
    known = {"verdict": "fail", "reason": "slow"}
    gone = sample.case("gone", "sending", "pass", "SND-1", expected=False, expectation=known)
    why = junit(tmp_path, of(gone)).find("testsuite/testcase/failure")
    assert why.get("type") == "unexpected-pass"
    assert why.get("message") == "expected fail (slow), found pass"


@pytest.mark.parametrize("verdict, tags", [("pass", []), ("fail", ["skipped"])])
def test_a_case_that_may_fail_and_may_pass_breaks_no_build(tmp_path, verdict, tags):
    known = {"verdict": "pass|fail", "reason": "now and then"}
    case = sample.case("a", "sending", verdict, "SND-1", expected=True, expectation=known)
    assert children(junit(tmp_path, of(case))) == {"a": tags}


def test_properties_say_what_was_run(tmp_path):
    header = sample.header(world="real", binding="user", version="1.2", capabilities=["group"])
    root = junit(tmp_path, of(header=header))
    found = {p.get("name"): p.get("value") for p in root.iter("property")}
    expected = {"backend": "sample", "world": "real", "seed": "1", "binding": "user"}
    expected |= {"version": "1.2", "capabilities": "group", "suite": "0123456789abcdef"}
    assert expected.items() <= found.items()


def test_a_partial_run_is_an_error_of_its_own(tmp_path):
    case = sample.case("a", "sending", "pass", "SND-1")
    root = junit(tmp_path, of(case, end=False))
    assert children(root) == {"a": [], "whole run 1": ["error"]}
    assert root.get("errors") == "1"


@pytest.mark.skipif(not shutil.which("xmllint"), reason="no xmllint (libxml2-utils)")
@pytest.mark.parametrize("end", [True, False])
def test_it_is_valid_even_with_text_that_xml_cannot_hold(tmp_path, end):
    results = sample.results() if end else sample.results()[:-1]
    make(tmp_path, "junit", results)
    done = subprocess.run(
        ["xmllint", "--noout", "--schema", HERE / "junit.xsd", tmp_path / "out.xml"],
        capture_output=True, text=True, check=False, timeout=60,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not shutil.which("xmllint"), reason="no xmllint (libxml2-utils)")
def test_the_schema_refuses_what_it_should(tmp_path):
    text = make(tmp_path, "junit")
    for wrong in (
        text.replace("<failure ", "<broken ", 1).replace("</failure>", "</broken>", 1),
        text.replace(' classname="sample.delivery"', "", 1),
        text.replace('tests="13"', 'tests="many"', 1),
    ):
        assert wrong != text
        (tmp_path / "wrong.xml").write_text(wrong, "utf-8")
        done = subprocess.run(
            ["xmllint", "--noout", "--schema", HERE / "junit.xsd", tmp_path / "wrong.xml"],
            capture_output=True, check=False, timeout=60,
        )
        assert done.returncode != 0


# TAP.

POINT = re.compile(
    r"(?P<not>not )?ok (?P<number>\d+) - (?P<name>(?:[^#\\]|\\[#\\])*?)"
    r"(?: # (?P<directive>SKIP|TODO) (?P<why>.*))?"
)


def read_tap(text):
    """The points of a TAP 14 file and why it was given up, or an AssertionError."""
    lines = text.split("\n")
    assert lines[0] == "TAP version 14" and lines[-1] == ""
    points, planned, bail, block = [], None, None, None
    for line in lines[1:-1]:
        assert bail is None, "nothing may follow a bail out"
        if block is not None:
            if line == "  ...":
                block = None
            else:
                name, value = re.fullmatch(r'  ("(?:[^"\\]|\\.)*"|\w+): (.*)', line).groups()
                block[json.loads(name) if name[0] == '"' else name] = json.loads(value)
        elif line == "  ---":
            assert points and not points[-1]["block"]
            block = points[-1]["block"]
        elif line.startswith("1.."):
            assert planned is None, "a second plan"
            planned = int(line[3:])
        elif line.startswith("Bail out! "):
            bail = line.removeprefix("Bail out! ")
        elif not line.startswith("#"):
            match = POINT.fullmatch(line)
            assert match, line
            points.append(match.groupdict() | {"block": {}})
    assert block is None, "a block that never ends"
    assert [int(point["number"]) for point in points] == list(range(1, planned + 1))
    return {point["name"]: point for point in points}, bail


def test_tap_can_be_read_and_has_a_point_for_each_case(tmp_path):
    points, bail = read_tap(make(tmp_path, "tap"))
    assert len(points) == 13 and bail is None
    assert sorted(n for n, p in points.items() if p["not"] and not p["directive"]) == [
        "delivery/nothing-arrives-twice",
        "lifetime/death-is-told",
        "routing/suffix-is-appended-to-the-source",
        "sending/hostile-text",
        "sending/late-answer",
        "sending/slow-send",
    ]


def test_tap_skips_with_a_reason_and_leaves_known_failures_to_do(tmp_path):
    points, _ = read_tap(make(tmp_path, "tap"))
    skipped = points["lifetime/needs-a-crash"]
    assert (skipped["not"], skipped["directive"], skipped["why"]) == (None, "SKIP", "needs crash")
    known = points["sending/known-trouble"]
    assert (known["not"], known["directive"]) == ("not ", "TODO")
    assert known["why"] == "the sample is known to be slow"


def test_tap_tells_in_a_block_what_went_wrong(tmp_path):
    points, _ = read_tap(make(tmp_path, "tap"))
    block = points["routing/suffix-is-appended-to-the-source"]["block"]
    assert block["verdict"] == "fail" and block["line"] == "7: B: receive bar"
    assert block["message"] == 'line 7: expected source "ipc:/c/r1", got "ipc:/c"'
    assert block["repeat_it"].startswith("uripc check sample --filter suffix-is-appended")
    assert points["registration/held-name"]["block"] == {}


def test_a_partial_run_bails_out(tmp_path):
    case = sample.case("a", "sending", "pass", "SND-1")
    points, bail = read_tap(make(tmp_path, "tap", of(case, end=False)))
    assert list(points) == ["sending/a"] and "the file has no footer" in bail


def test_a_name_cannot_make_a_directive(tmp_path):
    case = sample.case("a # SKIP \\# b\nok 2", "sending", "fail", "SND-1", expected=False)
    points, _ = read_tap(make(tmp_path, "tap", of(case)))
    (point,) = points.values()
    assert point["not"] and point["directive"] is None


# Markdown.


def test_markdown_has_counts_and_the_unexpected_before_all_else(tmp_path):
    text = make(tmp_path, "markdown")
    order = ["**5 of 13 cases ended unexpectedly", "| fail |", "### Unexpected or unresolved: 6",
             "| routing/suffix-is-appended-to-the-source | fail | RTE-7 |", "Known failures: 1",
             "By chapter"]
    places = [text.index(part) for part in order]
    assert places == sorted(places)


def test_markdown_of_a_good_run_is_short(tmp_path):
    case = sample.case("a", "sending", "pass", "SND-1")
    text = make(tmp_path, "markdown", of(case))
    assert "### Unexpected or unresolved: 0" in text and "Known failures" not in text and "Partial" not in text
    assert len(text.splitlines()) < 25


def test_markdown_says_partial_and_filtered(tmp_path):
    text = make(tmp_path, "markdown", of(header=sample.header(filter="a*"), end=False))
    assert "> **Partial run: the file has no footer" in text
    assert "> **Filtered: only cases that match a\\* were selected." in text


def test_text_from_outside_is_no_markup(tmp_path):
    reason = "<b>|` @somebody *x* [a](http://b) # \n## no heading"
    case = sample.case("a", "sending", "fail", "SND-1", expected=False, reason=reason)
    text = make(tmp_path, "markdown", of(case))
    row = next(line for line in text.splitlines() if line.startswith("| sending/a"))
    assert row.count("|") == 5 and "<b>" not in row and "@" not in row
    assert "\\[a\\](http://b)" in row and "\n## no heading" not in text


def test_long_tables_are_cut_and_counted(tmp_path):
    cases = [sample.case(f"c{n:02}", "sending", "fail", "SND-1") for n in range(40)]
    text = make(tmp_path, "markdown", of(*cases))
    assert text.count("| sending/c") == 30 and "and 10 more cases" in text
