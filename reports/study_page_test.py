# SPDX-License-Identifier: MIT
"""What the report makes of study.jsonl: sentences that follow from the data and from nothing else,
plots, and refusals that name the line."""

import copy
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import sample_study as made  # noqa: E402
from report_test import Page  # noqa: E402
from uripc_reports import study_laws, study_plots  # noqa: E402
from uripc_reports.command import main  # noqa: E402
from uripc_reports.quantity import figures, quantity, swept  # noqa: E402
from uripc_reports.results import load  # noqa: E402
from uripc_reports.schema import STUDY  # noqa: E402
from uripc_reports.study_compare import compare  # noqa: E402
from uripc_reports.study_findings import findings  # noqa: E402
from uripc_reports.study_summary import overview  # noqa: E402
from uripc_reports.study_trends import trends  # noqa: E402
from uripc_reports.study import COUNTED  # noqa: E402
from uripc_reports.study_words import FIRED, METRICS  # noqa: E402

SPEC = (HERE.parent / "spec" / "study.md").read_text("utf-8")
STAGE = (HERE.parent / "simulator" / "study" / "stage.h").read_text("utf-8")


def loaded(tmp_path, lines=None):
    """The one scenario of a study."""
    return load(made.write(tmp_path / "study", lines)).study.scenarios["all"]


def said(scenario):
    """{metric: its sentences}"""
    return {one.metric.name: " ".join(one.sentences + one.crossings) for one in findings(scenario)}


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


def test_every_fault_that_the_engine_counts_is_on_the_page():
    output = (HERE.parent / "simulator/study/engine/output.c").read_text("utf-8")
    code = output[output.index("static void write_fired("):]
    names = re.findall(r'\\"(\w+)\\": %" PRIu64', code[:code.index("\n}\n")])
    assert len(names) > 6 and set(names) == set(COUNTED) == set(FIRED)


# Sentences.


def test_the_sentence_says_who_is_better_by_how_much_and_how_certain_that_is(tmp_path):
    lines = made.study(["5%"])
    assert said(loaded(tmp_path, lines))["detection"] == (
        "long notices a dead worker sooner than short: 0.950\u202fs against 3.600\u202fs, "
        "2.650\u202fs less (74\u202f%; 95\u202f% interval 2.573 to 2.727); 9 pairs of runs.")


def exchanged(texts):
    return {name: text.replace("short", "SHORT").replace("long", "short").replace("SHORT", "long")
            .replace("short and long", "long and short") for name, text in texts.items()}


def swapped(metrics):
    """Each design has the other one's data."""
    return {name: (unit, {text: (other, first, spread)
                          for text, (first, other, spread) in points.items()})
            for name, (unit, points) in metrics.items()}


def test_who_swaps_the_data_of_two_designs_swaps_the_sentences(tmp_path):
    one = loaded(tmp_path / "one", made.study())
    other = loaded(tmp_path / "other", made.study(metrics=swapped(made.METRICS)))
    assert said(other) == exchanged(said(one)) != said(one)
    standing, other_standing = (standings(study) for study in (one, other))
    flip = {"better": "worse", "worse": "better"}
    assert other_standing == {name: (flip.get(word, word), remark)
                              for name, (word, remark) in standing.items()}


def standings(study):
    """{metric: how long stands to short, and where}"""
    return {metric.name: (cells[1].standing, cells[1].remark)
            for metric, cells in overview(study, findings(study))}


def test_an_overview_says_how_each_design_stands_to_the_first(tmp_path):
    assert standings(loaded(tmp_path)) == {
        "detection": ("better", ""), "answered": ("better", "at 2 of 3 points"),
        "messages": ("depends", ""), "late": ("same", ""), "state": ("worse", "")}


def test_an_overview_has_the_values_at_both_ends_of_a_sweep(tmp_path):
    scenario = loaded(tmp_path)
    values = {metric.name: [cell.value for cell in cells]
              for metric, cells in overview(scenario, findings(scenario))}
    assert values["detection"] == ["3.50 → 3.90\u202fs", "0.900 → 1.20\u202fs"]
    metrics = {"latency": ("s", {"1%": (2.0, 0.5, 0.1)})}
    scenario = loaded(tmp_path / "units", made.study(["1%"], metrics))
    ((_, cells),) = overview(scenario, findings(scenario))
    assert [cell.value for cell in cells] == ["2\u202fs", "0.500\u202fs"], "one unit in a row"
    assert values["state"] == ["2\u202f048\u202fB", "5\u202f120\u202fB"]


def test_the_order_in_which_a_study_names_designs_does_not_matter(tmp_path):
    one = loaded(tmp_path / "one", made.study())
    lines = made.study(metrics=swapped(made.METRICS))
    for line in lines:
        line.update(json.loads(json.dumps(line).replace("short", "SHORT").replace("long", "short")
                               .replace("SHORT", "long")))
    other = loaded(tmp_path / "other", lines)
    assert (one.first, other.first) == ("short", "long")
    assert said(other) == said(one)


@pytest.mark.parametrize("low, high", [(-0.1, 0.3), (0, 0.3), (-0.3, 0), (-1e-9, 1e9)])
def test_nobody_is_better_where_the_interval_of_the_difference_holds_0(tmp_path, low, high):
    lines = made.study(["5%"])
    for line in lines:
        if line["kind"] == "value" and line.get("difference"):
            line["difference"] |= {"mean": (low + high) / 2, "low": low, "high": high}
    study = loaded(tmp_path, lines)
    for text in said(study).values():
        assert text.startswith("No difference was seen between long and short"), text
        assert "than" not in text
    assert set(standings(study).values()) == {("same", "")}


def test_intervals_of_designs_that_overlap_hide_no_clear_difference_of_pairs(tmp_path):
    metrics = {"latency": ("s", {"1%": (1.0, 1.1, 0.5)})}
    lines = made.study(["1%"], metrics)
    next(line for line in lines if line.get("difference"))["difference"] |= {
        "low": 0.09, "high": 0.11}
    assert said(loaded(tmp_path, lines))["latency"].startswith("short gets its answers sooner")


def test_more_is_better_only_where_it_is(tmp_path):
    texts = said(loaded(tmp_path, made.study(["20%"])))
    assert texts["answered"].startswith("long gets more requests answered than short: 92.00")
    assert "12.00\u202fpercentage points more" in texts["answered"]
    assert texts["messages"].startswith("long needs fewer messages for a request than short")


def test_points_at_which_it_is_otherwise_are_told(tmp_path):
    text = said(loaded(tmp_path))["answered"]
    assert text.startswith("At loss 1%, no difference was seen")
    assert "At loss 5% and 20%, long gets more requests answered than short: from 2.50" in text


def test_two_points_are_both(tmp_path):
    assert said(loaded(tmp_path, made.study(["1%", "5%"])))["detection"].startswith(
        "At both points, long notices")


def test_the_place_where_they_cross_is_interpolated_between_measured_points(tmp_path):
    text = said(loaded(tmp_path))["messages"]
    assert ("They cross at loss 11\u202f% (interpolated; measured: 5% and 20%): up to there short "
            "needs fewer messages for a request, beyond it long.") in text


def test_a_point_without_a_difference_widens_the_bracket_of_a_crossing(tmp_path):
    lines = made.study()
    for line in lines:
        if line["kind"] == "value" and line["metric"] == "messages" and line.get("difference"):
            if line["point"][0]["text"] == "5%":
                line["difference"] |= {"mean": 0.1, "low": -0.2, "high": 0.4}
    assert "(interpolated; measured: 1% and 20%)" in said(loaded(tmp_path, lines))["messages"]


def test_nothing_crosses_where_only_one_of_them_is_ever_better(tmp_path):
    lines = made.study()
    for line in lines:
        if line["kind"] == "value" and line["metric"] == "messages" and line.get("difference"):
            if line["point"][0]["text"] == "20%":
                line["difference"] |= {"low": -3, "high": 0.01}
    assert "cross" not in said(loaded(tmp_path, lines))["messages"]


def test_equal_in_every_pair_is_more_than_no_difference_seen(tmp_path):
    assert "At loss 1% and 5%, long and short were equal in every pair (9 pairs of runs each)." in \
        said(loaded(tmp_path))["late"]


def test_one_pair_is_too_few_to_tell(tmp_path):
    lines = made.study(["5%"])
    for line in lines:
        if line["kind"] == "value" and line.get("difference"):
            line["difference"] = {"n": 1, "mean": -3, "from": "short"}
    assert all(text.startswith("Too few pairs of runs had something to measure to tell long and "
                               "short apart (1 pair of runs)")
               for text in said(loaded(tmp_path, lines)).values())


def test_a_metric_that_nobody_here_knows_is_told_and_not_judged(tmp_path):
    metrics = {"sparks": ("", {"1%": (2, 4, 0.1)})}
    study = loaded(tmp_path, made.study(["1%"], metrics))
    assert said(study)["sparks"].startswith("short has less sparks than long: 2.000 against 4.000")
    assert standings(study) == {"sparks": ("more", "")}


# Sweeps and mathematics.


def test_what_a_sweep_does_to_each_design_is_told(tmp_path):
    study = loaded(tmp_path)
    assert trends(study, "answered") == [
        "From loss 1% to 20%: short 97.00\u202f% to 80.00\u202f%; long 97.02\u202f% to 92.00\u202f%."]
    assert trends(study, "state") == [
        "From loss 1% to 20%: short always 2\u202f048\u202fB; long always 5\u202f120\u202fB."]


def test_a_change_within_the_intervals_may_be_chance(tmp_path):
    metrics = {"latency": ("s", {"1%": (1, 2, 0.5), "5%": (1.1, 2, 0.5)})}
    assert trends(loaded(tmp_path, made.study(["1%", "5%"], metrics)), "latency") == [
        "From loss 1% to 5%: short 1.00\u202fs to 1.10\u202fs, which may be chance; long always "
        "2.00\u202fs."]


def with_laws(tolerance=0.01, metric="answered", **values):
    """Of short, at each loss."""
    lines = made.study()
    for line in lines:
        text = line["point"][0]["text"] if line["kind"] == "value" else None
        if text in values and (line["design"], line["metric"]) == ("short", metric):
            line["law"] = {"name": "sum", "source": "a book", "tolerance": tolerance,
                           "value": values[text],
                           "curve": [[10000, 0.97], [30000, 0.96], [50000, 0.95]]}
    return lines


@pytest.mark.parametrize("value, tolerance, said_of_it", [
    (0.97, 0, "agrees with it at loss 1% within its interval and the tolerance of 0\u202f%."),
    (0.9731, 0, "differs from it at loss 1% by more than its interval and the tolerance of "
                "0\u202f%: 97.00\u202f% was measured, 97.31\u202f% expected at loss 1%."),
    (0.9731, 0.001, "agrees with it at loss 1% within its interval and the tolerance of "
                    "0.1\u202f%."),
    (0.9669, 0, "differs from it at loss 1% by more"),
])
def test_measured_and_mathematics_agree_within_interval_and_tolerance(
        tmp_path, value, tolerance, said_of_it):
    scenario = loaded(tmp_path, with_laws(tolerance, **{"1%": value}))
    (found,) = study_laws.agreements(scenario, "answered")
    assert found.sentence(scenario).startswith("short " + said_of_it)


def test_where_every_run_measured_the_same_a_rare_event_is_not_judged(tmp_path):
    study = load(made.write(tmp_path, with_laws(metric="late", **{"1%": 0.08}))).study
    (found,) = study_laws.agreements(study.scenarios["all"], "late")
    assert found.sentence(study.scenarios["all"]) == (
        "short cannot be held against it. At 1 point every run measured the same, which tells "
        "nothing of rare events.")
    assert "1 are of events too rare to tell" in study_laws.summary(study)


def test_the_page_counts_the_closed_forms_and_draws_them(tmp_path):
    lines = with_laws(**{"1%": 0.97, "5%": 0.99})
    page = Page((report(tmp_path, lines) / "report.html").read_text("utf-8"))
    assert "1 of 2 values for which there is a closed form agree with it within the stated " \
        "tolerance; 1 differ." in page.text("y1-answer")
    assert "Closed form: sum (a book). short differs from it at loss 5%" in page.text(
        "y1-s1-answered")
    assert sum(a.get("class") == "law s0" for _, a in page.elements) == 2


def test_a_curve_goes_through_the_places_of_what_was_measured(tmp_path):
    scenario = loaded(tmp_path, with_laws(**{"1%": 0.97}))
    ((_, plot),) = study_plots.plots(scenario, "answered")
    curve, line = (next(e.get("points") for e in ET.fromstring(plot).iter("polyline")
                        if e.get("class") == css) for css in ("law s0", "line s0"))
    curve, line = curve.split(), line.split()
    assert (curve[0], curve[-1]) == (line[0], line[1])
    middle = sum(float(pair.split(",")[0]) for pair in line[:2]) / 2
    assert float(curve[1].split(",")[0]) == pytest.approx(middle, abs=0.1)


def grid(tmp_path, better):
    """Two sweeps of two steps; at the points in `better` long is better."""
    lines = [made.header(), made.design("short", 1), made.design("long", 1),
             made.scenario(metrics=["latency"], sweeps=["loss", "retries"])]
    for loss in ("1%", "5%"):
        for tries in (0, 1):
            place = [made.coordinate(loss),
                     {"name": "retries", "text": str(tries), "value": tries, "unit": "count"}]
            lead = -1 if (loss, tries) in better else 1
            lines += [made.value(place, "short", "latency", "s", **made.estimate(5, 0.1)),
                      made.value(place, "long", "latency", "s", **made.estimate(5 + lead, 0.1),
                                 difference=made.estimate(lead, 0.1) | {"from": "short"})]
    return loaded(tmp_path, lines)


def test_points_of_two_sweeps_are_named_in_few_words(tmp_path):
    text = said(grid(tmp_path, {("5%", 0), ("5%", 1)}))["latency"]
    assert "At loss 5%, any retries, long gets its answers sooner than short" in text
    assert "With retries 0, they cross at loss 3\u202f%" in text
    text = said(grid(tmp_path, {("1%", 0), ("5%", 1)}))["latency"]
    assert "At loss 1%, retries 0; loss 5%, retries 1, long gets its answers sooner" in text


def test_each_panel_holds_the_points_of_one_step_of_the_second_sweep(tmp_path):
    found = study_plots.plots(grid(tmp_path, set()), "latency")
    assert [title for title, _ in found] == ["retries 0", "retries 1"]


def test_what_a_design_makes_one_write_is_told_in_lines(text):
    assert Page(text).text("y1-answer").find(
        "lines of source short long keep-alive, and finding out that a peer is dead, on either "
        "side 80 9 the whole client 800 90") > 0


@pytest.mark.parametrize("value, half, text", [
    (0.0123, 0.0004, "12.30\u202fms"), (12.3, 0.04, "12.300\u202fs"), (12.3, 1e-6, "12.300\u202fs"), (3, 0, "3\u202fs"),
    (0.5, 0, "500\u202fms"), (1234567, 1000, "1\u202f234\u202f567\u202fs"), (0, 0, "0\u202fs"),
    (-0.00001, 0.5, "−10\u202fµs")])
def test_a_figure_has_as_many_digits_as_its_interval_allows(value, half, text):
    assert quantity("s", value, half) == text


def test_figures_of_one_sentence_have_one_unit():
    assert figures("s", [0.5, 2.0], 0.1) == (["0.50", "2.00"], "s")
    assert figures("s", [0.5], 0.1, like=[2.0]) == (["0.50"], "s")
    assert swept(1_500_000_000, "ns") == "1.5\u202fs" and swept(12500, "millionth") == "1.25\u202f%"


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
        "The answer ● short the others against it ■ long Noticing a dead worker "
        "3.50 → 3.90 s 0.900 → 1.20 s ▲ better Requests answered 97.0 → 80.0 % 97.0 → 92.0 % "
        "▲ better at 2 of 3 points")
    assert "Noticing a dead worker. At all 3 points, long notices a dead worker sooner" in answer
    order = [name for name in page.ids if name in ("y1-answer", "y1-metrics", "y1-numbers",
                                                   "y1-fired", "y1-how")]
    assert order == ["y1-answer", "y1-metrics", "y1-numbers", "y1-fired", "y1-how"]


def test_every_number_is_in_a_table(text):
    numbers = Page(text).text("y1-numbers")
    assert "loss 20% 9 runs of each design, tight" in numbers
    assert "answered 80.00 % [79.23 to 80.77] 92.00 % [91.23 to 92.77] 12.00 points [11.62 to " \
        "12.38]" in numbers


def test_what_fired_and_how_it_was_done_is_told(text):
    page = Page(text)
    assert "loss 20% long 9 900 40 never 12 12 never 20 000" in page.text("y1-fired")
    how = page.text("y1-how")
    assert "3 points tight" in how and "54 runs in all" in how
    assert "8 to 9, until tight to 5 %" in how and "budget of real time 60 s" in how
    assert "every 500 ms" in how and "uripc study sample --seed 1 --out DIR" in how


def test_designs_that_differ_in_their_resolver_say_so(tmp_path):
    lines = made.study()
    lines[1]["resolver"], lines[2]["resolver"] = "table", "daemon"
    text = Page((report(tmp_path, lines) / "report.html").read_text("utf-8")).text()
    assert "the long one: resolver daemon, beat 100 ms" in text


def test_plots_are_well_formed_and_show_every_mean_with_its_interval(tmp_path):
    ((title, plot),) = study_plots.plots(loaded(tmp_path), "detection")
    svg = ET.fromstring(plot)
    assert title == ""
    assert sum(e.get("class").startswith("mark") for e in svg.iter("text")) == 6
    assert sum(e.get("class").startswith("interval") for e in svg.iter("line")) == 6 * 3
    assert len(list(svg.iter("polyline"))) == 2
    heights = [float(e.get("y")) for e in svg.iter("text") if e.get("class") == "mark s0"]
    assert heights == sorted(heights, reverse=True), "short gets slower with every step"


def test_a_sweep_over_words_has_no_lines_between_them(tmp_path):
    lines = made.study()
    for line in lines:
        for one in line.get("point", []):
            one.pop("value", None)
    ((_, plot),) = study_plots.plots(loaded(tmp_path, lines), "detection")
    assert "<polyline" not in plot and "cross" not in said(loaded(tmp_path, lines))["messages"]


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
    lines = [line for line in made.study() if "long" not in (line.get("name"), line.get("design"))]
    page = Page((report(tmp_path, lines) / "report.html").read_text("utf-8"))
    assert "one design only, so nothing is compared" in page.text("y1-answer")


def test_each_scenario_answers_its_own_question(tmp_path):
    lines = made.study(["1%"])
    calm = made.scenario(name="calm", question="And without losses?", metrics=["state"], sweeps=[])
    end = {"kind": "end", "scenario": "calm", "point": [], "runs": 9, "because": "runs"}
    values = [made.value([], name, "state", "bytes", **made.estimate(5, 0)) | {"scenario": "calm"}
              for name in ("short", "long")]
    values[1]["difference"] = made.estimate(0, 0) | {"from": "short"}
    page = Page((report(tmp_path, [*lines[:-1], calm, *values, end, lines[-1]])
                 / "report.html").read_text("utf-8"))
    answer = page.text("y1-answer")
    assert "Does the short one or the long one do better? all ● short" in answer
    assert "And without losses? calm ● short the others against it ■ long State of a " \
        "client 5 B 5 B = no difference seen State of a client. long and short were equal in " \
        "every pair (9 pairs of runs)." in answer
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
    (change(1, parameters={"timeout": -1}), 2, "member parameters.timeout: expected at least 0"),
    (change(1, units={"timeout": "h"}), 2, "member units.timeout: expected one of ns"),
    (repeated(1), 3, 'duplicate design "short"'),
    (lambda lines: [lines[0], *lines[3:]], 3, "member design: expected one of none"),
    (change(3, metrics="all"), 4, "member metrics: expected array"),
    (change(3, sweeps=["retries"]), 5, 'member point: expected the sweeps ["retries"]'),
    (repeated(3), 5, 'duplicate scenario "all"'),
    (drop(4, "scenario"), 5, 'expected a member "scenario"'),
    (change(4, scenario="calm"), 5, "member scenario: expected one of all"),
    (change(4, design="nobody"), 5, "member design: expected one of short, long"),
    (change(4, metric="speed"), 5, "member metric: expected one of detection"),
    (change(4, mean="fast"), 5, "member mean: expected number or null"),
    (change(4, mean=float("nan")), 5, "member mean: expected number or null"),
    (change(4, mean=float("inf")), 5, "member mean: expected number or null"),
    (change(4, mean=10**400), 5, "member mean: expected at most 1e+18"),
    (change(4, high=1e300), 5, "member high: expected at most 1e+18"),
    (change(4, low=9), 5, "expected low <= mean <= high"),
    (change(4, n=-1), 5, "member n: expected at least 0"),
    (change(4, point={}), 5, "member point: expected array"),
    (change(4, point=[{"name": "loss"}]), 5, 'expected a member "text" in point[0]'),
    (change(5, point=[]), 6, "member point: expected the sweeps"),
    (repeated(4), 6, "duplicate value"),
    (change(5, difference={"n": 9, "from": "nobody"}), 6, "member difference.from: expected one"),
    (change(5, difference=[]), 6, "member difference: expected object or null"),
    (change(4, law={"name": "sum"}), 5, 'expected a member "value" in law'),
    (change(4, law={"name": "sum", "value": 1, "tolerance": 2}), 5,
     "member law.tolerance: expected at most 1"),
    (change(4, law={"name": "sum", "value": 1, "curve": [[1]]}), 5,
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
