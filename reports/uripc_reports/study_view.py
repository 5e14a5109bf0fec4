# SPDX-License-Identifier: MIT
"""What the page shows of each study; no HTML here."""

import shlex
from dataclasses import dataclass

from . import study_laws
from .links import anchor
from .quantity import figures, swept, with_unit
from .study import COUNTED
from .study_compare import compare
from .study_findings import findings
from .study_plots import plots
from .study_summary import certainty, overview
from .study_trends import trends
from .study_words import ENDS, FIRED, LINES, metric
from .text import plural


@dataclass
class MetricSection:
    key: str  # its anchor
    metric: object
    findings: list
    trends: list  # sentences
    laws: list  # (the law, sentences on how the designs agree with it)
    plots: list


@dataclass
class Row:
    """One metric at one point: a cell for each design, then one for each difference."""

    metric: object
    cells: list  # (text, interval, n)
    differences: list  # (text, interval, n, who is better)


@dataclass
class ScenarioSection:
    key: str  # its anchor
    scenario: object
    overview: list  # (metric, a cell for each design)
    metrics: list
    tables: list  # (point, rows)
    facts: list  # (name, value)

    def metric_key(self, name):
        return f"{self.key}-{anchor(name)}"


@dataclass
class StudySection:
    """All that the page shows of one study."""

    key: str  # prefix of its anchors
    directory: str
    study: object
    parameters: dict  # by design
    banners: list
    scenarios: list
    lines: list  # (what they deal with, {design: how many})
    certainty: str
    mathematics: str
    fired: list  # (scenario, point, design, line)
    counted: list  # (name, meaning) of what is counted
    end: str
    facts: list  # (name, value)
    command: str

    @property
    def header(self):
        return self.study.header


def study_sections(sources):
    return [_section(f"y{place}-", source)
            for place, source in enumerate(sources, 1) if source.study]


def _section(key, source):
    study = source.study
    scenarios = [_scenario(f"{key}s{place}", one)
                 for place, one in enumerate(study.scenarios.values(), 1)]
    return StudySection(
        key=key,
        directory=str(source.directory),
        study=study,
        parameters={name: parameters(study, line) for name, line in study.designs.items()},
        banners=banners(study),
        scenarios=scenarios,
        lines=lines_of_code(study),
        certainty=certainty([finding for one in scenarios for part in one.metrics
                             for finding in part.findings]),
        mathematics=study_laws.summary(study),
        fired=[(scenario, point, design, point.fired[design])
               for scenario in study.scenarios.values() for point in scenario.points
               for design in study.designs if design in point.fired],
        counted=[(name, FIRED[name]) for name in COUNTED if any(
            line[name] is not None for point in study.points for line in point.fired.values())],
        end=end(study),
        facts=_facts(study),
        command=command(study),
    )


def _scenario(key, scenario):
    found = findings(scenario)
    return ScenarioSection(
        key=key,
        scenario=scenario,
        overview=overview(scenario, found),
        metrics=[MetricSection(f"{key}-{anchor(name)}", metric(name),
                               [f for f in found if f.metric.name == name],
                               trends(scenario, name), _laws(scenario, name),
                               plots(scenario, name)) for name in scenario.metrics],
        tables=[(point, _rows(scenario, point)) for point in scenario.points],
        facts=_circumstances(scenario),
    )


def _laws(scenario, name):
    by_law = {}
    for one in study_laws.agreements(scenario, name):
        by_law.setdefault(one.law["name"], (one.law, []))[1].append(one.sentence(scenario))
    return list(by_law.values())


def banners(study):
    """Why this is not the whole study; sentences."""
    footer, done = study.footer, sum(point.end is not None for point in study.points)
    wanted = study.header["points"]
    holds = f"it holds {plural(done, 'whole point')}{f' of {wanted}' if wanted else ''}."
    if study.truncated_line:
        return [f"Partial study: the file breaks off in line {study.truncated_line}; {holds}"]
    if footer is None:
        return ["Partial study: the file has no footer, so the study was killed or is still "
                f"running; {holds}"]
    if footer["partial"] or footer["points"] < footer["wanted"]:
        return [f"Partial study ({footer['because']}): {footer['points']} of "
                f"{plural(footer['wanted'], 'point')} are whole."]
    return []


def end(study):
    """How it ended, and after how many runs."""
    ends = [point.end for point in study.points if point.end]
    runs = sum(one["runs"] for one in ends) * len(study.designs)
    reasons = {}
    for one in ends:
        reasons[one["because"]] = reasons.get(one["because"], 0) + 1
    said = "; ".join(f"{plural(count, 'point')} {ENDS[because]}"
                     for because, count in reasons.items())
    return f"{plural(runs, 'run')} in all. {said}." if said else "No point has ended."


def lines_of_code(study):
    """[(what they deal with, {program: how many})], where anything is known."""
    programs = {}
    for name, design in study.designs.items():
        programs.setdefault(design["design"] or name, design)
    found = [(meaning, {name: design[member] for name, design in programs.items()})
             for member, meaning in LINES.items()]
    return [(meaning, counts) for meaning, counts in found if any(counts.values())]


def _rows(scenario, point):
    rows = []
    for name in scenario.metrics:
        lines = [point.values.get((design, name)) for design in scenario.designs]
        if any(lines):
            unit = scenario.unit(name)
            rows.append(Row(metric(name), [_cell(unit, line) for line in lines],
                            [_difference(scenario, point, name, other)
                             for other in scenario.others]))
    return rows


def _cell(unit, estimate, sign=None):
    """(mean, interval, n), with a sign of its own; nothing where nothing was measured."""
    if not estimate or estimate["mean"] is None:
        return "", "", estimate["n"] if estimate else None
    ends = [estimate["mean"], estimate["low"], estimate["high"]]
    half = (ends[2] - ends[1]) / 2 if ends[1] is not None and ends[2] is not None else 0
    (mean, low, high), usual = figures(unit, ends, half)
    text = with_unit(mean, usual if sign is None else sign)
    return text, f"{low} to {high}" if half else "", estimate["n"]


def _difference(scenario, point, name, other):
    line = point.values.get((other, name))
    one = compare(scenario, point, name, other)
    unit = scenario.unit(name)
    return (*_cell(unit, line and line["difference"], "points" if unit == "share" else None),
            one.winner if one else None)


def _facts(study):
    header = study.header
    return [("study", header["study"]), ("uripc", header["uripc"] or "not stated"),
            ("first seed", header["seed"] if header["seed"] is not None else "not stated"),
            ("budget of real time",
             swept(header["budget"], "ns") if header["budget"] else "none"),
            ("fingerprint of all runs",
             (study.footer or {}).get("fingerprint") or "none: the study is not whole")]


def _circumstances(scenario):
    line = scenario.line
    units = line["units"] or {}
    runs = f"{line['runs'][0]} to {line['runs'][-1]}" if line["runs"] else "not stated"
    if line["tight"]:
        runs += f", until tight to {swept(line['tight'], 'millionth')}"
    return [("profile", line["profile"] or "not stated"), ("runs of each design at a point", runs),
            *((name, swept(value, units.get(name)))
              for name, value in (line["knobs"] or {}).items() if name not in line["sweeps"])]


def parameters(study, design):
    """Those in which designs of the same program differ; all where there is but one."""
    some = [other["parameters"] or {} for other in study.designs.values()
            if other["design"] == design["design"]]
    units = design["units"] or {}
    said = [f"resolver {design['resolver']}"] if len(
        {other["resolver"] for other in study.designs.values()}) > 1 else []
    said += [f"{name} {swept(value, units.get(name))}"
             for name, value in (design["parameters"] or {}).items()
             if len(some) == 1 or any(other.get(name) != value for other in some)]
    return ", ".join(said)


def command(study):
    """What repeats it."""
    seed = study.header["seed"]
    return study.header["command"] or (f"uripc study {shlex.quote(study.header['study'])} --seed "
                                       f"{1 if seed is None else seed} --out DIR")
