# SPDX-License-Identifier: MIT
"""The page that compares several backends."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import sample  # noqa: E402
import sample_backends  # noqa: E402
from report_test import Page  # noqa: E402
from uripc_reports.command import main  # noqa: E402
from uripc_reports.words import CAPABILITIES  # noqa: E402


def compare(tmp_path, *folders, more=()):
    out = tmp_path / "compare.html"
    assert main(["report", *map(str, folders), "--out", str(out), *map(str, more)]) == 0
    return out.read_text("utf-8")


def run(tmp_path, name, *cases, end=True, **header):
    footer = [sample.footer(list(cases))] if end else []
    head = sample.header(**({"backend": name} | header))
    return sample.write(tmp_path / name, [head, *sample.clauses(), *cases, *footer], [])


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    folder = tmp_path_factory.mktemp("backends")
    return compare(folder, *sample_backends.write(folder))


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def rows(page_text, section):
    """{first cell's leading word: text of the row} of a section's tables."""
    part = page_text.split(f'id="{section}"')[1].split("</section>")[0]
    found = {}
    for row in re.findall(r"<tr.*?</tr>", part, re.S):
        words = re.sub(r"<[^>]+>", " ", re.sub(r"<details.*?</details>", "", row, flags=re.S))
        name = re.search(r'<b class="name">([^<]+)', row)
        words = " ".join(words.split())
        found[name[1] if name else words.split(" ")[0]] = words
    return found


def test_the_page_is_well_formed_whole_and_every_link_leads_somewhere(text, page):
    assert len(page.ids) == len(set(page.ids))
    for tag, attributes in page.elements:
        href = attributes.get("href", "")
        if href.startswith("#"):
            assert href[1:] in page.ids, href
        assert tag not in ("link", "iframe", "img") and "src" not in attributes
    assert "default-src 'none'" in text and text.count("<script>") == 1


def test_sections_come_in_the_order_of_a_design_review(page):
    names = ["reasons", "open", "capabilities", "b1-bench", "matrix", "clauses", "legend"]
    places = [page.ids.index(name) for name in names]
    assert places == sorted(places)


def test_the_head_says_of_each_run_what_it_was_and_what_it_came_to(text, page):
    head = page.text()[:4000]
    for fact in (
        "native: 20 cases run, none not as the spec says, nothing unexpected, 1 unsupported",
        "bus: 21 cases run, 3 not as the spec says (why), 2 unexpected.",
        "They differ in 7 of 21 cases, and in 1 of 2 questions that the spec leaves open.",
        "cases 21 of 21, no filter",
        "version 0.1.0 1.44 2.0",
        "world real real real",
        "binds a source URI to user api process",
        "uripc check mailbox --out mailbox",
    ):
        assert fact in head


def test_the_conclusion_says_who_holds_why_others_fail_who_is_fastest_and_who_differs(page):
    said = page.text("conclusion")
    for fact in (
        "native holds in every case run; the others do not",
        "2 cases: https://mailbox.example/manual#size says that a message has at most 8 KiB",
        "1 case: unexpected DLV-1 A message is received at most once.",
        "Fastest at 1 KiB one way: native, ", "Fastest at 1 KiB round trip: native, ",
        "which-source-comes-first, B: receive b: native, bus from",
    ):
        assert fact in said, fact
    one_way = said.split("Fastest at 1 KiB one way: ")[1].split("Performance")[0]
    assert "99 % interval" in one_way and "p99 " in one_way


def conclusion_of(folder, names):
    """Sentences about the data of native and of mailbox, under these names, native's first."""
    new = dict(zip(("native", "mailbox"), names))
    folders = []
    for lines in (sample_backends.native(), sample_backends.mailbox()):
        name = new[lines[0]["backend"]]
        lines = [lines[0] | {"backend": name}, *lines[1:]]
        folders.append(sample.write(folder / name, lines, []))
    bench = []
    for line in sample_backends.bench():
        if line["kind"] == "header":
            line["backends"] = [b | {"name": new[b["name"]]} for b in line["backends"]
                                if b["name"] in new]
        elif line["kind"] != "footer":
            if line["backend"] not in new:
                continue
            line["backend"] = new[line["backend"]]
        bench.append(line)
    folders.append(sample_backends.write_bench(folder / "bench", bench))
    text = compare(folder, *sorted(folders))
    part = text.split('id="conclusion"')[1].split("Cases × backends")[0]
    return {" ".join(re.sub(r"<[^>]+>", " ", item).split())
            for item in re.findall(r"<li>(.*?)(?=<li>|</ul>)", part, re.S)}


def test_the_conclusion_follows_the_data_of_two_backends_that_are_swapped(tmp_path):
    said = conclusion_of(tmp_path / "as-is", ("native", "mailbox"))
    other = conclusion_of(tmp_path / "swapped", ("mailbox", "native"))
    assert len(said) > 8 and any("Fastest at 1 KiB one way: native" in one for one in said)
    assert said != other

    def parts(text):  # in any order: that of the columns stays
        return sorted(re.split(r"[:;] ", text))

    def swapped(text):  # but not in the words of a reason
        other_name = {"native": "mailbox", "mailbox": "native"}
        return re.sub(r"(?<!a )\b(native|mailbox)\b(?!\.example)", lambda m: other_name[m[0]], text)

    assert sorted(parts(swapped(text)) for text in said) == sorted(map(parts, other))


def test_the_head_says_which_cases_were_selected_and_that_a_run_did_not_end(tmp_path):
    one, two = (sample.case(name, "sending", "pass", "SND-1") for name in ("one", "two"))
    text = compare(tmp_path, run(tmp_path, "a", one, two), run(tmp_path, "b", one, end=False),
                   run(tmp_path, "c", two, filter="tw*"))
    said = "cases 2 of 2, no filter 1 of 2, no filter, partial 1 of 2, filter tw*"
    assert said in Page(text).text()


def test_the_legend_explains_the_words_of_the_page(page):
    for term in ("expected foreseen", "known (k) not as", "void figures", "unstable figures"):
        assert term in page.text("legend")


def test_sentences_about_performance_stand_once(page):
    assert page.text().count("One way, 1 KiB: native is fastest") == 1


def test_the_matrix_has_a_verdict_for_each_backend(text):
    found = rows(text, "matrix")
    assert found["large-messages"] == "P 4.00 ms F k 3.10 ms C 20.0 µs"
    assert found["a-refused-principal"].startswith("U U F k")
    assert found["sending-1"].count("P ") == 3


def test_rows_that_differ_are_marked_and_only_they(text):
    differing = re.findall(r'<tr class="item differs" data-kind="case".*?class="name">([^<]+)',
                           text, re.S)
    assert differing == [
        "registration-3", "routing-2", "a-refusal-comes-early", "which-source-comes-first",
        "large-messages", "a-refused-principal", "an-end-is-told",
    ]


def test_a_row_folds_open_to_what_each_backend_did(page):
    drawer = page.text("case-large-messages")
    assert "mailbox F fail expected ok, observed too-big definite" in drawer
    assert "because https://mailbox.example/manual#size says that a message" in drawer
    assert "bus C crash, unexpected the driver of B died by SIGSEGV" in drawer
    assert "bus.c:41: out of memory" in drawer and "native" not in drawer
    assert "Its runs: 2 pass, 1 unresolved" in page.text("case-an-end-is-told")


def test_a_case_that_a_run_does_not_have_is_none_and_differs(tmp_path):
    case = sample.case("only-here", "sending", "pass", "SND-1")
    text = compare(tmp_path, run(tmp_path, "a", case), run(tmp_path, "b"))
    assert rows(text, "matrix")["only-here"].endswith("none")
    assert '<tr class="item differs"' in text


def test_failures_are_grouped_by_the_reason_that_the_expectation_gives(page):
    reasons = page.text("r2-reasons")
    assert "F2 known https://mailbox.example/manual#size says" in reasons
    assert "F1 known a mailbox outlives its owner" in reasons
    assert reasons.index("#size says") < reasons.index("outlives"), "most cases first"


def test_reasons_of_all_backends_stand_in_one_table(tmp_path):
    def failing(name, reason):
        return sample.case(name, "sending", "fail", "SND-1", expected=True,
                           expectation={"verdict": "fail", "reason": reason})
    one = run(tmp_path, "a", failing("x", "no copies, see copy(3)"), failing("y", "no order"))
    two = run(tmp_path, "b", failing("x", "no copies, see copy(3)"),
              failing("z", "no copies, see copy(3)"))
    text = compare(tmp_path, one, two)
    table = text.split('class="whys"')[1].split("</table>")[0]
    words = [" ".join(re.sub(r"<[^>]+>", " ", row).split())
             for row in re.findall(r"<tr.*?</tr>", table, re.S)]
    assert words == ["reason a b", "known no copies, see copy(3) F 1 x F 2 x z",
                     "known no order F 1 y –"]
    assert table.count('href="#case-z"') == 1


def test_unexpected_failures_come_first_with_the_clause_they_break(page):
    reasons = page.text("r3-reasons")
    order = ["unexpected DLV-1 MUST A message is received at most once.",
             "unexpected RTE-7 MUST The receiver gets", "unresolved right, but 40 ms after",
             "known https://bus.example/spec#order"]
    places = [reasons.index(part) for part in order]
    assert places == sorted(places)
    assert "every case that ran held" in page.text("r1-reasons")


def test_what_the_spec_leaves_open_has_a_column_for_each_backend(text, page):
    section = page.text("open")
    assert "2 questions, 1 answered differently" in section
    row = rows(text, "open")["SND-3"]
    answers = ['from "ipc:/a" "1" to', 'from "ipc:/c" "1" to', 'from "ipc:/a" "1" to']
    row = row.replace("&#34;", '"')
    assert [m for m in re.findall(r'from "ipc:/[ac]" "1" to', row)] == answers
    assert 'allowed' in section and 'or from "ipc:/c" "1"' in row
    assert "no-receiver definite N" in rows(text, "open")["SND-2"], "short of a SHOULD"


@pytest.mark.parametrize(
    "observed, asked", [(("ok bytes 1", "ok bytes 2"), False), (("ok", "peer-gone definite"), True)]
)
def test_a_line_with_alternatives_is_a_question_where_another_one_was_taken(
    tmp_path, observed, asked
):
    folders = []
    for name, text in zip("ab", observed):
        step = sample.line(9, "A: send a -> ok | peer-gone", 0, 1, "ok | peer-gone", text)
        folders.append(run(tmp_path, name, sample.case("x", "sending", "pass", "SND-1",
                                                       steps=[step])))
    section = Page(compare(tmp_path, *folders)).text("open")
    assert ("line 9: A: send a" in section) == asked


def test_a_case_with_several_lines_that_ask_is_one_question(tmp_path):
    def asking(*values):
        steps = [sample.line(n, f"A: info a{n}", 0, 1, "info record queued", value, "info")
                 for n, value in enumerate(values, 8)]
        return sample.case("x", "sending", "info", "SND-1", steps=steps)
    folders = [run(tmp_path, "a", asking("queued 1", "queued 2")),
               run(tmp_path, "b", asking("queued 1", "queued 3"))]
    text = compare(tmp_path, *folders)
    assert "1 question, 1 answered differently" in Page(text).text("open")
    row = rows(text, "open")["SND-1"]
    assert "8: queued 1 9: queued 2" in row and "8: queued 1 9: queued 3" in row


def test_an_answer_that_is_not_the_only_one_is_shown_as_varying(tmp_path):
    steps = [sample.line(8, "A: info a", n, n + 1, "info record queued", value, "info")
             for n, value in enumerate(("queued 2", "queued 1", "queued 2"))]
    case = sample.case("x", "sending", "info", "SND-1", steps=steps)
    often = case | {"runs": 5, "verdicts": {"info": 4, "unresolved": 1}, "steps": steps[:1]}
    section = Page(compare(tmp_path, run(tmp_path, "a", case), run(tmp_path, "b", often)))
    said = section.text("open")
    assert "queued 2 (2 of 3); queued 1 (1 of 3) varies" in said
    assert "queued 2 varies, told of 1 of 5 runs: 4 of 5 info, 1 of 5 unresolved" in said


def test_a_declared_capability_whose_case_fails_is_shown_as_such(tmp_path):
    held = sample.case("capability-group", "capabilities", "pass", "SND-1")
    broken = held | {"verdict": "fail", "expected": False}
    found = rows(compare(tmp_path, run(tmp_path, "a", held, capabilities=["group"]),
                         run(tmp_path, "b", broken, capabilities=["group"])), "capabilities")
    assert found["group"].startswith(
        "group ✓ yes ✗ declared, but its case fails : F capability-group names of kind")


def test_capabilities_and_what_is_unsupported_are_tables(text):
    found = rows(text, "capabilities")
    assert found["incarnations"] == (
        "incarnations ✓ yes – no ✓ yes lives of registrations are told apart")
    assert found["access"].startswith("access – no 1 case – no 1 case ✓ yes a private realm")


def test_a_case_counts_for_everything_that_it_lacks(tmp_path):
    cases = [sample.case(f"c{n}", "sending", "unsupported", "SND-1", reason=reason)
             for n, reason in enumerate(("needs faults group", "needs group", "the moon is full",
                                         "not declared `group`: expected ok, observed timeout"))]
    folders = [run(tmp_path, "a", *cases, capabilities=[]), run(tmp_path, "b")]
    found = rows(compare(tmp_path, *folders), "capabilities")
    assert found["group"].startswith("group – no 3 cases not stated names of kind group")
    assert found["faults"].startswith("faults – no 1 case not stated")
    assert found["the"].startswith("the moon is full – no 1 case not stated")


def test_the_words_for_capabilities_are_those_of_the_header():
    header = (HERE.parent / "spec/include/uripc/backend.h").read_text("utf-8")
    declared = dict(re.findall(r'X\(\d+, \w+, "([a-z0-9]+)",\s+"([^"]+)"\)', header))
    declared = {name: text for name, text in declared.items() if name in CAPABILITIES}
    assert len(declared) > 10
    assert declared == {name: CAPABILITIES[name] for name in declared}


def test_clauses_have_a_chip_for_each_backend_and_no_case_is_in_plain_sight(text):
    found = rows(text, "clauses")
    assert found["DLV-1"].endswith("P F C")
    assert found["RCV-1"].endswith("no case no case no case no case")
    assert found["RTE-7"].endswith("no case no case F")


def test_a_clause_behind_the_line_that_failed_is_blocked_by_its_case_and_not_failed(tmp_path):
    broke = sample.case("breaks-off", "sending", "fail", "SND-1", clauses=["SND-1", "SND-2"],
                        clause_verdicts={"SND-1": "fail", "SND-2": "not-run"})
    held = sample.case("holds", "sending", "pass", "SND-2")
    text = compare(tmp_path, run(tmp_path, "a", broke), run(tmp_path, "b", broke, held))
    found = rows(text, "clauses")
    assert found["SND-1"].endswith("F F")
    assert found["SND-2"].endswith("B P"), "what another case showed counts"
    assert 'title="a: blocked by breaks-off"' in text
    assert "a: blocked by 1 case" in Page(text).text("clause-SND-2")
    assert "not reached, because its case broke off" in Page(text).text("legend")


def test_equal_names_are_told_apart_by_their_folders(tmp_path):
    one = run(tmp_path, "one", backend="same")
    two = run(tmp_path, "two", backend="same")
    text = Page(compare(tmp_path, one, two)).text()
    assert f"same ({one})" in text and f"same ({two})" in text


def test_runs_that_are_no_claim_or_not_comparable_carry_a_warning(tmp_path):
    one = run(tmp_path, "a", suite="f" * 16, filter="x*")
    two = run(tmp_path, "b", end=False)
    text = Page(compare(tmp_path, one, two)).text()
    assert "of different suites of cases: a, filter x* ffffffffffffffff, b 0123" in text
    assert "a, filter x* is not a claim about the whole contract. Filtered: only cases that match x*" in text
    assert "b is not a claim about the whole contract. Partial run" in text


def test_a_baseline_is_held_against_the_run_of_its_backend(tmp_path):
    case = sample.case("c", "sending", "pass", "SND-1")
    old = sample.write(tmp_path / "old", [sample.header(backend="b"), case, sample.footer([case])],
                       [])
    worse = case | {"verdict": "fail", "expected": False, "reason": "line 1: no"}
    text = compare(tmp_path, run(tmp_path, "a", case), run(tmp_path, "b", worse),
                   more=("--baseline", old))
    page = Page(text)
    assert "r1-changes" not in page.ids
    assert "1 regression" in page.text("r2-changes") and "c P pass F fail" in page.text("r2-changes")


def test_text_from_outside_stays_text(tmp_path):
    cases = [sample.case("x", "sending", "fail", "SND-1", expected=False, reason=sample.HOSTILE,
                         source=sample.HOSTILE, promise=sample.HOSTILE)]
    folders = [run(tmp_path, name, *cases, version=sample.HOSTILE) for name in "ab"]
    text = compare(tmp_path, *folders)
    assert text.count("<script>") == 1 and "<img" not in text and "\u202e" not in text
    Page(text)


def test_equal_input_gives_an_equal_page(tmp_path, text):
    again = compare(tmp_path, *sample_backends.write(tmp_path))
    assert re.sub(r"/\S*/(native|mailbox|bus)\b", "", again) == \
        re.sub(r"/\S*/(native|mailbox|bus)\b", "", text)


BROWSER = shutil.which("chromium")


def in_browser(tmp_path, text, fragment):
    """The page as a browser has it, after its script has run."""
    (tmp_path / "x.html").write_text(text, "utf-8")
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
         f"--user-data-dir={tmp_path / 'browser'}", f"file://{tmp_path / 'x.html'}{fragment}"],
        capture_output=True, text=True, timeout=60, check=False,
    )
    if done.returncode != 0 or "</html>" not in done.stdout:
        pytest.skip("the browser does not start here")
    return done.stdout


@pytest.mark.skipif(not BROWSER, reason="no chromium")
def test_the_address_holds_the_filter_and_the_folds(tmp_path, text):
    dom = in_browser(tmp_path, text, "#matrix?differ&hide=fail&fold=chapter-routing")
    matrix = dom.split('id="matrix"')[1].split("</section>")[0]
    shown = re.findall(r'<tr class="item[^"]*"(?: hidden="")?[^>]*>', matrix)
    visible = [row for row in shown if "hidden" not in row]
    assert len(shown) == 21 and 0 < len(visible) <= 7
    assert all("differs" in row for row in visible)
    assert '<details class="chapter fold" id="chapter-routing">' in dom, "folded by the address"
    assert '<details class="chapter fold" id="chapter-sending" open="">' in dom
