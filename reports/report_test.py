# SPDX-License-Identifier: MIT
"""The report as a user meets it: what is on the page, what it refuses, and that it is whole."""

import json
import os
import re
import stat
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import sample  # noqa: E402
from uripc_reports.command import main  # noqa: E402

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"}


class Page(HTMLParser):
    """Reads a page, insisting that each element is closed where it should be."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.elements, self.texts = [], [], [], []
        self.text_of = {}
        self.feed(text)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        if tag in ("td", "th", "tr", "div", "p", "dd", "li", "h4"):
            self.handle_data(" ")
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag not in VOID:
            self.open.append((tag, attributes.get("id")))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1][0] == tag, f"</{tag}> at {self.getpos()}"
        self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1][0] in ("script", "style"):
            return
        self.texts.append(data)
        for _, name in self.open:
            if name:
                self.text_of[name] = self.text_of.get(name, "") + data

    def text(self, name=None):
        found = self.text_of.get(name, "") if name else "".join(self.texts)
        return " ".join(found.split())


def make(tmp_path, results=None, mutants=None):
    """Writes results, makes the page, returns its text."""
    directory = sample.write(tmp_path / "run", results, mutants)
    assert main(["report", str(directory)]) == 0
    return (directory / "report.html").read_text("utf-8")


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    return make(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


# What is on the page.


def test_failures_are_grouped_by_the_reason_given(tmp_path):
    why = {"verdict": "fail", "reason": "a mailbox has no order"}
    cases = [sample.case(name, "sending", "fail", "SND-1", expected=True, expectation=why)
             for name in ("one", "two")]
    sample.write(tmp_path, [sample.header(), *cases, sample.footer(cases)], [])
    main(["report", str(tmp_path), "--out", str(tmp_path / "x.html")])
    table = (tmp_path / "x.html").read_text("utf-8").split('stack reasons"')[1].split("</table>")[0]
    assert table.count("a mailbox has no order") == 1
    assert all(f'href="#r1-failure-{name}"' in table for name in ("one", "two"))


def test_the_page_is_well_formed_and_every_link_inside_it_leads_somewhere(page):
    assert len(page.ids) == len(set(page.ids))
    for tag, attributes in page.elements:
        href = attributes.get("href", "")
        if tag == "a" and href.startswith("#"):
            assert href[1:] in page.ids, href


def test_the_page_fetches_nothing(text, page):
    for tag, attributes in page.elements:
        assert tag not in ("link", "iframe", "object", "embed", "img", "base")
        assert "src" not in attributes and "xlink:href" not in attributes
        if re.match(r"https?:", attributes.get("href", "")):
            assert tag == "a"
    style = text.split("<style>")[1].split("</style>")[0]
    assert "@import" not in style and "url(" not in style
    assert "default-src 'none'" in text


def test_the_head_says_what_was_tested(page):
    head = page.text()[:1500]
    for fact in (
        "sample in the simulated world",
        "0.1.0, spec 0.1",
        "0123456789abcdef",
        "fedcba9876543210",
        "2026-11-20T13:00:00Z, took 812 ms",
        "Linux 6.1 x86_64, 2 cpus, gcc 12.2.0",
        "uripc check sample --seed 1 --out DIR",
        "5 of 13 cases ended unexpectedly; 1 known failure; 1 unresolved",
    ):
        assert fact in head


def test_the_legend_says_for_each_verdict_whether_it_breaks_conformance(page):
    legend = page.text("legend")
    names = json.loads((HERE / "results.schema.json").read_text())["$defs"]["verdict"]["enum"]
    assert len(names) == 9
    for name in names:
        assert name in legend
    assert legend.count("onformance") >= 9


def test_sections_come_in_the_order_a_reviewer_needs(page):
    names = ["failures", "open", "ten", "adequacy", "mutants", "clauses", "cases", "fired"]
    places = [page.ids.index(name) for name in ["words", *("r1-" + n for n in names), "legend"]]
    assert places == sorted(places)
    assert page.ids[-1] == "reproduce"


def test_a_failure_tells_promise_clause_line_difference_time_and_command(text, page):
    failure = page.text("r1-failure-suffix-is-appended-to-the-source")
    for part in (
        "The receiver learns who asked, suffix included.",
        "RTE-7 MUST The receiver gets the sender's name as source.",
        'line 7: expected source "ipc:/c/r1", got "ipc:/c"',
        "At 20.000 µs of virtual time, line 7: B: receive bar",
        "uripc check sample --filter suffix-is-appended-to-the-source --seed 1",
        "send c",
    ):
        assert part in failure
    assert '<mark>&#34;ipc:/c/r1&#34;</mark> to' in text
    assert '<mark>&#34;ipc:/c&#34;</mark> to' in text
    assert "SND-1 MUST" not in failure, "a clause that held is not quoted as broken"


def test_a_broken_rule_shows_its_evidence(page):
    failure = page.text("r1-failure-nothing-arrives-twice")
    assert "Rule C3: at most once" in failure
    assert failure.count("← evidence") == 2
    assert "234 further events are in results.jsonl" in failure


def test_a_crash_shows_signal_and_last_words(page):
    failure = page.text("r1-failure-death-is-told")
    assert "SIGSEGV, last lines of stderr" in failure
    assert "node.c:12: assertion failed" in failure


def test_unexpected_failures_come_before_known_ones(page):
    order = [i for i in page.ids if i.startswith("r1-failure-")]
    assert order[-2:] == ["r1-failure-known-trouble", "r1-failure-late-answer"]
    assert "because the sample is known to be slow" in page.text("r1-failure-known-trouble")


def test_an_unexpected_pass_is_listed_among_the_failures(tmp_path):
    stale = sample.case("fixed", "sending", "pass", "SND-1", expected=False)
    results = [sample.header(), stale, sample.footer([stale])]
    found = Page(make(tmp_path, results, []))
    assert "P fixed pass, unexpected" in spaced(found, "r1-failures")
    assert "r1-failure-fixed" in found.ids


def test_a_case_folds_open_to_transcript_and_source(page):
    case = page.text("r1-case-ten-step-exchange")
    assert 'P2: await request from "ipc:/GUID1/RID1"' in case
    assert "promise Request and response cross between two processes" in case
    assert "fingerprint 00000000000000aa" in case


def test_the_clause_view_is_complete_in_order_and_counts_what_has_no_case(page):
    clauses = [i.removeprefix("r1-clause-") for i in page.ids if i.startswith("r1-clause-")]
    assert clauses == [clause[0] for clause in sample.CLAUSES]
    adequacy = page.text("r1-adequacy")
    assert "8 of 10 clauses were tested by at least one case that ran (" in adequacy
    assert "2 have no case in these results: REG-2 RCV-1" in adequacy
    assert page.text("r1-clause-RCV-1").endswith("no case, 1 planted fault: RCV-short")
    assert "F suffix-is-appended-to-the-source" in spaced(page, "r1-clause-RTE-7")


def spaced(page, name):
    """Text of an element, with badges' letters set apart."""
    return re.sub(r"\b([FCTRPNIU])(?=[a-z])", r"\1 ", page.text(name))


def test_clauses_are_in_the_order_of_their_numbers(tmp_path):
    clauses = sample.clauses()
    ids = ["SND-3", "SND-10", "SND-2", "SND-1"]
    shuffled = [next(c for c in clauses if c.get("id") == "SND-1") | {"id": i} for i in ids]
    found = Page(make(tmp_path, [sample.header(), *shuffled, sample.footer([])], []))
    shown = [i.removeprefix("r1-clause-") for i in found.ids if i.startswith("r1-clause-")]
    assert shown == ["SND-1", "SND-2", "SND-3", "SND-10"]


def test_adequacy_counts_what_was_violated_aimed_at_or_rests_on_one_case(page):
    adequacy = page.text("r1-adequacy")
    assert "4 violated in this run: RTE-7 SND-1 DLV-1 LIF-1" in adequacy
    assert "6 rest on one case: REG-1 RTE-1 SND-2 SND-3 DLV-1 LIF-1" in adequacy
    assert "2 of 10 are aimed at by a planted fault" in adequacy
    assert "2 have not been seen to fail with any planted fault: REG-1 REG-2" in adequacy


def test_a_clause_with_only_unsupported_cases_is_not_tested(tmp_path):
    case = sample.case("needs", "sending", "unsupported", "SND-1")
    results = [sample.header(), *sample.clauses(), case, sample.footer([case])]
    found = Page(make(tmp_path, results, []))
    assert "0 of 10 clauses were tested" in found.text("r1-adequacy")
    assert "1 have only cases that are unsupported" in found.text("r1-adequacy")


def test_a_reader_finds_out_what_happened_in_step_8(page):
    step = page.text("r1-step-8")
    assert step.startswith("8 P2's receive completes with the request")
    assert '"ipc:/GUID1/RID1" to "http://foo/bar/xyz.htm" "{request}"' in step
    assert "step 8 at 10.000 µs, P2: receive → ok" in page.text("r1-ten")
    assert [i for i in page.ids if i.startswith("r1-step-")] == [
        f"r1-step-{n}" for n in range(1, 11)
    ]


def test_open_questions_faults_and_mutants_are_listed(page):
    assert "order first A, then B" in page.text("r1-open")
    assert "frames a link lost 3 2 held-name" in page.text("r1-fired")
    assert "kinds of fault never fired in this run: " in page.text()
    assert "links healed never 0" in page.text("r1-fired")
    mutants = page.text("r1-mutants")
    assert "1 killed, 1 survived, 1 benign quiet, 1 false alarm" in mutants
    assert "with seed 1, suite 0123456789abcdef" in mutants
    assert "3 of 13" in mutants
    assert mutants.index("RCV-short") < mutants.index("SND-count"), "survivors come first"
    assert "held-name:12 SND-1 bytes 0, expected 5" in mutants
    assert "2 clauses that no planted fault has made fail" in mutants


def test_what_the_spec_leaves_open_names_clause_observation_and_alternatives(tmp_path):
    text = 'A: receive a deadline 1ms -> info from "ipc:/b|c" "x" | info timeout [SND-3]'
    step = sample.line(5, text, 0, 9, text.split(" -> ")[1][:-8], 'from "ipc:/b|c" "x"', "info")
    case = sample.case(
        "open",
        "sending",
        "info",
        "SND-3",
        steps=[step | {"clauses": ["SND-3"]}],
        recorded={"A: receive a deadline 1ms": 'from "ipc:/b|c" "x"'},
    )
    results = [sample.header(), *sample.clauses(), case, sample.footer([case])]
    found = Page(make(tmp_path, results, [])).text("r1-open")
    assert "SND-3 A backend may reorder messages of two sources." in found
    assert found.endswith(
        'line 5: A: receive a deadline 1ms from "ipc:/b|c" "x" from "ipc:/b|c" "x" or timeout'
    )


def planted_run(tmp_path, name="RCV-short", table=None):
    """A run with a planted fault: two cases fail, one of them on the fault's own clause."""
    cases = [
        sample.case("a-first-by-name", "sending", "fail", "SND-1", expected=False),
        sample.case("z-of-the-clause", "receiving", "fail", "RCV-1", expected=False),
    ]
    results = [sample.header(mutant=name), *sample.clauses(), *cases, sample.footer(cases)]
    return make(tmp_path, results, sample.mutants() if table is None else table)


def test_a_run_with_a_planted_fault_says_what_is_planted_and_whether_it_was_caught(tmp_path):
    text = planted_run(tmp_path)
    page = Page(text)
    assert (
        "Planted fault RCV-short: what RCV-short plants (RCV-1). "
        "Caught: 1 case fails on RCV-1, 2 in all." in page.text()
    )
    assert "<title>uripc: sample + RCV-short, 2 failed</title>" in text
    assert "sample + RCV-short in the simulated world" in page.text()
    order = [i for i in page.ids if i.startswith("r1-failure-")]
    assert order == ["r1-failure-z-of-the-clause", "r1-failure-a-first-by-name"]
    assert text.count('data-kind="failure" data-verdict="fail" open') == 1


@pytest.mark.parametrize(
    "name, table, sentence",
    [
        ("RCV-short", [], "Planted fault RCV-short. Caught: 2 cases fail."),
        ("CMP-order", None, "(SND-3). Not caught: no case fails on SND-3, 2 in all."),
    ],
)
def test_a_planted_fault_may_be_unknown_or_not_caught(tmp_path, name, table, sentence):
    assert sentence in Page(planted_run(tmp_path, name, table)).text()


def test_a_table_of_mutants_may_come_from_another_directory(tmp_path):
    run = [sample.header(mutant="RCV-short"), *sample.clauses(), sample.footer([])]
    one = sample.write(tmp_path / "one", run, [])
    two = sample.write(tmp_path / "two", [], None)
    assert main(["report", str(one), str(two)]) == 0
    assert "what RCV-short plants (RCV-1)" in Page((one / "report.html").read_text("utf-8")).text()


def test_a_table_of_another_suite_or_an_interrupted_one_carries_a_warning(tmp_path, page):
    assert "another suite" not in page.text("r1-mutants")
    assert "Partial table" not in page.text("r1-mutants")
    table = sample.mutants()
    table[0]["suite"], table[-1]["partial"] = "f" * 16, True
    mutants = Page(make(tmp_path, None, table)).text("r1-mutants")
    assert "made with another suite of cases (ffffffffffffffff)" in mutants
    assert "Partial table: it was interrupted" in mutants
    assert "3 of 13" not in mutants


def test_all_failures_are_in_a_table_first_and_one_is_open(text, page):
    failures = page.text("r1-failures")
    row = failures.index('suffix-is-appended-to-the-source RTE-7 from "ipc:/c/r1"')
    assert row < failures.index("The receiver learns who asked")
    assert text.count('data-kind="failure"') == len(
        [i for i in page.ids if i.startswith("r1-failure-")]
    )
    assert len(re.findall(r'data-kind="failure"[^>]* open>', text)) == 1


def test_a_failure_and_its_case_lead_to_each_other(text):
    failure = text.split('id="r1-failure-suffix-is-appended-to-the-source"')[1].split("</figure>")
    assert 'href="#r1-case-suffix-is-appended-to-the-source-L7">line 7</a>' in failure[0]
    case = text.split('id="r1-case-suffix-is-appended-to-the-source"')[1][:400]
    assert 'href="#r1-failure-suffix-is-appended-to-the-source"' in case


def test_what_the_results_leave_out_is_said_where_the_rest_is_shown(tmp_path):
    case = sample.wrong_source() | {"steps_omitted": 607, "trace_omitted": 1}
    results = [sample.header(), *sample.clauses(), case, sample.footer([case])]
    page = Page(make(tmp_path, results, []))
    lines = "The results hold only the last 4 lines; 607 lines before them are left out."
    assert lines in page.text("r1-case-suffix-is-appended-to-the-source")
    event = "The results hold only the last 12 events; 1 event before them is left out."
    assert page.text("r1-failure-suffix-is-appended-to-the-source").count(event) == 2


def test_a_target_inside_a_fold_opens_without_script(text):
    assert not re.findall(r"<details[^>]* id=", text), "an id on the fold itself does not open it"


def test_chapters_without_trouble_are_folded(tmp_path, text):
    case = sample.case("calm", "sending", "pass", "SND-1")
    calm = make(tmp_path, [sample.header(), *sample.clauses()[3:5], case, sample.footer([case])])
    assert '<details class="chapter" open>' not in calm.split('id="r1-cases"')[1]
    assert '<details class="chapter" open>' in text.split('id="r1-cases"')[1]


def test_the_filter_offers_only_verdicts_that_occur(tmp_path, text):
    case = sample.case("calm", "sending", "pass", "SND-1")
    calm = make(tmp_path, [sample.header(), case, sample.footer([case])], [])
    assert re.findall(r'type="checkbox" value="([a-z-]+)"', calm) == ["pass"]
    assert "Verdicts that do not occur" in calm and "Verdicts that do not occur" not in text


def test_ids_and_lines_in_a_reason_are_links(tmp_path):
    case = sample.wrong_source() | {"reason": "rule C9: SND-1 and SND-77 (the call of line 6)"}
    results = [sample.header(), *sample.clauses(), case, sample.footer([case])]
    text = make(tmp_path, results, [])
    reason = text.split('<p class="reason">')[1].split("</p>")[0]
    assert reason == (
        'rule C9: <a class="id" href="#r1-clause-SND-1">SND-1</a> and SND-77 (the call of '
        '<a href="#r1-case-suffix-is-appended-to-the-source-L6">line 6</a>)'
    )


def test_the_diagram_of_a_failure_ends_with_the_line_that_failed(text):
    figure = text.split('id="r1-failure-suffix-is-appended-to-the-source"')[1].split("<figcaption")
    assert 'line 7: expected from "ipc:/c/r1"' in figure[0]


def test_equal_input_gives_an_equal_page(tmp_path, text):
    again = make(tmp_path)
    assert again.replace(str(tmp_path), "") == re.sub(r"/\S*/sample\d*(?=/run)", "", text)


def test_the_order_of_cases_in_the_file_does_not_matter(tmp_path):
    results = sample.results()
    first = make(tmp_path, results, [])
    cases = [r for r in results if r["kind"] == "case"]
    rest = [r for r in results if r["kind"] != "case"]
    assert make(tmp_path, [*rest[:-1], *reversed(cases), rest[-1]], []) == first


def test_text_from_outside_stays_text(text, page):
    assert text.count("<script>") == 1 and "<img" not in text
    assert "alert('x')</script>" not in text
    assert "\u202e" not in text and "\x00" not in text
    assert "\\u{202E}evil \\x00 \\u{D800}" in page.text("r1-failure-hostile-text")


def test_two_directories_share_a_page(tmp_path):
    one = sample.write(tmp_path / "one", None, [])
    two = sample.write(tmp_path / "two", [], None)
    out = tmp_path / "both.html"
    assert main(["report", str(one), str(two), "--out", str(out)]) == 0
    found = Page(out.read_text("utf-8"))
    assert "r1-cases" in found.ids and "r2-mutants" in found.ids
    assert "r2-cases" not in found.ids
    assert len(found.ids) == len(set(found.ids))


def test_objects_with_only_what_is_required_are_enough(tmp_path):
    results = [
        {"kind": "header", "format": 1, "backend": "x", "future": [1]},
        {"kind": "weather", "rain": True},
        {"kind": "case", "name": "a", "chapter": "c", "verdict": "fail", "expected": False},
        {"kind": "footer", "counts": {"fail": 1}},
    ]
    mutants = [
        {"kind": "header", "format": 1, "backend": "x", "of": "mutants"},
        {"kind": "mutant", "id": "m", "killed": False},
        {"kind": "footer", "killed": 0, "survived": 1, "alarms": 0},
    ]
    found = Page(make(tmp_path, results, mutants))
    assert "1 of 1 case ended unexpectedly" in found.text()
    assert "No diagram" not in found.text()


# Partial and selected runs are shown as such.


@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda r: r[:-1], "the file has no footer"),
        (lambda r: r[:-1] + [r[-1] | {"partial": True}], "it was interrupted"),
        (lambda r: [r[0] | {"mutant": "SND-count"}] + r[1:], "Planted fault SND-count"),
        (lambda r: [r[0] | {"filter": "send*"}] + r[1:], "only cases that match send*"),
        (lambda r: [r[0] | {"profile": "local"}] + r[1:], "only cases of profile local"),
        (lambda r: [r[0] | {"rerun": "old"}] + r[1:], "were not as expected in old were selected"),
        (lambda r: r[:-2] + r[-1:], "The footer counts 4 fail (the file holds 3)"),
    ],
)
def test_what_is_no_claim_is_marked_in_red(tmp_path, change, sentence):
    text = make(tmp_path, change(sample.results()), [])
    assert 'class="banner"' in text
    assert sentence in Page(text).text()


def test_a_complete_run_has_no_banner(text):
    assert 'class="banner"' not in text


def test_a_last_line_that_breaks_off_makes_a_partial_run(tmp_path):
    directory = sample.write(tmp_path / "run")
    file = directory / "results.jsonl"
    file.write_bytes(file.read_bytes()[:-300])
    assert main(["report", str(directory)]) == 0
    text = Page((directory / "report.html").read_text("utf-8")).text()
    assert f"the file breaks off in line {len(sample.results()) - 1}" in text


# What is refused.


def lines(*objects):
    return "".join(json.dumps(o) + "\n" for o in objects).encode()


CASE = sample.case("twin", "sending", "pass", "SND-1")
BAD_FILES = {
    "empty": (b"", "results.jsonl: empty; expected a header"),
    "no json": (b"hello\n", "results.jsonl:1: not JSON"),
    "no json later": (lines(sample.header()) + b"{]\n" + lines(CASE), "results.jsonl:2: not JSON"),
    "no utf-8": (lines(sample.header()) + b'{"kind":"\xff"}\n', ":2: not JSON (byte 10 is not"),
    "too deep": (lines(sample.header()) + b"[" * 99999 + b"\n", "nested too deeply"),
    "no object": (b"[1]\n", ':1: expected a JSON object with a text member "kind", found [1]'),
    "no kind": (b'{"format":1}\n', ":1: expected a JSON object with a text member"),
    "no header": (lines(CASE), ":1: missing header"),
    "two headers": (lines(sample.header(), sample.header()), ":2: a second header"),
    "format": (lines(sample.header(format=2)), "reads format 1, found 2"),
    "format text": (lines(sample.header(format="1")), 'reads format 1, found "1"'),
    "no backend": (lines({"kind": "header", "format": 1}), 'expected a member "backend"'),
    "twin": (
        lines(sample.header(), CASE, CASE),
        ':3: duplicate case "twin", first in line 2',
    ),
    "verdict": (
        lines(sample.header(), CASE | {"verdict": "psas"}),
        ':2: case "twin": member verdict: expected one of pass, pass-nonstrict, info, fail, '
        'crash, timeout, unsupported, unresolved, not-run, found "psas"',
    ),
    "step": (
        lines(sample.header(), CASE | {"steps": [{"line": 1, "text": "x", "at": -5}]}),
        "member steps[0].at: expected at least 0, found -5",
    ),
    "event": (
        lines(sample.header(), CASE | {"trace": [{"kind": "carry"}]}),
        'expected a member "at" in trace[0]',
    ),
    "after footer": (
        lines(sample.header(), sample.footer([]), CASE),
        ":3: expected nothing after the footer in line 2",
    ),
    "mutants": (lines(sample.header(of="mutants")), "a table of mutants"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_with_place_and_expected_form(tmp_path, capsys, name):
    data, message = BAD_FILES[name]
    (tmp_path / "results.jsonl").write_bytes(data)
    assert main(["report", str(tmp_path)]) == 3
    error = capsys.readouterr().err
    assert message in error
    assert str(tmp_path / "results.jsonl") in error
    assert os.listdir(tmp_path) == ["results.jsonl"]


def test_bad_mutants_are_refused_too(tmp_path, capsys):
    sample.write(tmp_path, None, [sample.header(of="mutants"), {"kind": "mutant", "id": "m"}])
    assert main(["report", str(tmp_path)]) == 3
    assert 'mutants.jsonl:2: mutant "m": expected a member "killed"' in capsys.readouterr().err


def test_a_directory_must_exist_and_hold_results(tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    for name, message in (
        ("none", "no such directory"),
        ("file", "not a directory"),
        (".", "no results.jsonl"),
    ):
        assert main(["report", str(tmp_path / name)]) == 3
        error = capsys.readouterr().err
        assert message in error and "expected a directory" in error


def test_a_file_that_cannot_be_read_is_refused(tmp_path, capsys):
    (tmp_path / "results.jsonl").mkdir()
    assert main(["report", str(tmp_path)]) == 3
    assert "results.jsonl: cannot be read" in capsys.readouterr().err


def test_outputs_that_cannot_be_are_refused_and_nothing_is_left(tmp_path, capsys):
    directory = sample.write(tmp_path / "run")
    before = sorted(os.listdir(directory))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for out, message in (
        (directory, "is a directory"),
        (directory / "none" / "x.html", "does not exist"),
        (pipe, "is no regular file"),
        (Path("/proc/self/x.html"), "cannot be written"),
        (directory / ("x" * 250), "cannot be written"),
    ):
        assert main(["report", str(directory), "--out", str(out)]) == 3
        error = capsys.readouterr().err
        assert message in error and str(out) in error and "expected" in error
    assert sorted(os.listdir(directory)) == before
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_page_that_was_there_survives_a_refusal(tmp_path):
    directory = sample.write(tmp_path / "run", [sample.header(format=9)], [])
    (directory / "report.html").write_text("old")
    assert main(["report", str(directory)]) == 3
    assert (directory / "report.html").read_text() == "old"


def test_without_graphviz_the_message_says_what_to_install(tmp_path, capsys, monkeypatch):
    directory = sample.write(tmp_path / "run")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["report", str(directory)]) == 3
    assert "apt-get install graphviz" in capsys.readouterr().err
    assert not (directory / "report.html").exists()


# The program.


def run(*arguments):
    return subprocess.run(
        [sys.executable, HERE / "main.py", "report", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_program_prints_where_the_page_is(tmp_path):
    directory = sample.write(tmp_path / "run", None, [])
    done = run(directory)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{directory}/report.html\n"


def test_wrong_usage_is_status_3_and_help_has_an_example():
    assert run().returncode == 3
    assert run("x", "--colour").returncode == 3
    done = run("--help")
    assert done.returncode == 0
    assert "uripc report build/demo --out build/demo/report.html" in done.stdout


# The real world.


def test_a_run_of_real_processes_speaks_of_no_virtual_time(tmp_path):
    header = sample.header(world="real", version="1.2", binding="user", driver="./mine --x",
                           capabilities=["group", "info"])
    died = sample.case("died", "sending", "crash", "SND-1", expected=False, exit=7,
                       reason="the driver ended with status 7", stderr="oh no")
    late = sample.wrong_source()
    cases = [died, late]
    text = make(tmp_path, [header, *sample.clauses(), *cases,
                           sample.footer(cases, fingerprint=None)], [])
    found = Page(text)
    head = found.text()[:2000]
    assert "tested sample 1.2" in head and "binds a source URI to user" in head
    assert "group, info" in head and "./mine --x" in head
    assert "no two runs of real processes are the same" in head
    assert "virtual time, line" not in found.text() and "At 20.000 µs, line 7" in found.text()
    assert "exit status 7, last lines of stderr oh no" in found.text("r1-failure-died")
    assert "r1-fired" not in found.ids and "never fired" not in found.text()
    assert "a crash is a kill" in found.text() and "Virtual time is that" not in found.text()
