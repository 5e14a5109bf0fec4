# SPDX-License-Identifier: MIT
"""What the report finds in study.jsonl: sentences that follow from the data and from nothing else, how
certain they are, and the conclusion."""

import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import sample_study as made  # noqa: E402
from report_test import Page  # noqa: E402
from study_page_test import loaded, make_text, report  # noqa: E402, F401
from uripc_reports import study_laws, study_plots, study_statistics  # noqa: E402
from uripc_reports.quantity import figures, quantity, swept  # noqa: E402
from uripc_reports.results import load  # noqa: E402
from uripc_reports.study_compare import compare, family  # noqa: E402
from uripc_reports.study_conclusion import answers, verdicts  # noqa: E402
from uripc_reports.study_findings import findings  # noqa: E402
from uripc_reports.study_summary import overview  # noqa: E402
from uripc_reports.study_told import told  # noqa: E402
from uripc_reports.study_trends import trends  # noqa: E402

LEVEL = 0.95


def said(scenario):
    """{metric: its sentences}"""
    return {one.metric.name: " ".join(one.sentences) for one in findings(scenario, LEVEL)}


def concluded(tmp_path, lines=None):
    """(answers, verdicts) of a study."""
    study = load(made.write(tmp_path / "study", lines)).study
    level = family(study).level
    found = answers(study, {one.name: findings(one, level) for one in study.scenarios.values()})
    return found, verdicts(study, found)


# Sentences.


def test_the_sentence_says_who_is_better_by_how_much_and_how_certain_that_is(tmp_path):
    lines = made.study(["5%"])
    assert said(loaded(tmp_path, lines))["detection"] == (
        "long notices a dead worker sooner than short: 0.95\u202fs against 3.60\u202fs, "
        "2.650\u202fs less (74\u202f%) [2.573 to 2.727]; 9 pairs of runs.")


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
    assert standings(other) == {name: sorted(exchanged(dict(enumerate(texts))).values())
                                for name, texts in standings(one).items()} != standings(one)


def test_who_swaps_the_data_of_two_designs_swaps_the_conclusion(tmp_path):
    texts = []
    for place, metrics in enumerate((made.METRICS, swapped(made.METRICS))):
        lines = [line | {"sources": None} if line["kind"] == "design" else line
                 for line in made.study(metrics=metrics)]
        if place:
            lines[3] = made.claim("short", "long")
        found, (verdict,) = concluded(tmp_path / str(place), lines)
        texts.append({one.question.name: " ".join(one.sentences) for one in found} |
                     {"verdict": verdict.sentence,
                      "grounds": str([(one.better, one.worse, one.same) for one in verdict.grounds])})
    assert texts[1] == exchanged(texts[0]) != texts[0]


def standings(study):
    """{metric: where which design is better}"""
    return {metric.name: sorted(f"{name} {' '.join(text)}" for name, cell in zip(study.designs, cells)
                                for text in cell.better)
            for metric, cells in overview(study, findings(study, LEVEL)).rows}


def test_an_overview_says_where_each_design_is_better_than_which(tmp_path):
    crossed = "they cross at loss 11\u202f% [10.7\u202f% to 11.3\u202f%]"
    assert standings(loaded(tmp_path)) == {
        "detection": ["long better than short "],
        "answered": ["long better than short at loss 5% … 20% "],
        "messages": [f"long better than short at loss 20% {crossed}",
                     f"short better than long at loss 1% … 5% {crossed}"],
        "late": [], "state": ["short better than long "]}


def three(tmp_path, **means):
    """Means of three designs at one point, in seconds."""
    lines = [made.header(), *(made.design(name, 1) for name in means),
             made.scenario(metrics=["latency"], sweeps=["loss"])]
    lines += [made.value([made.coordinate("1%")], name, "latency", "s",
                         **made.estimate(made.runs(mean, 0.1, common)))
              for (name, mean), common in zip(means.items(), (1, 0.8, 0.6))]
    return loaded(tmp_path, lines)


def test_every_pair_of_designs_is_compared(tmp_path):
    scenario = three(tmp_path, a=3, b=2, c=2.01)
    assert [(one.designs, one.comparisons[0].winner) for one in findings(scenario, LEVEL)] == [
        (("a", "b"), "b"), (("a", "c"), "c"), (("b", "c"), None)]
    ((_, cells),) = overview(scenario, findings(scenario, LEVEL)).rows
    assert [cell.better for cell in cells] == [[], [("better than a", "")], [("better than a", "")]]
    scenario = three(tmp_path / "all", a=3, b=2, c=4)
    ((_, cells),) = overview(scenario, findings(scenario, LEVEL)).rows
    assert [cell.better for cell in cells] == [
        [("better than c", "")], [("better than a and c", "")], []]


def test_an_overview_has_the_values_at_both_ends_of_a_sweep(tmp_path):
    def values(scenario):
        return {metric.name: [[text for text, _, _ in cell.values] for cell in cells]
                for metric, cells in overview(scenario, findings(scenario, LEVEL)).rows}
    found = values(loaded(tmp_path))
    assert found["detection"] == [["3.50\u202fs", "3.90\u202fs"], ["0.90\u202fs", "1.20\u202fs"]]
    assert found["state"] == [["2\u202f048\u202fB"], ["5\u202f120\u202fB"]]
    metrics = {"latency": ("s", {"1%": (2.0, 0.5, 0.1)})}
    assert values(loaded(tmp_path / "units", made.study(["1%"], metrics)))["latency"] == [
        ["2.000\u202fs"], ["0.500\u202fs"]], "one unit in a row"


def test_a_sweep_goes_as_the_study_says(tmp_path):
    scenario = loaded(tmp_path, made.study(["20%", "5%", "1%"]))
    assert scenario.sweeps[0].texts == ["20%", "5%", "1%"]
    assert overview(scenario, findings(scenario, LEVEL)).ends == "loss 20% → 1%"
    assert trends(scenario, "answered")[0].startswith("From loss 20% to 1%: short 80.00")
    assert "They cross at loss 11\u202f% [10.7\u202f% to 11.3\u202f%]: at 20% long needs fewer " \
        "messages for a request, at 5% short." in said(scenario)["messages"]
    ((_, plot),) = study_plots.plots(scenario, "answered")
    assert plot.index(">20%<") < plot.index(">5%<") < plot.index(">1%<")
    assert loaded(tmp_path / "mixed", made.study(["5%", "1%", "20%"])).sweeps[0].texts == [
        "1%", "5%", "20%"]


def test_the_order_in_which_a_study_names_designs_does_not_matter(tmp_path):
    one = loaded(tmp_path / "one", made.study())
    lines = made.study(metrics=swapped(made.METRICS))
    for line in lines:
        line.update(json.loads(json.dumps(line).replace("short", "SHORT").replace("long", "short")
                               .replace("SHORT", "long")))
    other = loaded(tmp_path / "other", lines)
    assert (list(one.designs), list(other.designs)) == (["short", "long"], ["long", "short"])
    assert said(other) == said(one)


@pytest.mark.parametrize("low, high", [(-0.1, 0.3), (0, 0.3), (-0.3, 0), (-1e-9, 1e9)])
def test_nobody_is_better_where_the_interval_of_the_difference_holds_0(
        tmp_path, monkeypatch, low, high):
    monkeypatch.setattr(study_statistics.Sample, "interval", lambda *_: (low, high))
    study = loaded(tmp_path, made.study(["5%"]))
    for text in said(study).values():
        assert text.startswith("No difference was seen between long and short"), text
        assert "than" not in text
    assert not any(standings(study).values())


def test_intervals_of_designs_that_overlap_hide_no_clear_difference_of_pairs(tmp_path):
    metrics = {"latency": ("s", {"1%": (1.0, 1.1, 0.5)})}
    lines = made.differ(made.study(["1%"], metrics), 0.1, 0.01, ["latency"])
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
    assert ("They cross at loss 11\u202f% [10.7\u202f% to 11.3\u202f%]: at 5% short needs fewer "
            "messages for a request, at 20% long.") in text


def test_a_point_without_a_difference_widens_the_bracket_of_a_crossing(tmp_path):
    lines = made.differ(made.study(), 0.1, 1, ["messages"], ["5%"])
    assert "They cross at loss 5.94\u202f% [3.74\u202f% to 10.7\u202f%]: at 1% short needs" in \
        said(loaded(tmp_path, lines))["messages"]


@pytest.mark.parametrize("mean, spread", [(-1.5, 5), (-0.04, 0.001)])
def test_nothing_crosses_where_only_one_of_them_is_ever_clearly_better(tmp_path, mean, spread):
    """A lead that may be chance, and one below 1 % of 5.9."""
    lines = made.differ(made.study(), mean, spread, ["messages"], ["20%"])
    text = said(loaded(tmp_path, lines))["messages"]
    assert "cross" not in text and ("long needs fewer" in text) == (spread < 1)


def test_of_a_share_that_is_nearly_all_what_is_missing_counts(tmp_path):
    """0.5 points are below 1 % of 99.5, but more than half of what 99.2 lack."""
    metrics = {"answered": ("share", {"1%": (0.992, 0.997, 0.0001), "5%": (0.997, 0.992, 0.0001)})}
    assert "They cross at loss 3\u202f%" in said(
        loaded(tmp_path, made.study(["1%", "5%"], metrics)))["answered"]


def test_equal_in_every_pair_is_more_than_no_difference_seen(tmp_path):
    assert "At loss 1% and 5%, long and short were equal in every pair (9 pairs of runs each)." in \
        said(loaded(tmp_path))["late"]


def test_one_pair_is_too_few_to_tell(tmp_path):
    lines = made.study(["5%"])
    for line in lines:
        if line["kind"] == "value" and line["design"] == "long":
            line["runs"][1:] = [None] * (made.RUNS - 1)
    assert all(text.startswith("Too few pairs of runs had something to measure to tell long and "
                               "short apart (1 pair of runs)")
               for text in said(loaded(tmp_path, lines)).values())


def test_a_metric_that_nobody_here_knows_is_told_and_not_judged(tmp_path):
    metrics = {"sparks": ("", {"1%": (2, 4, 0.1)})}
    study = loaded(tmp_path, made.study(["1%"], metrics))
    assert said(study)["sparks"].startswith("short has less sparks than long: 2.000 against 4.000")
    assert standings(study) == {"sparks": ["short less than long "]}


# How certain it is.


@pytest.mark.parametrize("degrees, t", [(1, 12.706), (2, 4.303), (7, 2.3646), (15, 2.1314), (63, 1.9983)])
def test_quantiles_of_student_are_those_of_the_tables(degrees, t):
    assert study_statistics.quantile(0.95, degrees) == pytest.approx(t, abs=6e-4)
    assert study_statistics.within(t, degrees) == pytest.approx(0.95, abs=3e-5)


BENJAMINI = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
             0.5719, 0.6528, 0.7590, 1.0]


def test_the_family_is_judged_as_benjamini_and_hochberg_do():
    """Their example of 1995: the first four of fifteen."""
    level = study_statistics.family_level(BENJAMINI[::-1])
    assert level == pytest.approx(1 - 0.05 * 4 / 15)
    assert [one for one in BENJAMINI if one <= 1 - level] == BENJAMINI[:4]
    assert study_statistics.family_level([0.9] * 20) == pytest.approx(1 - 0.05 / 20)
    assert study_statistics.family_level([]) == 0.95


def test_one_difference_among_many_that_are_none_is_held_for_chance(tmp_path):
    alone = made.differ(made.study(["1%"], metrics={"latency": ("s", {"1%": (1, 1, 0.1)})}), 0.1, 0.12)
    made.differ(alone, 0.1, 0.12, ["latency"])
    study = load(made.write(tmp_path / "alone", alone)).study
    assert (family(study).level, family(study).tests) == (0.95, 1)
    point = study.points[0]
    assert compare(study.scenarios["all"], point, "latency", ("short", "long"), 0.95).winner
    many = {f"m{n}": ("s", {"1%": (1, 1, 0.1)}) for n in range(19)}
    lines = made.study(["1%"], {"latency": ("s", {"1%": (1, 1, 0.1)})} | many)
    study = load(made.write(tmp_path / "many", made.differ(lines, 0.1, 0.12, ["latency"]))).study
    assert (family(study).level, family(study).tests) == (pytest.approx(1 - 0.05 / 20), 20)
    page = Page((report(tmp_path / "page", lines) / "report.html").read_text("utf-8"))
    assert "better than short" not in page.text("y1-answer")
    assert "20 differences of designs are judged together here" in page.text("y1-conclusion")
    assert "the 99.8 % interval" in page.text("y1-conclusion")


def test_what_never_varies_is_no_test(tmp_path):
    study = load(made.write(tmp_path)).study
    assert (family(study).tests, family(study).constant) == (10, 5)


# What was counted.


@pytest.mark.parametrize("unit, mean, count, of, text", [
    ("share", 0, 0, 76800, ("none", "under 0.0039\u202f%")),
    ("share", 1, 76800, 76800, ("all", "over 99.9961\u202f%")),
    ("share", 0.99998, 76799, 76800, ("99.9980\u202f%", "99.9960 to 100.0000")),
    ("share", 0, 1, 9000000, ("0.0000\u202f%", "0.0000 to 0.0020")),
    ("per request", 0, 0, 300, ("none", "under 0.010")),
    ("per request", 1, 300, 300, ("1.000", "1.000 to 1.000")),
    ("share", 0, None, None, ("0.0000\u202f%", "0.0000 to 0.0020")),
])
def test_none_and_all_are_counted_and_not_estimated(unit, mean, count, of, text):
    line = {"unit": unit, "mean": mean, "low": max(0, mean - 0.00002), "high": min(1, mean + 0.00002),
            "count": count, "of": of}
    assert told(line) == text


# Sweeps and mathematics.


def test_what_a_sweep_does_to_each_design_is_told(tmp_path):
    study = loaded(tmp_path)
    assert trends(study, "answered") == [
        "From loss 1% to 20%: short 97.00\u202f% to 80.00\u202f%; long 97.02\u202f% to 92.00\u202f%."]
    assert trends(study, "state") == [
        "From loss 1% to 20%: short 2\u202f048\u202fB at either end; long 5\u202f120\u202fB at "
        "either end."]


def test_a_change_within_the_intervals_may_be_chance(tmp_path):
    metrics = {"latency": ("s", {"1%": (1, 2, 0.5), "5%": (1.1, 2, 0.5)})}
    assert trends(loaded(tmp_path, made.study(["1%", "5%"], metrics)), "latency") == [
        "From loss 1% to 5%: short 1.00\u202fs to 1.10\u202fs, which may be chance; long 2.00\u202fs at "
        "either end."]


def test_all_is_told_with_how_many_that_were(tmp_path):
    lines = made.study(["1%", "5%"], {"answered": ("share", {"1%": (1, 0.9985, 0), "5%": (1, 0.99, 0)})})
    for line in lines:
        if line["kind"] == "value" and line["design"] == "short":
            line |= {"count": 900, "of": 900}
    assert trends(loaded(tmp_path, lines), "answered") == [
        "From loss 1% to 5%: short all at either end, of 900 and 900; long 99.85\u202f% to 99.00\u202f%."]


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
        "tolerance; 1 differ." in page.text("y1-conclusion")
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
            lines += [made.value(place, name, "latency", "s",
                                 **made.estimate(made.runs(mean, 0.1, common)))
                      for name, mean, common in (("short", 5, 1), ("long", 5 + lead, 0.9))]
    return loaded(tmp_path, lines)


def test_points_of_two_sweeps_are_named_in_few_words(tmp_path):
    text = said(grid(tmp_path, {("5%", 0), ("5%", 1)}))["latency"]
    assert "At loss 5%, any retries, long gets its answers sooner than short" in text
    assert "With retries 0, they cross at loss 3\u202f%" in text
    text = said(grid(tmp_path, {("1%", 0), ("5%", 1)}))["latency"]
    assert "At loss 1%, retries 0; loss 5%, retries 1, long gets its answers sooner" in text


def test_a_sweep_over_words_has_no_lines_between_them(tmp_path):
    lines = made.study()
    for line in lines:
        for one in line.get("point", []):
            one.pop("value", None)
    ((_, plot),) = study_plots.plots(loaded(tmp_path, lines), "detection")
    assert "<polyline" not in plot and "cross" not in said(loaded(tmp_path, lines))["messages"]


def test_each_panel_holds_the_points_of_one_step_of_the_second_sweep(tmp_path):
    found = study_plots.plots(grid(tmp_path, set()), "latency")
    assert [title for title, _ in found] == ["retries 0", "retries 1"]


# The conclusion.


def test_each_question_is_answered_in_short_with_numbers(tmp_path):
    found, _ = concluded(tmp_path)
    short = {one.question.name: " ".join(one.sentences).replace("\u202f", " ") for one in found}
    assert short["noticing"] == (
        "Noticing a dead worker (loss 1% → 20%): long 0.90 s → 1.20 s, short 3.50 s → 3.90 s. "
        "Best: long. No two designs cross.")
    assert "Best: short at 1% … 5%; long at 20%. They cross: long and short at loss 11 % " in \
        short["cost"]
    assert "Best: no difference seen at 1%; long at 5% … 20%." in short["fate"]
    assert set(short) == {"noticing", "cost", "fate"}


def test_a_claim_holds_where_the_data_say_so(tmp_path):
    _, (verdict,) = concluded(tmp_path)
    assert verdict.sentence == (
        "Yes in noticing dead workers, what becomes of requests and what a client has to write: there "
        "long is better than short. It depends in what a request costs (long is better: at loss "
        "20%; short: at loss 1% … 5%).")
    by_subject = {one.subject: one for one in verdict.grounds}
    assert by_subject["what becomes of requests"].better[0][0] == "at loss 5% … 20%"
    assert "most at loss 20%: 92.00" in by_subject["what becomes of requests"].better[0][1]
    assert by_subject["what a client has to write"].better[1] == ("client", "all of it: 90 against 800 lines")
    lines = made.study()
    lines[3] = made.claim("short", "long")
    _, (verdict,) = concluded(tmp_path / "other", lines)
    assert verdict.sentence.startswith("No in noticing dead workers, what becomes of requests and")


def test_where_a_claim_depends_every_scenario_is_told(tmp_path):
    better = {"detection": ("s", {text: (3, 1, 0.1) for text in ("1%", "5%")})}
    mixed = {"detection": ("s", {"1%": (3, 1, 0.1), "5%": (1, 3, 0.1)})}
    lines = made.study(["1%", "5%"], better)
    calm = [line | {"scenario": "calm"} for text in ("1%", "5%")
            for line in made.point_lines(text, metrics=mixed)]
    lines[-1:-1] = [made.scenario(name="calm", metrics=["detection"]), *calm]
    (noticing,), (verdict,) = concluded(tmp_path, lines)
    told = [text for text in noticing.sentences if text.startswith("Noticing a dead worker (")]
    assert ["all" in text for text in told] == [True, False] and "calm" in told[1]
    assert "It depends in noticing dead workers (long is better: all; calm at loss 1%; short: calm at " \
        "loss 5%)." in verdict.sentence


def test_a_claim_about_which_nothing_was_seen(tmp_path):
    lines = made.differ(made.study(metrics={"latency": made.METRICS["detection"]}), 0, 1, ["latency"])
    lines[1]["sources"] = lines[2]["sources"] = None
    _, (verdict,) = concluded(tmp_path, lines)
    assert verdict.sentence == "No difference was seen in how long answers take."


def test_the_page_concludes_first(text):
    page = Page(text)
    short = page.text("y1-conclusion")
    assert short.startswith("In short Is it right to be long? Yes in noticing dead workers")
    assert "What has to be written? client, keep-alive, and finding out that a peer is dead: short " \
        "80, long 9 lines" in short
    grounds = page.text("y1-questions")
    assert "Is it right to be long? Yes in" in grounds
    assert "long is better short is better no difference seen noticing dead workers" in grounds


def test_of_how_many_deaths_a_time_is_told_stands_beside_it(tmp_path):
    metrics = {"detection": made.METRICS["detection"],
               "noticed": ("share", {text: (0.52, 0.99, 0.01) for text in ("1%", "5%", "20%")})}
    lines = made.study(metrics=metrics)
    page = Page((report(tmp_path, lines) / "report.html").read_text("utf-8"))
    assert "short 3.50 s (of 52.00 % of the deaths) → 3.90 s (of 52.00 % of the deaths)" in page.text(
        "y1-conclusion")
    assert "3.50 s [3.35 to 3.65] of 52.00 % of the deaths" in page.text("y1-answer")
    assert "0.90 s against 3.50 s (of 99.00 % against 52.00 % of the deaths)" in said(
        load(tmp_path / "study").study.scenarios["all"])["detection"].replace("\u202f", " ")


@pytest.mark.parametrize("value, half, text", [
    (0.0123, 0.0004, "12.30\u202fms"), (12.3, 0.04, "12.30\u202fs"), (12.3, 1e-6, "12.30\u202fs"), (3, 0, "3\u202fs"),
    (0.5, 0, "500\u202fms"), (1234567, 1000, "1\u202f234\u202f567\u202fs"), (0, 0, "0\u202fs"),
    (-0.00001, 0.5, "−10\u202fµs")])
def test_a_figure_has_as_many_digits_as_its_interval_allows(value, half, text):
    assert quantity("s", value, half) == text


def test_figures_of_one_sentence_have_one_unit():
    assert figures("s", [0.5, 2.0], 0.1) == (["0.50", "2.00"], "s")
    assert figures("s", [0.5], 0.1, like=[2.0]) == (["0.50"], "s")
    assert swept(1_500_000_000, "ns") == "1.5\u202fs" and swept(12500, "millionth") == "1.25\u202f%"
