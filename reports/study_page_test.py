# SPDX-License-Identifier: MIT
"""The page and the Markdown of study.jsonl: what is on it, how designs and circumstances are told, and
refusals that name the line."""

import copy
import json
import os
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import sample_study as made  # noqa: E402
from report_test import Page  # noqa: E402
from uripc_reports import study_plots  # noqa: E402
from uripc_reports.command import main  # noqa: E402
from uripc_reports.results import load  # noqa: E402
from uripc_reports.schema import STUDY  # noqa: E402
from uripc_reports.study import COUNTED  # noqa: E402
from uripc_reports.study_designs import circumstances, mechanisms, source_lines  # noqa: E402
from uripc_reports.study_words import FIRED, KNOBS, METRICS, QUESTIONS  # noqa: E402

SPEC = (HERE.parent / "spec" / "study.md").read_text("utf-8")
STAGE = (HERE.parent / "simulator" / "study" / "stage.h").read_text("utf-8")


def loaded(tmp_path, lines=None):
    """The one scenario of a study."""
    return load(made.write(tmp_path / "study", lines)).study.scenarios["all"]


def report(tmp_path, lines=None, *arguments):
    directory = made.write(tmp_path / "study", lines)
    assert main(["report", str(directory), *arguments]) == 0
    return directory


@pytest.fixture(scope="module", name="text")
def make_text(tmp_path_factory):
    return (report(tmp_path_factory.mktemp("sample")) / "report.html").read_text("utf-8")


# The format.


def test_every_line_of_the_sample_fits_the_schema():
    for line in made.study():
        assert STUDY.problem(line, line["kind"]) is None


def test_the_spec_page_describes_every_member():
    for name, definition in STUDY.definitions.items():
        for member in definition.get("properties", {}):
            assert f"`{member}`" in SPEC, f"{name}.{member}"


def test_every_metric_of_the_engine_has_its_words():
    rows = STAGE[STAGE.index("#define STUDY_METRIC_MAP"): STAGE.index("enum study_metric {")]
    names = re.findall(r'X\([A-Z0-9_]+, "([a-z0-9-]+)"', rows)
    assert names and set(names) == set(METRICS), "write its row in uripc_reports/study_words.py"


def test_every_metric_answers_one_question():
    asked = [name for question in QUESTIONS for name in question.first + question.others]
    assert sorted(asked) == sorted(METRICS)


def test_every_knob_of_the_engine_has_its_words():
    rows = STAGE[STAGE.index("#define STUDY_KNOB_MAP"): STAGE.index("enum study_knob {")]
    names = re.findall(r'X\([A-Z0-9_]+, "([a-z0-9-]+)"', rows)
    assert names and names == list(KNOBS), "write its row in uripc_reports/study_words.py"


def test_every_fault_that_the_engine_counts_is_on_the_page():
    output = (HERE.parent / "simulator/study/engine/output.c").read_text("utf-8")
    code = output[output.index("static void write_fired("):]
    names = re.findall(r'\\"(\w+)\\": %" PRIu64', code[:code.index("\n}\n")])
    assert len(names) > 6 and set(names) == set(COUNTED) == set(FIRED)


# How it is told.


def test_what_a_design_makes_one_write_is_told_in_lines(text):
    assert Page(text).text("y1-questions").find(
        "lines of source, counted ● short ■ long client: keep-alive, and finding out that a peer is "
        "dead 80 9 client: all of it 800 90") > 0


def test_lines_of_every_design_are_told_for_each_side_and_concern(tmp_path):
    lines = made.study()
    lines[1]["sources"] = [{"side": "client", "lines": 50}, {"side": "worker", "lines": 9},
                           {"side": "client", "concern": "liveness", "lines": 20},
                           {"side": "client", "concern": "liveness", "lines": 5},
                           {"side": "client", "concern": "repeats", "lines": 0}]
    lines[2]["sources"] = [{"side": "client", "concern": "magic", "lines": 3}]
    study = load(made.write(tmp_path, lines)).study
    assert source_lines(study) == [
        ("client", "keep-alive, and finding out that a peer is dead", [25, None]),
        ("client", "magic", [None, 3]), ("client", "all of it", [50, None]),
        ("worker", "all of it", [9, None])]


def setting(name, value, unit="ns", **more):
    return {"name": name, "value": value, "unit": unit, "text": f"what {name} is"} | more


def test_settings_are_told_by_what_they_do(tmp_path):
    lines = made.study()
    for line, ping in zip(lines[1:3], (0, 10**9)):
        line |= {"design": "calls", "text": "the calls", "settings": [
            setting("ping", ping, zero="never"), setting("silence", 3 * 10**9, idle=not ping),
            setting("loss", 7), setting("tries", 0, "count")]}
    page = Page((report(tmp_path, lines) / "report.html").read_text("utf-8"))
    (one,) = mechanisms(load(tmp_path / "study").study)
    assert (one.text, one.designs) == ("the calls", ["short", "long"])
    assert one.settings == [("ping", "what ping is", ["never", "1\u202fs"]),
                            ("silence", "what silence is", ["no effect", "3\u202fs"]),
                            ("loss", "what loss is", ["swept", "swept"]),
                            ("tries", "what tries is", ["0", "0"])]
    assert "● short the calls (ping never) ■ long the calls (ping 1 s, silence 3 s)" in page.text()
    assert "setting short long what it is ping never 1 s what ping is" in page.text("y1-settings")


def test_load_and_faults_stand_beside_each_table(tmp_path):
    lines = made.study()
    lines[4] |= {"knobs": {"clients": 8, "every": 5 * 10**8, "delay-max": 10**6, "loss": 10000,
                           "duplicate": 0, "crash-every": 15 * 10**9, "restart": 5 * 10**9,
                           "silent-crashes": 1, "pause-every": 0, "pause": 10**9},
                 "units": {"clients": "count", "silent-crashes": "count", "loss": "millionth"} |
                 dict.fromkeys(("every", "delay-max", "crash-every", "restart"), "ns")}
    page = Page((report(tmp_path, lines) / "report.html").read_text("utf-8"))
    load_said, faults = circumstances(load(tmp_path / "study").study.scenarios["all"])
    assert load_said == ["8 clients", "a request of each client every 500\u202fms",
                         "1\u202fms at most"]
    assert faults == ["1% → 20% of all messages get lost", "a worker crashes every 15\u202fs",
                      "it starts 5\u202fs later", "nobody is told of a crash"]
    for part in ("y1-answer", "y1-metrics", "y1-numbers"):
        assert "Faults: 1% → 20% of all messages get lost, a worker crashes every 15 s" in \
            page.text(part)
    assert "a worker crashes every 15 s, it starts 5 s later" in page.text("y1-questions")


# The page.


def test_the_page_is_whole_and_asks_nobody_else(text):
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    assert "Does the short one or the long one do better?" in page.text()
    targets = [a["href"] for tag, a in page.elements if tag == "a" and a["href"].startswith("#")]
    assert targets and all(target[1:] in page.ids for target in targets)
    outside = [a for _, a in page.elements for name in ("src", "href")
               if re.match(r"(https?:)?//", a.get(name) or "")]
    assert not outside and "default-src 'none'" in text and "@import" not in text


def test_the_page_answers_first(text):
    page = Page(text)
    answer = page.text("y1-answer")
    assert answer.startswith(
        "All metrics Load: 8 clients, a request of each client every 500 ms. Faults: 1% → 20% of all "
        "messages get lost. Messages: mailslot-remote-nt4. loss 1% → 20% ● short ■ long Noticing a "
        "dead worker 3.50 s [3.35 to 3.65] → 3.90 s [3.67 to 4.13] 0.90 s [0.75 to 1.05] → 1.20 s "
        "[0.97 to 1.43] better than short Requests answered")
    assert "At all 3 points, long notices a dead worker sooner" in page.text("y1-s1-detection")
    names = ["y1-conclusion", "y1-settings", "y1-questions", "y1-answer", "y1-metrics", "y1-numbers",
             "y1-fired", "y1-how"]
    assert [name for name in page.ids if name in names] == names


def test_every_number_is_in_a_table(text):
    numbers = Page(text).text("y1-numbers")
    assert "loss 20% 9 runs of each design, tight" in numbers
    assert "answered 80.00 % [79.23 to 80.77] 92.00 % [91.23 to 92.77] 12.00 points [11.59 to " \
        "12.41]" in numbers


def test_what_fired_and_how_it_was_done_is_told(text):
    page = Page(text)
    assert "loss 20% long 9 900 40 never 12 12 never 20 000" in page.text("y1-fired")
    how = page.text("y1-how")
    assert "3 points tight" in how and "54 runs in all" in how
    assert "8 to 9, until tight to 5 %" in how and "budget of real time 60 s" in how
    assert "uripc study sample --seed 1 --out DIR" in how


def test_designs_that_differ_in_their_resolver_say_so(tmp_path):
    lines = made.study()
    lines[1]["resolver"], lines[2]["resolver"] = "table", "daemon"
    text = Page((report(tmp_path, lines) / "report.html").read_text("utf-8")).text()
    assert "setting long what it is beat 100 ms how long a beat is resolver daemon who keeps the " \
        "names" in text


def test_plots_are_well_formed_and_show_every_mean_with_its_interval(tmp_path):
    ((title, plot),) = study_plots.plots(loaded(tmp_path), "detection")
    svg = ET.fromstring(plot)
    assert title == ""
    assert sum(e.get("class").startswith("mark") for e in svg.iter("text")) == 6
    assert sum(e.get("class").startswith("interval") for e in svg.iter("line")) == 6 * 3
    assert len(list(svg.iter("polyline"))) == 2
    heights = [float(e.get("y")) for e in svg.iter("text") if e.get("class") == "mark s0"]
    assert heights == sorted(heights, reverse=True), "short gets slower with every step"


def test_markdown_has_the_sentences_and_a_table(tmp_path):
    golden = HERE / "golden" / "study.md"
    directory = report(tmp_path, None, "--format", "markdown")
    text = (directory / "report.md").read_text("utf-8")
    if os.environ.get("URIPC_UPDATE"):
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


def test_text_of_a_study_is_no_markup(tmp_path):
    lines = made.study(question="<script>alert(1)</script> & \u202eevil")
    html = (report(tmp_path, lines) / "report.html").read_text("utf-8")
    assert "<script>alert" not in html and "\u202e" not in html


def test_one_design_alone_is_shown_and_compared_with_nobody(tmp_path):
    lines = [line for line in made.study() if line["kind"] != "claim"
             and "long" not in (line.get("name"), line.get("design"))]
    page = Page((report(tmp_path, lines) / "report.html").read_text("utf-8"))
    assert "one design only, so nothing is compared" in page.text("y1-answer")


def test_each_scenario_answers_its_own_question(tmp_path):
    lines = made.study(["1%"])
    calm = made.scenario(name="calm", question="And without losses?", metrics=["state"], sweeps=[],
                         profile_text="as ever", confirmed=False, knobs={"clients": 2})
    end = {"kind": "end", "scenario": "calm", "point": [], "runs": 9, "because": "runs"}
    values = [made.value([], name, "state", "bytes", **made.estimate([5.0] * made.RUNS))
              | {"scenario": "calm"} for name in ("short", "long")]
    page = Page((report(tmp_path, [*lines[:-1], calm, *values, end, lines[-1]])
                 / "report.html").read_text("utf-8"))
    answer = page.text("y1-answer")
    assert "Does the short one or the long one do better? all Load: 8 clients" in answer
    assert "And without losses? calm Load: 2 clients. Faults: none. Messages: mailslot-remote-nt4, as " \
        "ever; no send is confirmed. ● short ■ long State of a client 5 B 5 B" in answer
    assert "long and short were equal in every pair (9 pairs of runs)." in page.text("y1-s2-state")
    assert "calm 9 runs of each design, runs" in page.text("y1-numbers")
    assert page.ids.count("y1-s2-state") == 1 and "y1-s2-detection" not in page.ids


# Partial studies.


@pytest.mark.parametrize("cut", range(4, len(made.study()), 3))
def test_a_study_that_was_killed_is_shown_as_partial(tmp_path, cut):
    directory = report(tmp_path, made.study()[:cut])
    page = Page((directory / "report.html").read_text("utf-8"))
    assert "Partial study: the file has no footer" in page.text()


def test_a_last_line_that_breaks_off_is_a_partial_study(tmp_path):
    directory = made.write(tmp_path)
    path = directory / "study.jsonl"
    path.write_bytes(path.read_bytes()[:-30])
    assert main(["report", str(directory)]) == 0
    assert f"the file breaks off in line {len(made.study())}; it holds 3 whole points of 3." in Page(
        (directory / "report.html").read_text("utf-8")).text()


def test_a_study_that_was_interrupted_is_shown_as_partial(tmp_path):
    lines = made.study()
    lines[-1] |= {"points": 2, "partial": True, "because": "interrupted"}
    page = Page((report(tmp_path, lines) / "report.html").read_text("utf-8"))
    assert "Partial study (interrupted): 2 of 3 points are whole." in page.text()


# What is refused.


def change(place, **members):
    def apply(lines):
        target = lines[place]
        for name, value in members.items():
            target[name] = value
        return lines
    return apply


def drop(place, member):
    def apply(lines):
        del lines[place][member]
        return lines
    return apply


def repeated(place):
    def apply(lines):
        lines.insert(place % len(lines), copy.deepcopy(lines[place]))
        return lines
    return apply


@pytest.mark.parametrize("apply, line, words", [
    (lambda lines: lines[1:], 1, "missing header"),
    (change(0, format=2), 1, "wrong format number"),
    (drop(0, "question"), 1, 'expected a member "question"'),
    (change(0, seed=10**400), 1, "member seed: expected at most"),
    (change(1, name=7), 2, "member name: expected string"),
    (change(1, settings=[{"name": "timeout"}]), 2, 'expected a member "value" in settings[0]'),
    (change(1, settings=[{"name": "timeout", "value": 1, "unit": "h"}]), 2,
     "member settings[0].unit: expected one of ns"),
    (change(1, sources=[{"side": "client", "lines": -1}]), 2,
     "member sources[0].lines: expected at least 0"),
    (change(3, better="nobody"), 4, "member better: expected one of short, long"),
    (drop(3, "question"), 4, 'expected a member "question"'),
    (repeated(1), 3, 'duplicate design "short"'),
    (lambda lines: [lines[0], *lines[4:]], 3, "member design: expected one of none"),
    (change(4, metrics="all"), 5, "member metrics: expected array"),
    (change(4, sweeps=["retries"]), 6, 'member point: expected the sweeps ["retries"]'),
    (repeated(4), 6, 'duplicate scenario "all"'),
    (drop(5, "scenario"), 6, 'expected a member "scenario"'),
    (change(5, scenario="calm"), 6, "member scenario: expected one of all"),
    (change(5, design="nobody"), 6, "member design: expected one of short, long"),
    (change(5, metric="speed"), 6, "member metric: expected one of detection"),
    (change(5, mean="fast"), 6, "member mean: expected number or null"),
    (change(5, mean=float("nan")), 6, "member mean: expected number or null"),
    (change(5, mean=float("inf")), 6, "member mean: expected number or null"),
    (change(5, mean=10**400), 6, "member mean: expected at most 1e+18"),
    (change(5, high=1e300), 6, "member high: expected at most 1e+18"),
    (change(5, low=9), 6, "expected low <= mean <= high"),
    (change(5, n=-1), 6, "member n: expected at least 0"),
    (change(5, point={}), 6, "member point: expected array"),
    (change(5, point=[{"name": "loss"}]), 6, 'expected a member "text" in point[0]'),
    (change(6, point=[]), 7, "member point: expected the sweeps"),
    (repeated(5), 7, "duplicate value"),
    (change(5, runs=["fast"]), 6, "member runs[0]: expected number or null"),
    (change(5, law={"name": "sum"}), 6, 'expected a member "value" in law'),
    (change(5, law={"name": "sum", "value": 1, "tolerance": 2}), 6,
     "member law.tolerance: expected at most 1"),
    (change(5, law={"name": "sum", "value": 1, "curve": [[1]]}), 6,
     "member law.curve: expected pairs of numbers"),
    (change(-2, because="tired"), len(made.study()) - 1, "member because: expected one of tight"),
    (repeated(-2), len(made.study()), "duplicate end of a point"),
    (repeated(-1), len(made.study()) + 1, "expected nothing after the footer"),
    (repeated(0), 2, "a second header"),
    (lambda lines: lines[:1], 1, "no design up to here"),
])
def test_what_is_not_in_the_format_is_refused_with_its_line(tmp_path, capsys, apply, line, words):
    directory = made.write(tmp_path, apply(made.study()))
    assert main(["report", str(directory)]) == 3
    error = capsys.readouterr().err
    assert f"study.jsonl:{line}: " in error and words in error and "Traceback" not in error
    assert not (directory / "report.html").exists()


@pytest.mark.parametrize("data, words", [
    (b"", "study.jsonl: empty; expected a header"),
    (b"\xff\xfe\n{}\n", "study.jsonl:1: not JSON (byte 1 is not UTF-8)"),
    (b"[1]\n", 'study.jsonl:1: expected a JSON object with a text member "kind"'),
    (b'{"kind": "header"', "study.jsonl:1: not JSON"),
    (b"[" * 100000, "study.jsonl:1: not JSON"),
    (b'{"kind": "header", "seed": ' + b"9" * 5000 + b"}\n{}", "study.jsonl:1: not JSON"),
])
def test_bytes_that_are_no_study_are_refused(tmp_path, capsys, data, words):
    (tmp_path / "study.jsonl").write_bytes(data)
    assert main(["report", str(tmp_path)]) == 3
    assert words in capsys.readouterr().err


def test_a_line_in_the_middle_that_breaks_off_is_refused(tmp_path, capsys):
    path = made.write(tmp_path) / "study.jsonl"
    lines = path.read_bytes().split(b"\n")
    lines[4] = lines[4][:50]
    path.write_bytes(b"\n".join(lines))
    assert main(["report", str(tmp_path)]) == 3
    assert "study.jsonl:5: not JSON" in capsys.readouterr().err


def test_kinds_and_members_that_nobody_knows_are_skipped(tmp_path):
    lines = made.study()
    lines[4]["colour"] = "green"
    lines.insert(5, {"kind": "weather", "rain": True})
    report(tmp_path, lines)


@pytest.mark.parametrize("kind", ["junit", "tap"])
def test_formats_of_cases_are_refused_for_a_study(tmp_path, capsys, kind):
    directory = made.write(tmp_path)
    assert main(["report", str(directory), "--format", kind]) == 3
    assert "html or markdown" in capsys.readouterr().err


def test_numbers_at_the_edge_make_a_page(tmp_path):
    for mean in (0, 1e-18, -1e18, 1e18):
        lines = made.study(["5%"])
        for line in lines:
            if line["kind"] == "value":
                line |= {"mean": mean, "low": min(mean, 0), "high": max(mean, 1e17)}
        report(tmp_path, lines)


def test_the_page_of_the_sample_is_the_same_twice(tmp_path):
    one = (report(tmp_path) / "report.html").read_text("utf-8")
    assert one == (report(tmp_path) / "report.html").read_text("utf-8")
