# SPDX-License-Identifier: MIT
"""What the report makes of bench.jsonl."""

import json
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import sample  # noqa: E402
import sample_backends as made  # noqa: E402
from report_test import Page  # noqa: E402
from uripc_reports import plots  # noqa: E402
from uripc_reports.bench import at_one_size, groups, sentence  # noqa: E402
from uripc_reports.command import main  # noqa: E402
from uripc_reports.lead import lead  # noqa: E402
from uripc_reports.results import load  # noqa: E402
from uripc_reports.schema import RESULTS  # noqa: E402


def loaded(tmp_path, lines=None):
    return load(made.write_bench(tmp_path / "bench", lines)).bench


def group(tmp_path, mode, size, lines=None):
    found = groups(loaded(tmp_path, lines))
    return next(g for g in found if (g.mode, g.size) == (mode, size))


def bench_of(*samples, **header):
    names = dict.fromkeys(s["backend"] for s in samples)
    head = made.bench()[0] | {"backends": [{"name": name} for name in names]} | header
    return [head, *samples, {"kind": "footer", "partial": False}]


def closed(backend, *rates, first=1, **more):
    return [made.measured(backend, 1024, "stream", n, rate, None, **more)
            for n, rate in enumerate(rates, first)]


def test_every_line_of_the_sample_fits_the_schema():
    names = {"header": "bench_header", "footer": "bench_footer"}
    for value in made.bench():
        assert RESULTS.problem(value, names.get(value["kind"], value["kind"])) is None


def test_fastest_first_void_last(tmp_path):
    found = group(tmp_path, "stream", 1024)
    assert [s.backend for s in found.series] == ["pipe", "native", "mailbox", "bus"]
    assert found.title == "One way, 1 KiB"
    assert found.series[-1].void == "related cases failed"


def test_a_warm_up_is_kept_but_never_counted(tmp_path):
    lines = bench_of(*closed("a", 1, first=0), *closed("a", 100, 120, 110))
    (series,) = group(tmp_path, "stream", 1024, lines).series
    assert len(series.runs) == 4 and series.rate == 110


def test_a_spread_above_ten_per_cent_is_unstable(tmp_path):
    calm, wild = closed("calm", 100, 109, 100), closed("wild", 100, 150, 100)
    found = {s.backend: s for s in group(tmp_path, "stream", 1024, bench_of(*calm, *wild)).series}
    assert (found["calm"].unstable, found["wild"].unstable) == (False, True)


def latencies(tmp_path, *histograms):
    samples = [made.measured("a", 64, "ping", n, 1000, slots)
               for n, slots in enumerate(histograms, 1)]
    (series,) = group(tmp_path, "ping", 64, bench_of(*samples)).series
    (found,) = series.latencies
    return found


def test_histograms_of_repetitions_are_put_together(tmp_path):
    found = latencies(tmp_path, [[10, 900], [20, 90], [30, 10]], [[10, 900], [40, 100]])
    assert found.n == 2000 and found.quantile("p50") == 10
    assert (found.quantile("p90"), found.quantile("p99"), found.quantile("max")) == (10, 40, 40)


@pytest.mark.parametrize("n, told", [(999, False), (1000, True)])
def test_a_percentile_needs_ten_values_above_it(tmp_path, n, told):
    found = latencies(tmp_path, [[10, n]])
    assert (found.quantile("p99") is not None) == told


def test_the_sentence_names_the_fastest_its_field_its_lead_and_its_p99(tmp_path):
    assert sentence(group(tmp_path, "stream", 1024)) == (
        "One way, 1 KiB: native is fastest of 2 measured and valid (mailbox, native); void: bus. "
        "It does 1.52\u202fM messages a second (median of 5, spread 2 %), 3.2 times mailbox "
        "(480\u202fk/s, unstable), the next (99 % interval 2.5–4.2); its latency at 90 % of its "
        "peak (1.37\u202fM/s): p99 124\u202fµs, n = 100\u202f000."
    )


def test_a_lead_whose_interval_reaches_the_margin_is_not_claimed(tmp_path):
    lines = bench_of(*closed("a", 100, 104, 102, 101, 103), *closed("b", 99, 103, 101, 100, 102))
    said = sentence(group(tmp_path, "stream", 1024, lines))
    assert "a has the highest median of 2" in said and "fastest" not in said
    assert "no difference found to b (101/s): ratio 1.0, 99 % interval 1.0–1.0" in said
    few = bench_of(*closed("a", 900, 904), *closed("b", 100, 101))
    assert "too few rounds to tell it from b" in sentence(group(tmp_path, "stream", 1024, few))


def test_the_lead_is_the_trimmed_mean_of_the_logarithms_of_the_rounds_ratios(tmp_path):
    one = closed("a", 10, 20, 20, 20, 9000) + closed("a", 10, 20, 20, 20, 9000)
    warm = closed("a", 1, first=0)
    other = closed("b", 10, 10, 10, 10, 10)
    first, second = group(tmp_path, "stream", 1024, bench_of(*warm, *one, *other)).series
    found = lead(first, second, 1)
    assert found.ratio == pytest.approx(2) and found.low <= 2 <= found.high
    assert found == lead(first, second, 1), "the seed repeats it"


def test_of_round_trips_the_median_ones_are_compared(tmp_path):
    samples = [made.measured(name, 64, "ping", n, 1000, [[trip, 100]])
               for name, trip in (("a", 10_000), ("b", 40_000)) for n in range(1, 6)]
    first, second = group(tmp_path, "ping", 64, bench_of(*samples)).series
    assert lead(first, second, 1).ratio == pytest.approx(4)


def offered(mode, fraction, share, slots=((1000, 5000),)):
    return [made.measured("a", 1024, mode, n, 1000 * share, [list(slot) for slot in slots],
                          load="open", fraction=fraction, offered=1000) for n in (1, 2, 3)]


def test_the_highest_load_that_was_sustained_is_quoted(tmp_path):
    lines = bench_of(*closed("a", 2000), *offered("stream", 0.5, 0.95),
                     *offered("stream", 0.8, 0.94))
    (series,) = group(tmp_path, "stream", 1024, lines).series
    assert series.typical().fraction == 0.5
    section = Page(page(tmp_path, lines)).text("b1-bench")
    assert "940 94 % not sustained" in section and "950 95 % 1.00" in section


def test_latencies_of_an_overloaded_run_are_neither_quoted_nor_drawn(tmp_path):
    lines = bench_of(*closed("a", 2000), *offered("stream", 0.5, 0.6))
    found = group(tmp_path, "stream", 1024, lines)
    assert "sustained none of the loads offered" in sentence(found)
    assert "p99" not in sentence(found) and plots.latencies(found) == ""


def test_round_trips_that_sustain_no_load_are_quoted_as_fast_as_they_go(tmp_path):
    trips = [made.measured("a", 1024, "ping", 1, 2000, [[700, 5000]])]
    found = group(tmp_path, "ping", 1024, bench_of(*trips, *offered("ping", 0.5, 0.6)))
    assert "its latency as fast as it goes: p99 700" in sentence(found)
    assert "a, closed" in plots.latencies(found)


def test_backends_without_figures_are_named_and_have_a_row(tmp_path):
    bench = loaded(tmp_path, bench_of(*closed("a", 100, 100)))
    (found,) = groups(bench, ["a", "other"])
    assert [(s.backend, s.counts) for s in found.series] == [("a", True), ("other", False)]
    assert sentence(found).startswith(
        "One way, 1 KiB: a is the only one of 1 measured and valid (a); not measured: other. ")
    folders = made.write(tmp_path / "runs")
    lines = [line for line in made.bench() if line.get("backend") != "mailbox"]
    lines[0]["backends"] = [b for b in lines[0]["backends"] if b["name"] != "mailbox"]
    made.write_bench(folders[0], lines)
    out = tmp_path / "compare.html"
    assert main(["report", *map(str, folders), "--out", str(out)]) == 0
    section = Page(out.read_text("utf-8")).text("b1-bench")
    assert "void: bus; not measured: mailbox" in section
    assert section.count("mailbox 0 not measured") == 4, "one row for each load"


def test_where_every_figure_is_unstable_nobody_is_ranked(tmp_path):
    lines = bench_of(*closed("a", 100, 200, 300), *closed("b", 10, 20, 30))
    said = sentence(group(tmp_path, "stream", 1024, lines))
    assert said == ("Unstable, no ranking: One way, 1 KiB, of 2 measured and valid (a, b). "
                    "Medians: a 200/s, b 20/s.")


def test_the_short_sentences_are_of_one_size_and_rank_no_unstable_figures(tmp_path):
    lines = bench_of(*closed("a", 100, 200, 300), *closed("b", 10, 20, 30))
    found = groups(loaded(tmp_path, lines))
    assert at_one_size(found, 1024) == [
        "Unstable, no ranking at 1 KiB one way; medians: a 200/s, b 20/s."]
    assert at_one_size(found, 64) == ["Nothing was measured at 64 B."]


def test_void_figures_and_bare_carriers_are_never_fastest(tmp_path):
    lines = bench_of(*closed("a", 500, 500), *closed("b", 100, 100), *closed("bare", 900, 900))
    lines[0]["backends"][2]["bare"] = True
    lines.insert(-1, {"kind": "void", "backend": "a", "size": 1024, "reason": "a case failed"})
    assert ": b is the only one of 1 measured and valid (b); void: a. It does 100" in sentence(
        group(tmp_path, "stream", 1024, lines))
    lines.insert(-1, {"kind": "void", "backend": "b", "mode": "stream", "reason": "x"})
    assert "no backend has figures that count" in sentence(group(tmp_path, "stream", 1024, lines))


def test_plots_are_well_formed_and_show_every_repetition(tmp_path):
    found = group(tmp_path, "stream", 1024)
    svg = ET.fromstring(plots.rates(found))
    circles = [e.get("class") for e in svg.iter("circle")]
    assert sum(c.startswith("dot") for c in circles) == 20
    assert sum(c.startswith("warmup") for c in circles) == 4
    lines = [e for e in ET.fromstring(plots.latencies(found)).iter("polyline")]
    assert len(lines) == 3, "none for figures that are void"
    for element in svg.iter():
        assert not {"fill", "stroke"} & set(element.attrib), "colours are the style sheet's"


def page(tmp_path, lines=None, run=None):
    folder = made.write_bench(tmp_path / "run", lines)
    if run:
        sample.write(folder, run, [])
    assert main(["report", str(folder)]) == 0
    return (folder / "report.html").read_text("utf-8")


def test_a_bench_alone_makes_a_page(tmp_path):
    text = page(tmp_path)
    found = Page(text)
    assert "<title>uripc: performance</title>" in text
    section = found.text("b1-bench")
    assert "One way, 1 KiB: native is fastest" in section
    assert "interval of 95 % confidence" in section
    assert "native 1.52 M" in section and "0.79 [0.77–0.82]" in section
    assert "void related cases failed: large-messages, routing-2" in section
    assert "unstable" in section and "a processor at 3 GHz" in section
    assert "pipe bare carrier" in section and "baseline" in section


def test_a_bench_stands_beside_the_results_of_the_same_folder(tmp_path):
    found = Page(page(tmp_path, run=made.bus()))
    assert {"r1-failures", "b1-bench"} <= set(found.ids)
    hrefs = [a.get("href") for tag, a in found.elements if tag == "a"]
    assert "#r1-case-large-messages" in hrefs and "#b1-bench" in hrefs


@pytest.mark.parametrize(
    "change, sentence",
    [(lambda b: b[:-1], "Partial bench: it did not end"),
     (lambda b: b[:-1] + [b[-1] | {"partial": True}], "Partial bench: it was interrupted")],
)
def test_a_partial_bench_says_so(tmp_path, change, sentence):
    assert sentence in Page(page(tmp_path, change(made.bench()))).text("b1-bench")


@pytest.mark.parametrize(
    "change, message",
    [({"mode": "sideways"}, "member mode: expected one of stream, ping"),
     ({"rate": -1}, "member rate: expected at least 0, found -1"),
     ({"latency": {"n": 3}}, 'expected a member "histogram" in latency')],
)
def test_a_bad_sample_is_refused(tmp_path, capsys, change, message):
    lines = made.bench()
    lines[1] |= change
    folder = made.write_bench(tmp_path / "run", lines)
    assert main(["report", str(folder)]) == 3
    error = capsys.readouterr().err
    assert "bench.jsonl:2: sample: " in error and message in error


def test_only_what_is_required_is_enough(tmp_path):
    plain = {"kind": "sample", "backend": "x", "size": 0, "mode": "stream", "load": "closed",
             "repeat": 1, "warmup": False, "count": 0, "seconds": 0, "rate": 0}
    head = {"kind": "header", "format": 1, "of": "bench", "backends": []}
    ratio = {"kind": "ratio", "backend": "x", "baseline": "y", "size": 0, "mode": "stream",
             "ratio": 1, "low": 0, "high": 2, "n": 1}
    text = page(tmp_path, [head, plain, ratio, {"kind": "footer"}])
    assert "1.0 [0.0–2.0]" in Page(text).text("b1-bench")


def test_empty_histograms_do_no_harm(tmp_path):
    one = made.measured("a", 64, "ping", 1, 10, None) | {"latency": {"n": 0, "histogram": []}}
    page(tmp_path, bench_of(one))


def test_text_from_outside_stays_text(tmp_path):
    one = made.measured(sample.HOSTILE, 64, "stream", 1, 10, None)
    text = page(tmp_path, bench_of(one))
    assert text.count("<script>") == 1 and "<img" not in text and "\u202e" not in text
    assert json.dumps(text) and not re.search(r"\x00", text)
