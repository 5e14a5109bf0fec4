# SPDX-License-Identifier: MIT
"""`uripc study`: designs side by side."""

import re
import shlex
import signal
import statistics
import subprocess
import time
from pathlib import Path

import pytest

from uripc_program import PROGRAM, needs_program, records, run

pytestmark = needs_program

ROOT = Path(__file__).resolve().parent.parent
LOSSY = """
question "Which?"
profile mailslot-remote-nt4
load clients=4 every=200ms time=20s
faults loss=10%
metrics answered duplicates
runs 8..8
"""


def study(tmp_path, text, *arguments, name="a"):
    tmp_path.mkdir(exist_ok=True)
    file = tmp_path / f"{name}.study"
    file.write_text(text, encoding="utf-8")
    done = run("study", file, "--out", tmp_path / name, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return records(tmp_path / name, "study.jsonl")


def values(lines):
    return {(r["design"], r["metric"]): r for r in lines if r["kind"] == "value"}


T = {2: 12.706, 4: 3.182, 8: 2.365, 16: 2.131}  # by the number of pairs


def difference(one, other):
    """(low, high) of the mean of what the other one has more, over pairs of runs."""
    pairs = [b - a for a, b in zip(one["runs"], other["runs"]) if None not in (a, b)]
    half = T[len(pairs)] * statistics.stdev(pairs) / len(pairs) ** 0.5
    return statistics.mean(pairs) - half, statistics.mean(pairs) + half


def test_a_design_does_not_differ_from_itself(tmp_path):
    found = values(study(tmp_path, LOSSY + "design a stateless\ndesign b stateless\n"))
    for metric in ("answered", "duplicates"):
        assert found["a", metric]["runs"] == found["b", metric]["runs"]
    assert found["a", "duplicates"]["mean"] > 0


def test_the_file_has_what_each_run_measured(tmp_path):
    text = LOSSY.replace("duplicates", "duplicates detection") + "faults crash-every=20s\n"
    found = values(study(tmp_path, text + "design a stateless\n"))
    for line in found.values():
        there = [value for value in line["runs"] if value is not None]
        assert (len(line["runs"]), len(there)) == (8, line["n"])
        assert line["mean"] == pytest.approx(statistics.mean(there))
        half = 2.365 * statistics.stdev(there) / 8 ** 0.5
        if line["metric"] == "duplicates":
            assert line["high"] - line["mean"] == pytest.approx(half, rel=1e-3)
            assert line["count"] / line["of"] == pytest.approx(line["mean"], rel=0.05)
    assert "of" not in found["a", "detection"] and found["a", "answered"]["of"] > 1000


def test_an_interval_ends_where_the_metric_ends(tmp_path):
    """Some are answered, nearly all; some are lost, hardly any."""
    text = LOSSY.replace("metrics answered", "metrics lost answered").replace("time=20s", "time=5s")
    found = values(study(tmp_path, text + "faults loss=20%\ndesign a stateless retries=3\n"))
    lost, answered = found["a", "lost"], found["a", "answered"]
    assert lost["low"] == 0 < lost["mean"] and 2 * lost["mean"] < lost["high"]
    assert answered["mean"] < 1 and answered["high"] <= 1


def test_a_planted_difference_is_found_whatever_the_order(tmp_path):
    good, poor = "design good stateless retries=2\n", "design poor stateless retries=0\n"
    one = values(study(tmp_path, LOSSY + good + poor, name="one"))
    other = values(study(tmp_path, LOSSY + poor + good, name="other"))
    low, high = difference(one["good", "answered"], one["poor", "answered"])
    assert high < 0
    assert difference(other["poor", "answered"], other["good", "answered"]) == (-high, -low)


def test_what_comes_out_does_not_depend_on_jobs(tmp_path):
    text = LOSSY + "design a stateless\ndesign b stateless retries=0\nsweep loss 1% 20%\n"
    one = study(tmp_path / "one", text, "--jobs", 1)
    other = study(tmp_path / "two", text, "--jobs", 2)
    assert one[0].pop("command") != other[0].pop("command"), "each has its own folder"
    assert one == other
    assert one[0]["kind"] == "header" and one[0]["study"] == "a"


def test_the_command_of_the_header_repeats_the_study(tmp_path):
    text = LOSSY + "design a stateless\n"
    lines = study(tmp_path / "it's here", text, "--seed", 7)
    program, what, *arguments = shlex.split(lines[0]["command"])
    assert (program, what) == ("uripc", "study")
    (tmp_path / "it's here" / "a" / "study.jsonl").unlink()
    assert run("study", *arguments).returncode == 0
    assert records(tmp_path / "it's here" / "a", "study.jsonl") == lines


def test_a_study_ends_with_its_page_and_says_where_it_is(tmp_path):
    (tmp_path / "a.study").write_text(LOSSY + "design a stateless\n", encoding="utf-8")
    done = run("study", tmp_path / "a.study", "--out", tmp_path / "-o")
    page = tmp_path / "-o" / "report.html"
    assert (done.returncode, done.stderr, done.stdout.splitlines()[-1]) == (0, "", str(page))
    assert "<h1>Which?</h1>" in page.read_text(encoding="utf-8")


def test_the_file_says_how_long_it_goes_on_and_in_which_units(tmp_path):
    text = LOSSY + "design a stateless\nsweep loss 1% 2%\nsweep retries 0 1 2\n" \
        "tight 5%\nbudget 1min\n"
    head, design, only = study(tmp_path, text)[:3]
    assert (head["points"], head["budget"]) == (6, 60 * 10**9)
    assert (only["runs"], only["tight"]) == ([8, 8], 50000)
    assert only["units"] | {"clients": "count", "every": "ns", "loss": "millionth"} == only["units"]
    assert set(only["units"]) == set(only["knobs"])
    units = {one["name"]: one["unit"] for one in design["settings"]}
    assert units["timeout"] == "ns" and units["retries"] == "count"


def test_settings_say_what_they_mean_and_whether_they_have_an_effect(tmp_path):
    lines = study(tmp_path, LOSSY + "design a stateless\ndesign b stateless ping=1s silence=3s\n")
    (ping, silence), (pinged, heard) = (
        [one for one in line["settings"] if one["name"] in ("ping", "silence")]
        for line in lines if line["kind"] == "design")
    assert (ping["value"], ping["zero"], ping["idle"]) == (0, "never", False)
    assert "time between two pings" in ping["text"]
    assert (silence["idle"], heard["idle"], heard["value"]) == (True, False, 3 * 10**9)
    assert pinged["value"] == 10**9 and "zero" not in silence
    swept = study(tmp_path, LOSSY + "design a stateless\nsweep ping 0s 1s\n", name="swept")
    assert not any(one["idle"] for one in swept[1]["settings"])


def test_a_claim_is_in_the_file(tmp_path):
    lines = study(tmp_path, LOSSY + "design a stateless\ndesign b session\n"
                  'claim b a "Is it better?"\n')
    assert [r for r in lines if r["kind"] == "claim"] == [
        {"kind": "claim", "better": "b", "worse": "a", "question": "Is it better?"}]


def test_a_scenario_says_what_its_profile_is(tmp_path):
    text = LOSSY + "design a stateless\n"
    for name, confirmed in (("mailslot-remote-nt4", False), ("local", True)):
        lines = study(tmp_path, text.replace("mailslot-remote-nt4", name), name=name)
        only, = (r for r in lines if r["kind"] == "scenario")
        assert (only["profile"], only["confirmed"]) == (name, confirmed) and only["profile_text"]


SCENARIOS = LOSSY + """design a stateless
design b session
scenario calm "Without losses?"
faults loss=0%
scenario worse "And with more?"
faults loss=20%
metrics lost
sweep retries 0 1
"""


def test_a_scenario_has_circumstances_of_its_own(tmp_path):
    lines = study(tmp_path, SCENARIOS)
    calm, worse = (r for r in lines if r["kind"] == "scenario")
    assert (calm["name"], calm["question"], calm["metrics"], calm["sweeps"]) == (
        "calm", "Without losses?", ["answered", "duplicates"], [])
    assert (worse["metrics"], worse["sweeps"]) == (["lost"], ["retries"])
    assert (calm["knobs"]["loss"], worse["knobs"]["loss"]) == (0, 200000)
    assert calm["knobs"]["clients"] == worse["knobs"]["clients"] == 4
    found = [(r["scenario"], [p["text"] for p in r["point"]], r["metric"]) for r in lines
             if r["kind"] == "value" and r["design"] == "a"]
    assert found == [("calm", [], "answered"), ("calm", [], "duplicates"),
                     ("worse", ["0"], "lost"), ("worse", ["1"], "lost")]
    fired = {r["scenario"]: r["lost"] for r in lines if r["kind"] == "fired"}
    assert fired["calm"] == 0 < fired["worse"]
    assert (lines[-1]["points"], lines[-1]["wanted"]) == (3, 3)


def test_a_study_without_scenarios_has_one(tmp_path):
    only, = (r for r in study(tmp_path, LOSSY + "design a stateless\n") if r["kind"] == "scenario")
    assert (only["name"], only["question"], only["knobs"]["loss"]) == ("all", "Which?", 100000)


def test_a_law_stands_beside_what_it_covers(tmp_path):
    lines = study(tmp_path, SCENARIOS)
    law = {(r["scenario"], r["design"], r["metric"], tuple(p["value"] for p in r["point"])):
           r.get("law") for r in lines if r["kind"] == "value"}
    found = law["worse", "a", "lost", (1,)]
    assert (found["name"], found["value"]) == ("repeated requests", pytest.approx(0.2 ** 2))
    assert found["tolerance"] == 0.01 and found["source"].startswith("W. Feller")
    assert law["calm", "a", "answered", ()]["value"] == 1
    assert law["worse", "b", "lost", (1,)] is None


def test_between_two_points_a_law_is_a_curve(tmp_path):
    text = LOSSY + "design a stateless retries=0\nsweep loss 0% 8% 16%\n"
    curves = [r["law"]["curve"] for r in study(tmp_path, text)
              if r["kind"] == "value" and r["metric"] == "answered"]
    assert [[place for place, _ in curve] for curve in curves] == [
        list(range(0, 80001, 10000)), list(range(80000, 160001, 10000)), []]
    for place, value in curves[0] + curves[1]:
        assert value == pytest.approx((1 - place / 1e6) ** 2)


@pytest.mark.parametrize("every, covered", [("2s", True), ("50ms", False)])
def test_no_law_of_latency_where_requests_queue(tmp_path, every, covered):
    text = LOSSY.replace("every=200ms time=20s", f"every={every} time=9s workers=1 service=5ms")
    found = study(tmp_path, text.replace("duplicates", "latency") + "design a stateless\n")
    assert bool(values(found)["a", "latency"].get("law")) == covered


def test_what_a_session_costs_is_what_can_be_counted(tmp_path):
    text = LOSSY.replace("every=200ms time=20s", "every=30s time=300s").replace("loss=10%", "loss=0%")
    found = values(study(tmp_path, text.replace("duplicates", "messages") +
                         "design plain session beat=0s\ndesign told session beat=0s notice=1\n"))
    for name, expected in (("plain", 3.3), ("told", 3.5)):
        line = found[name, "messages"]
        assert line["law"]["value"] == pytest.approx(expected)
        assert line["mean"] == pytest.approx(expected, abs=0.15)


def test_how_soon_a_crash_is_noticed_is_what_mathematics_says(tmp_path):
    lines = study(tmp_path, """question "When?"
profile mailslot-remote-nt4
load clients=8 workers=3 every=1s time=100s
faults crash-every=40s restart=6s
metrics detection
runs 16..16
design none stateless timeout=1s retries=1
design slow stateless timeout=1s retries=1 ping=1s silence=3s
design fast stateless timeout=1s retries=1 ping=200ms silence=1s
""")
    for name, expected in (("none", 1 / 1.5 + 1), ("slow", 3 - 17 / 48), ("fast", 0.9065)):
        value = values(lines)[name, "detection"]
        assert value["law"]["value"] == pytest.approx(expected, abs=0.001)
        assert value["mean"] == pytest.approx(expected, rel=0.02)


RESOLVERS = """
question "Who should keep the names?"
design table      stateless resolver=table
design daemon     stateless resolver=daemon
design rendezvous stateless resolver=rendezvous
load clients=4 workers=2 every=500ms time=40s
metrics latency stale-window resolver-recovery resolver-messages lookups-failed
runs 8..8
scenario there "While everybody reaches it?"
faults crash-every=5s
scenario away "When it dies, too?"
faults crash-every=5s resolver-crash-every=10s resolver-cut-every=10s
"""


def test_designs_of_one_study_may_differ_in_who_keeps_the_names(tmp_path):
    lines = study(tmp_path, RESOLVERS)
    assert [r["resolver"] for r in lines if r["kind"] == "design"] == [
        "table", "daemon", "rendezvous"]
    found = {(r["scenario"], r["design"], r["metric"]): r for r in lines if r["kind"] == "value"}
    for design in ("table", "daemon", "rendezvous"):
        line = found["there", design, "stale-window"]
        half = (line["high"] - line["low"]) / 2
        assert abs(line["mean"] - line["law"]["value"]) <= 2.5 * half
    assert found["there", "daemon", "stale-window"]["law"]["value"] == pytest.approx(0.000275)
    assert "law" not in found["away", "daemon", "stale-window"]
    # Answers go to names of their own: none comes before the restart, 1 s, and the grace, 1 s.
    table, daemon, rendezvous = (found["away", name, "resolver-recovery"]
                                 for name in ("table", "daemon", "rendezvous"))
    assert difference(table, daemon)[0] > 1
    assert difference(table, rendezvous)[1] < 0.01
    fired = {(r["scenario"], r["design"]): r for r in lines if r["kind"] == "fired"}
    assert fired["away", "daemon"]["resolver_crashes"] > 0 < fired["away", "daemon"]["resolver_cuts"]
    assert fired["away", "table"]["resolver_crashes"] == 0


def test_another_seed_is_another_study(tmp_path):
    text = LOSSY + "design a stateless\n"
    footers = [study(tmp_path, text, "--seed", seed)[-1]["fingerprint"] for seed in (1, 1, 2)]
    assert footers[0] == footers[1] != footers[2]


def test_faults_are_counted_as_they_fire(tmp_path):
    text = LOSSY + "faults crash-every=5s pause-every=5s duplicate=5%\ndesign a stateless\n"
    fired = next(r for r in study(tmp_path, text) if r["kind"] == "fired")
    assert all(fired[name] > 0 for name in
               ("requests", "lost", "duplicated", "crashes", "restarts", "pauses", "events"))


@pytest.mark.parametrize(
    "line, words",
    [
        ("fault loss=1%", "expected question, design, claim, load"),
        ("question Which?", "expected the question in quotes"),
        ("design x", "expected: design NAME DESIGN"),
        ("design x stateles", 'there is no design "stateles"'),
        ("design a stateless", "there is already a design called a"),
        ("design x stateless retry=1", 'has no parameter "retry"'),
        ("design x stateless timeout=1", "timeout: expected a time such as 500ms"),
        ("design x ./missing.so", "missing.so"),
        ("design x stateless resolver=demon", "resolver: expected table, daemon or rendezvous"),
        ('claim a b "Is it?"', 'expected: claim BETTER WORSE "QUESTION", two designs above'),
        ('claim a a "Is it?"', "expected: claim BETTER WORSE"),
        ("claim a", "expected: claim BETTER WORSE"),
        ("load clients", "expected knob=value"),
        ("load clinets=1", 'there is no knob "clinets"'),
        ("faults loss=1", "loss: expected a share such as 1%"),
        ("faults loss=101%", "at most 100%"),
        ("load clients=1.5", "expected a whole number"),
        ("profile pigeon", "expected the name of a profile"),
        ("sweep colour red", '"colour" is neither a knob nor a parameter'),
        ("sweep loss", "expected: sweep NAME VALUE..."),
        ("metrics speed", 'there is no metric "speed"'),
        ("metrics answered", "answered is there twice"),
        ("runs 1..5", "expected runs LEAST..MOST"),
        ("tight close", "expected tight PERCENT"),
        ("budget 5", "expected budget TIME"),
        ("scenario calm", 'expected: scenario NAME "QUESTION"'),
        ('scenario Calm "What?"', "a name of lowercase letters"),
    ],
)
def test_a_wrong_line_is_named_with_what_was_expected(tmp_path, line, words):
    file = tmp_path / "x.study"
    file.write_text(f"{LOSSY}design a stateless\n{line}\n", encoding="utf-8")
    done = run("study", file)
    assert done.returncode == 3
    assert re.search(r"x\.study:\d+: ", done.stderr)
    assert words in done.stderr


@pytest.mark.parametrize("missing", ["question", "metrics", "design"])
def test_a_study_without_what_it_needs_is_refused(tmp_path, missing):
    text = LOSSY + "design a stateless\n"
    file = tmp_path / "x.study"
    file.write_text("\n".join(line for line in text.splitlines() if not line.startswith(missing)))
    done = run("study", file)
    assert (done.returncode, f"expected a line: {missing}" in done.stderr) == (3, True)


def test_a_study_that_does_not_exist_is_refused():
    done = run("study", "no-such")
    assert (done.returncode, "`uripc list studies`" in done.stderr) == (3, True)


def test_an_interrupted_study_keeps_what_it_has(tmp_path):
    file = tmp_path / "long.study"
    file.write_text(LOSSY.replace("8..8", "8..50000") + "tight 0.0001%\n"
                    "design a stateless retries=1\ndesign b stateless retries=2\n"
                    "sweep loss 0% 50%\n", encoding="utf-8")
    out = tmp_path / "out" / "study.jsonl"
    with subprocess.Popen([PROGRAM, "study", file, "--out", out.parent],
                          stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not (out.exists() and '"end"' in out.read_text()) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    lines = records(out.parent, "study.jsonl")
    assert lines[-1]["kind"] == "footer"
    assert (lines[-1]["points"], lines[-1]["wanted"], lines[-1]["partial"]) == (1, 2, True)
    assert any(r["kind"] == "value" for r in lines)


def test_the_design_of_the_spec_takes_part(tmp_path):
    """Follows "A design of one's own" of study.md to the letter."""
    text = (ROOT / "spec" / "study.md").read_text(encoding="utf-8")
    text = text[text.index("## A design of one's own"):]
    code, command, file = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    (tmp_path / "once.c").write_text(code, encoding="utf-8")
    command = command.replace("$(pkg-config --cflags uripc)", f"-Wall -I{ROOT}/spec/include")
    subprocess.run(command, shell=True, check=True, cwd=tmp_path, timeout=60)
    found = values(study(tmp_path, file + "runs 8..8\n"))
    assert found["stateless", "answered"]["mean"] > found["once", "answered"]["mean"] > 0.8


def test_a_design_with_layers_may_come_in_a_shared_object(tmp_path):
    source = (ROOT / "simulator/study/programs/session.c").read_text(encoding="utf-8")
    (tmp_path / "own.c").write_text(source + """
const struct uripc_design *uripc_design(void)
{
    return &study_session;
}
""", encoding="utf-8")
    subprocess.run(["cc", "-std=c11", "-shared", "-fPIC", f"-I{ROOT}", f"-I{ROOT}/spec/include",
                    "own.c", "-o", "own.so"], check=True, cwd=tmp_path, timeout=60)
    lines = study(tmp_path, LOSSY.replace("runs 8..8", "runs 2..2") +
                  "design ours session\ndesign own ./own.so\n")
    found = values(lines)
    for metric in ("answered", "duplicates"):
        assert found["ours", metric]["runs"] == found["own", metric]["runs"]
    assert found["own", "answered"]["mean"] == 1


def test_a_design_that_crashes_is_told(tmp_path):
    (tmp_path / "bad.c").write_text("""#include <stdlib.h>
#include <uripc/study.h>
static void die(void *state, const struct uripc_program_host *host)
{
    (void)state;
    (void)host;
    abort();
}
static void ask(void *state, const struct uripc_program_host *host, const struct uripc_ask *ask)
{
    (void)ask;
    die(state, host);
}
static const struct uripc_program program = {sizeof program, 8, die, NULL, die, ask};
static const struct uripc_design design = {.size = sizeof design,
    .version = URIPC_DESIGN_VERSION, .name = "bad", .text = "dies", .client = &program,
    .worker = &program};
const struct uripc_design *uripc_design(void)
{
    return &design;
}
""")
    subprocess.run(["cc", "-shared", "-fPIC", f"-I{ROOT}/spec/include", "bad.c", "-o", "bad.so"],
                   check=True, cwd=tmp_path, timeout=60)
    (tmp_path / "bad.study").write_text(LOSSY + "design bad ./bad.so\n")
    done = run("study", tmp_path / "bad.study")
    assert (done.returncode, "a design has crashed" in done.stderr) == (4, True)


def test_two_scenarios_of_one_name_are_refused(tmp_path):
    file = tmp_path / "x.study"
    file.write_text(SCENARIOS + 'scenario calm "Again?"\n', encoding="utf-8")
    done = run("study", file)
    assert (done.returncode, "already a scenario called calm" in done.stderr) == (3, True)


# The regions of a design's source: (side, concern): those that always count, those that count with
# a parameter.
ALL, PINGS, BEATS, AGAIN = None, "ping=1s", "beat=1s", "remember=4"
SOURCES = {
    "stateless": {("client", ALL): ["SHARED", "CLIENT"], ("client", "liveness"): ["CLIENT_LIVENESS"],
                  ("client", "recovery"): ["NEXT_WORKER", "ASKING_AGAIN"],
                  ("worker", ALL): ["SHARED", "WORKER"]},
    "session": {("client", ALL): ["SHARED", "CLIENT"], ("client", "recovery"): ["RECOVERY"],
                ("worker", ALL): ["SHARED", "WORKER"]},
}
OPTIONAL = {
    "stateless": {PINGS: {("client", "liveness"): ["CLIENT_PINGS"],
                          ("worker", "liveness"): ["WORKER_PINGS"]},
                  AGAIN: {("worker", "repeats"): ["REPEATS"]}},
    "session": {BEATS: {("client", "liveness"): ["LIVENESS"], ("worker", "liveness"): ["LIVENESS"]},
                AGAIN: {("worker", "repeats"): ["REPEATS"]}},
}


def lines_between(source, name):
    bounds = (source.index(f"enum {{ {name} = __LINE__ }};\n"),
              source.index(f"enum {{ {name}_END = __LINE__ }};\n"))
    return source.count("\n", *bounds) - 1


@pytest.mark.parametrize("design, settings", [
    ("stateless", []), ("stateless", [PINGS]), ("stateless", [PINGS, AGAIN]),
    ("session", []), ("session", [BEATS]), ("session", [BEATS, AGAIN])])
def test_lines_of_a_design_are_counted_from_its_source(tmp_path, design, settings):
    source = (ROOT / f"simulator/study/programs/{design}.c").read_text(encoding="utf-8")
    beats = "" if BEATS in settings or design == "stateless" else "beat=0s"
    lines = study(tmp_path, LOSSY.replace("time=20s", "time=1s") +
                  f"design a {design} {beats} {' '.join(settings)}\n")
    told, expected = {}, {}
    for one in next(r for r in lines if r["kind"] == "design")["sources"]:
        key = one["side"], one.get("concern")
        told[key] = told.get(key, 0) + one["lines"]
    for key, names in SOURCES[design].items():
        expected[key] = sum(lines_between(source, name) for name in names)
    for setting, parts in OPTIONAL[design].items():
        for (side, concern), names in parts.items():
            count = sum(lines_between(source, name) for name in names)
            there = setting in settings
            expected[side, concern] = expected.get((side, concern), 0) + count * there
            expected[side, ALL] -= count * (not there)
    assert told == expected


@pytest.mark.parametrize("design", ["stateless", "session"])
def test_no_region_of_a_source_is_left_out(design):
    source = (ROOT / f"simulator/study/programs/{design}.c").read_text(encoding="utf-8")
    parts = [SOURCES[design], *OPTIONAL[design].values()]
    used = {name for part in parts for names in part.values() for name in names}
    assert used == {name for name in re.findall(r"enum { (\w+) = __LINE__ };", source)
                    if not name.endswith("_END")}


def test_studies_and_designs_are_listed():
    assert "mailslot-retries" in run("list", "studies").stdout
    assert ".study:" not in run("list", "studies").stdout
    assert [line.split()[0] for line in run("list", "designs").stdout.splitlines()] == [
        "stateless", "session", "activation"]


def test_starting_on_demand_costs_time_and_saves_workers(tmp_path):
    """The shipped study, at some of its points."""
    text = (ROOT / "simulator/study/studies/activation.study").read_text(encoding="utf-8")
    text = text.replace("sweep every 1s 10s 60s", "sweep every 60s")
    text = text.replace("sweep crash-every 1ms 1s 10s 100s", "sweep crash-every 1ms 1s")
    text = text.replace("runs 8..16", "runs 4..4").replace("time=300s", "time=120s")
    assert len(re.findall("sweep .*s$", text, re.MULTILINE)) == 2 and text.count("10s 100s") == 0
    lines = study(tmp_path, text)
    found = {(r["point"][0]["text"], r["design"], r["metric"]): r
             for r in lines if r["kind"] == "value"}

    def more(at, design, metric):
        return difference(found[at, "kept", metric], found[at, design, metric])
    assert more("60s", "on-demand", "latency")[0] > 0
    assert more("60s", "on-demand", "running")[1] < 0
    assert more("1ms", "protected", "starts")[1] < 0
    assert more("1ms", "protected", "giving-up")[1] < -3
    assert more("1s", "protected", "answered")[1] < 0


def test_the_question_itself_is_answered_in_all_its_scenarios(tmp_path):
    """The shipped study, with runs that are fewer and shorter."""
    text = (ROOT / "simulator/study/studies/stateless-vs-session.study").read_text("utf-8")
    text = re.sub(r"time=[36]00s", "time=120s", re.sub(r"runs \d+..\d+", "runs 2..2", text))
    text = text.replace("30s 10s 3s 1s 300ms", "1s 300ms").replace("1s 300ms 100ms", "300ms 100ms")
    lines = study(tmp_path, re.sub(r"(sweep [a-z-]+ \S+ \S+).*", r"\1", text))
    assert not lines[-1]["partial"]
    means = {(r["scenario"], r["design"], r["metric"], r["point"][0]["text"]): r["mean"]
             for r in lines if r["kind"] == "value" and "mean" in r}

    def mean(scenario, metric, at, design):
        return means[scenario, design, metric, at]

    def all_of(*where):
        return [mean(*where, design) for design in ("stateless", "pings", "session", "no-beats")]
    stateless, pings, session, no_beats = all_of("quiet-to-busy", "messages", "100ms")
    assert stateless < pings < no_beats < session
    stateless, pings, session, no_beats = all_of("power-fails", "detection", "1s")
    assert stateless < session < pings < no_beats
    stateless, pings, session, no_beats = all_of("losses", "duplicates", "1%")
    assert stateless > 0 < pings and session == no_beats == 0
    assert all_of("losses", "answered", "1%")[2:] == [1, 1]


def test_many_clients_are_all_answered(tmp_path):
    """The shipped study, with fewer clients and for a shorter time; sessions cost an acknowledgement
    more than the two messages of a request and its answer."""
    text = (ROOT / "simulator/study/studies/ten-thousand-clients.study").read_text("utf-8")
    small = text.replace("clients=10000 workers=64", "clients=200 workers=4")
    small = small.replace("time=10min", "time=10s")
    assert "clients=200 workers=4" in small and "time=10s\n" in small
    means = {(r["design"], r["metric"]): r["mean"]
             for r in study(tmp_path, small) if r["kind"] == "value"}
    assert means["pings", "answered"] == means["session", "answered"] == 1
    assert 2 < means["pings", "messages"] < 3 < means["session", "messages"] < 4
    assert means["pings", "latency"] < 0.01 > means["session", "latency"]


def test_retries_over_a_lossy_mailslot_gain_what_mathematics_says(tmp_path):
    """With loss p, s = (1 - p)^2, r retries: 1 - (1 - s)^(r + 1) are answered."""
    assert run("study", "mailslot-retries", "--out", tmp_path).returncode == 0
    lines = [r for r in records(tmp_path, "study.jsonl")
             if r["kind"] == "value" and r["metric"] == "answered"]
    assert len(lines) == 18
    for line in lines:
        p, r = line["point"][0]["value"] / 1e6, line["point"][1]["value"]
        expected = 1 - (1 - (1 - p) ** 2) ** (r + 1)
        half = (line["high"] - line["low"]) / 2
        assert abs(line["mean"] - expected) < 2.5 * half + 0.001
