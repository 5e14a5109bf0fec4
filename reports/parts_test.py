# SPDX-License-Identifier: MIT
"""The parts of the report on their own: differences, diagrams, the format's two descriptions."""

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import sample  # noqa: E402
from uripc_reports.graphviz import render  # noqa: E402
from uripc_reports.schema import RESULTS  # noqa: E402
from uripc_reports.spacetime import draw, excerpt  # noqa: E402
from uripc_reports.steps import groups, heading, step_numbers  # noqa: E402
from uripc_reports.labels import beside, carried, said  # noqa: E402
from uripc_reports.text import (  # noqa: E402
    alternatives,
    code_spans,
    first_difference,
    linked,
    micros,
    number,
    plural,
    shorten,
    visible,
)
from uripc_reports.verdicts import VERDICTS, worst  # noqa: E402
from uripc_reports.views import around, ending, failing_step, focus  # noqa: E402

SPEC = (HERE.parent / "spec" / "results.md").read_text("utf-8")


# Texts.


@pytest.mark.parametrize(
    "expected, observed, marked",
    [
        ("ok definite", "ok indefinite", ("definite", "indefinite")),
        ("ok | peer-gone definite", "peer-gone indefinite", ("definite", "indefinite")),
        ('from "a b" to "c"', 'from "a x" to "c"', ('"a b"', '"a x"')),
        ("info timeout | nonstrict ok bytes 3", "ok bytes 4", ("3", "4")),
        ("record messages", "invalid-handle", ("messages", "invalid-handle")),
        ('from "a|b"', 'from "a|c"', ('"a|b"', '"a|c"')),
        ("ok", "ok bytes 3", ("", " ")),
        ("ok", "", ("ok", "")),
        ("same", "same", ("", "")),
        ('from "never closed', 'from "never ends', ("closed", "ends")),
    ],
)
def test_the_first_difference_is_one_word(expected, observed, marked):
    left, right = first_difference(expected, observed)
    assert (left[1], right[1]) == marked
    assert "".join(left) == expected and "".join(right) == observed


def test_times_and_long_texts():
    assert micros(0) == "0.000"
    assert micros(1234567) == "1\u202f234.567"
    assert number(999) == "999" and number(5629) == "5\u202f629"
    assert (plural(0, "case"), plural(1, "case")) == ("no case", "1 case")
    assert (plural(0, "byte", "empty"), plural(1200, "byte")) == ("empty", "1\u202f200 bytes")
    assert micros(12345678901) == "12\u202f345\u202f678.901"
    assert shorten("a" * 100, 11) == "aaaaaa…aaaa"
    assert visible("a\x1b[31m\u2067\ud800\n") == "a\\x1B[31m\\u{2067}\\u{D800}\n"


def test_only_web_addresses_become_links():
    text = str(linked('see https://a.example/x?y=1&z="q", javascript:alert(1) <b>'))
    assert text.count("<a ") == 1 and 'href="https://a.example/x?y=1&amp;z="' in text
    assert "&lt;b&gt;" in text


@pytest.mark.parametrize(
    "text, html",
    [
        ("a `b` c", "a <code>b</code> c"),
        ("raw `` ` ``, `{`, `|` <", "raw <code>`</code>, <code>{</code>, <code>|</code> &lt;"),
        ("one ` alone", "one ` alone"),
        ("``a`b``", "<code>a`b</code>"),
    ],
)
def test_code_between_backticks(text, html):
    assert str(code_spans(text)) == html


def test_alternatives_are_divided_outside_of_quotes():
    assert alternatives('info from "a|b" "x" | info timeout') == ['from "a|b" "x"', "timeout"]


def test_the_gravest_verdict_wins():
    assert worst(["pass", "unsupported", "fail"]) == "fail"
    assert worst(["unsupported", "pass"]) == "pass"
    assert worst([]) is None


# Steps and failures.


def test_headings_are_read_with_and_without_number():
    assert heading('step "8. P2: \\"x\\""') == '8. P2: "x"'
    assert heading("A: send a") is None
    steps = [{"line": n, "text": t} for n, t in enumerate(['step "one"', 'step "7: two"'], 1)]
    assert [(g.number, g.text) for g in groups(steps)] == [(1, "one"), (7, "two")]


def test_what_follows_the_numbered_steps_is_not_part_of_the_last():
    texts = ['step "10. done"', "A: x", 'step "afterwards: nothing more completed"', "A: poll"]
    found = groups([{"line": n, "text": t} for n, t in enumerate(texts, 1)])
    assert [(g.number, len(g.lines)) for g in found] == [(10, 1), (None, 1)]


def by_step(case):
    return {
        (case["trace"][i]["process"], case["trace"][i]["kind"], case["trace"][i]["at"]): n
        for i, n in step_numbers(case).items()
    }


def test_an_awaited_completion_belongs_to_the_step_that_awaits_it():
    numbers = by_step(sample.ten_steps())
    assert numbers["P2", "completion", 10000] == 8
    assert numbers["P1", "completion", 30000] == 10
    assert numbers["P1", "completion", 20000] == 6
    assert numbers["P2", "completion", 40000] == 9


def test_steps_are_found_without_line_numbers_in_the_trace():
    case = sample.ten_steps()
    with_lines = by_step(case)
    for event in case["trace"]:
        event.pop("line", None)
    assert by_step(case) == with_lines


def test_the_failing_step_is_the_last_bad_one_of_its_line():
    steps = [
        {"line": 3, "text": "a", "verdict": "fail"},
        {"line": 4, "text": "b", "verdict": "pass"},
        {"line": 4, "text": "c", "verdict": "fail"},
        {"line": 4, "text": "d", "verdict": "not-run"},
    ]
    assert failing_step({"steps": steps, "failed_line": 4})["text"] == "c"
    assert failing_step({"steps": steps, "failed_line": None})["text"] == "c"
    assert failing_step({"steps": steps[1:2], "failed_line": 4})["text"] == "b"
    assert failing_step({"steps": [], "failed_line": 4}) is None


def test_the_history_keeps_all_evidence_and_counts_the_rest():
    trace = [{"at": n, "kind": "wake"} for n in range(100)]
    case = {"trace": trace, "evidence": [2, 50, 1000]}
    assert focus(case) == 50
    shown, skipped = around(case, focus(case))
    assert [i for i, _, evidence in shown if evidence] == [2, 50]
    assert len(shown) + skipped == 100


# Diagrams.


def titles(svg):
    return [t.text for t in ET.fromstring(svg).iter("title")]


def svg_of(case, focus_at=None):
    drawing, note = draw(case, focus_at, step_numbers(case))
    return render([drawing])[0], note


def test_every_arrow_says_what_it_is():
    svg, _ = svg_of(sample.ten_steps())
    arrows = [g for g in ET.fromstring(svg).iter("g") if "arrow" in g.get("class", "")]
    assert len(arrows) == 4
    for arrow in arrows:
        assert " to P" in arrow.find("title").text
    assert (
        "P1 to P2: message 1, ipc:/GUID1/RID1 → http://foo/bar/xyz.htm, 9 bytes; "
        "left 0.000 µs, arrived 10.000 µs" in titles(svg)
    )


def test_colours_are_the_style_sheets_matter():
    svg, _ = svg_of(sample.ten_steps())
    for element in ET.fromstring(svg).iter():
        assert not {"fill", "stroke", "font-family", "id"} & set(element.attrib)


def test_losses_cuts_crashes_and_messages_under_way_are_drawn():
    case = sample.received_twice()
    svg, note = svg_of(case, focus(case))
    said = " ".join(t for t in titles(svg))
    assert "lost 306.000 µs" in said
    assert "dropped at a cut 305.000 µs" in said
    assert "its end is not in this diagram" in said
    assert "left before this diagram" in said
    texts = "".join(ET.fromstring(svg).itertext())
    assert texts.count("✕") >= 3 and "✕ crash" in texts and "cut A → C" in texts
    classes = [g.get("class", "") for g in ET.fromstring(svg).iter("g")]
    assert sum("arrow" in c and "evidence" in c for c in classes) == 2
    assert any("life dead" in c for c in classes)
    assert "Cut to 60 of" in note and "1 background event" in note


TARGET = "http://a-long-host.example/with/a/path/of/many/segments.htm"


def test_a_target_is_never_cut_and_data_are_cut_first():
    data, suffix = "d" * 300, "a-suffix-of-some-length"
    call = sample.event(0, "call", "A", text=f'A: send a suffix "{suffix}" to "{TARGET}" "{data}"')
    lines = beside(call)
    assert lines[0].startswith("send a suffix") and lines[1].startswith(f'to "{TARGET}" "d')
    assert len(lines[1]) < len(TARGET) + 24
    assert data in said(call, whole=True)
    frame = {"frame": "message", "source": "ipc:/" + "s" * 90, "target": TARGET, "bytes": 1}
    assert carried(frame).endswith(f"ssss → {TARGET}, 1 byte")
    assert len(carried(frame)) < len(TARGET) + 40
    assert carried(frame | {"bytes": 0}).endswith(", empty")


def test_a_process_is_not_named_again_beside_its_own_line():
    assert said(sample.event(0, "clock", "A", text="ahead 1s")) == "clock ahead 1s"
    assert said(sample.event(0, "plan", "A", text="crash at event 2")) == "plan crash at event 2"
    assert said(sample.event(0, "call", "A", text="A: receive a")) == "receive a"
    assert said(sample.event(0, "call", "B", text="A: receive a")) == "A: receive a"


def times(svg, css):
    groups = [g for g in ET.fromstring(svg).iter("g") if g.get("class") == f"node {css}"]
    return ["".join(g.itertext()).strip() for g in groups]


def test_every_instant_and_both_ends_of_every_arrow_have_a_time():
    svg, _ = svg_of(sample.wrong_source())
    assert times(svg, "time") == ["µs", "0.000", "10.000", "20.000"]
    assert times(svg, "time again") == ["0.000", "10.000"]


def test_a_failing_diagram_ends_with_the_failing_line():
    case = sample.wrong_source()
    end = ending(case, failing_step(case))
    assert end.text.startswith('line 7: expected from "ipc:/c/r1" to ')
    assert end.text.endswith(', got from "ipc:/c" to "http://foo/bar/xyz.htm" "hello"')
    drawing, _ = draw(case, None, {}, end)
    below = [n for n in drawing.nodes if n.css.endswith("ending")]
    assert {n.css for n in below} == {"ending", "time ending", "cross ending"}
    others = [n.y for n in drawing.nodes if n not in below]
    assert min(n.y for n in below) > max(others)
    assert max(n.y for n in below) < drawing.height


def test_the_ending_of_a_broken_rule_says_the_reason():
    case = sample.received_twice()
    assert ending(case, failing_step(case)).text == "line 7: " + case["reason"]
    assert ending(case | {"steps": [], "failed_line": None}, None).text == case["reason"]
    both = case | {"reason": "expected would-block, observed ok; rule C3: twice"}
    assert ending(both, failing_step(case)).text == (
        "line 7: expected would-block, got ok; rule C3: twice"
    )


def test_captions_of_crossing_messages_do_not_cover_each_other():
    trace = []
    for n in range(4):
        ends = ("A", "B") if n % 2 else ("B", "A")
        trace.append(sample.flight(n, 0, 10, *ends, source="ipc:/a", target="ipc:/b"))
    events = [start for start, _ in trace] + [end for _, end in trace]
    drawing, _ = draw({"name": "x", "trace": events, "processes": ["A", "B"]})
    boxes = [n for n in drawing.nodes if n.box]
    assert len(boxes) == 4
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            assert abs(a.y - b.y) >= 13 or abs(a.x - b.x) >= (a.box + b.box) / 2


def test_what_was_lost_is_red():
    svg, _ = svg_of(sample.received_twice(), 1000)
    assert 'class="edge arrow message lost"' in svg


def test_a_message_to_oneself_is_drawn_beside_the_line():
    trace = sample.flight(1, 0, 5, "A", "A", source="ipc:/a", target="ipc:/a")
    svg, _ = svg_of({"name": "x", "trace": trace, "processes": ["A"]})
    assert sum("arrow" in g.get("class", "") for g in ET.fromstring(svg).iter("g")) == 2


def test_unknown_events_and_missing_members_still_make_a_diagram():
    kinds = ["carry", "deliver", "lose", "oversize", "nowhere", "cut", "pause", "resume", "new"]
    trace = [{"at": n, "kind": kind} for n, kind in enumerate(kinds)]
    svg, _ = svg_of({"name": "x", "trace": trace, "processes": None})
    assert "new" in "".join(ET.fromstring(svg).itertext())


def test_texts_cannot_break_out_of_a_label():
    hostile = '"]; x -> y; \\N \\" &lt; <b> \x00'
    trace = [sample.event(0, "call", "A", text=hostile)]
    svg, _ = svg_of({"name": "x", "trace": trace, "processes": ["A"]})
    assert visible(hostile) in "".join(ET.fromstring(svg).itertext())


@pytest.mark.parametrize(
    "at, first, last", [(None, 0, 59), (5, 0, 59), (150, 106, 165), (199, 140, 199)]
)
def test_an_excerpt_is_of_the_right_size_and_holds_what_matters(at, first, last):
    trace = [{"at": n, "kind": "call", "process": "A"} for n in range(200)]
    part = excerpt(trace, at)
    assert len(part.events) == 60
    assert (part.events[0][0], part.events[-1][0]) == (first, last)
    assert f"{first} before and {199 - last} after" in part.note


def test_several_diagrams_keep_their_order():
    cases = [sample.ten_steps(), sample.wrong_source()]
    found = render([draw(case)[0] for case in cases])
    assert ["GUID1" in svg for svg in found] == [True, False]
    assert render([]) == []


# The format.


def test_every_line_of_the_sample_fits_the_schema():
    for value in sample.results() + sample.mutants():
        kind = value["kind"]
        of = "mutants_footer" if kind == "footer" and "killed" in value else kind
        assert RESULTS.problem(value, of) is None


def test_the_schema_uses_only_what_its_reader_checks():
    known = {"$ref", "type", "enum", "const", "required", "properties", "items"}
    known |= {"additionalProperties", "minimum", "pattern", "$comment"}

    def walk(schema):
        assert set(schema) <= known, schema
        for member in schema.get("properties", {}).values():
            walk(member)
        for name in ("items", "additionalProperties"):
            if name in schema:
                walk(schema[name])

    for definition in RESULTS.definitions.values():
        walk(definition)


def test_the_spec_page_describes_every_member_and_verdict():
    for name, definition in RESULTS.definitions.items():
        for member in definition.get("properties", {}):
            assert f"`{member}`" in SPEC, f"{name}.{member}"
    table = re.findall(r"^\| `([a-z-]+)` \| .* \| (yes|no) \|$", SPEC, re.M)
    assert sorted(name for name, _ in table) == sorted(VERDICTS)
    assert set(RESULTS.definitions["verdict"]["enum"]) == set(VERDICTS)
    for name, breaks in table:
        meaning = VERDICTS[name].meaning
        assert meaning.endswith(": breaks conformance.") == (breaks == "yes")
