# SPDX-License-Identifier: MIT
"""What the page shows of each study; no HTML here."""

import shlex
from dataclasses import dataclass

from . import study_laws
from .links import anchor
from .quantity import figures, swept, with_unit
from .study import COUNTED
from .study_compare import compare, family
from .study_conclusion import answers, verdicts
from .study_designs import circumstances, delivery, mechanisms, source_lines
from .study_findings import findings
from .study_plots import plots
from .study_summary import certainty, overview
from .study_told import told
from .study_trends import trends
from .study_words import ENDS, FIRED, metric
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
    """One metric at one point: a cell for each design, then one for each pair."""

    metric: object
    cells: list  # (text, interval, n)
    differences: list  # of the second less the first: (text, interval, n, who is better)


@dataclass
class ScenarioSection:
    key: str  # its anchor
    scenario: object
    overview: object
    metrics: list
    tables: list  # (point, rows)
    load: list  # phrases
    faults: list
    delivery: str
    runs: str

    def metric_key(self, name):
        return f"{self.key}-{anchor(name)}"


@dataclass
class StudySection:
    """All that the page shows of one study."""

    key: str  # prefix of its anchors
    directory: str
    study: object
    mechanisms: list  # what designs are and how they are set
    banners: list
    answers: list  # the conclusion, by question
    verdicts: list  # on the claims of the study
    scenarios: list
    lines: list  # (side, concern, how many in each design)
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

    def of(self, scenario):
        """The section of a scenario."""
        return next(one for one in self.scenarios if one.scenario is scenario)


def study_sections(sources):
    return [_section(f"y{place}-", source)
            for place, source in enumerate(sources, 1) if source.study]


def _section(key, source):
    study, together = source.study, family(source.study)
    found = {one.name: findings(one, together.level) for one in study.scenarios.values()}
    made = answers(study, found)
    return StudySection(
        key=key,
        directory=str(source.directory),
        study=study,
        mechanisms=mechanisms(study),
        banners=banners(study),
        answers=made,
        verdicts=verdicts(study, made),
        scenarios=[_scenario(f"{key}s{place}", one, found[one.name], together.level)
                   for place, one in enumerate(study.scenarios.values(), 1)],
        lines=source_lines(study),
        certainty=certainty(together),
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


def _scenario(key, scenario, found, level):
    load, faults = circumstances(scenario)
    return ScenarioSection(
        key=key,
        scenario=scenario,
        overview=overview(scenario, found),
        metrics=[MetricSection(f"{key}-{anchor(name)}", metric(name),
                               [f for f in found if f.metric.name == name],
                               trends(scenario, name), _laws(scenario, name),
                               plots(scenario, name)) for name in scenario.metrics],
        tables=[(point, _rows(scenario, point, level))
                for point in scenario.along(scenario.points)],
        load=load,
        faults=faults,
        delivery=delivery(scenario),
        runs=_runs(scenario),
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


def _rows(scenario, point, level):
    rows = []
    for name in scenario.metrics:
        lines = [point.values.get((design, name)) for design in scenario.designs]
        if any(lines):
            rows.append(Row(metric(name), [(*told(line), line and line["n"]) for line in lines],
                            [_difference(scenario, compare(scenario, point, name, pair, level))
                             for pair in scenario.pairs]))
    return rows


def _difference(scenario, one):
    if not one or not one.seen:
        return "", "", one and one.n, None
    unit = scenario.unit(one.metric)
    (mean, low, high), sign = figures(unit, one.raw, one.half)
    text = with_unit(mean, "points" if unit == "share" else sign)
    return text, f"{low} to {high}" if one.half else "", one.n, one.winner


def _facts(study):
    header = study.header
    return [("study", header["study"]), ("uripc", header["uripc"] or "not stated"),
            ("first seed", header["seed"] if header["seed"] is not None else "not stated"),
            ("budget of real time",
             swept(header["budget"], "ns") if header["budget"] else "none"),
            ("fingerprint of all runs",
             (study.footer or {}).get("fingerprint") or "none: the study is not whole")]


def _runs(scenario):
    line = scenario.line
    runs = f"{line['runs'][0]} to {line['runs'][-1]}" if line["runs"] else "not stated"
    if line["tight"]:
        runs += f", until tight to {swept(line['tight'], 'millionth')}"
    return runs


def command(study):
    """What repeats it."""
    seed = study.header["seed"]
    return study.header["command"] or (f"uripc study {shlex.quote(study.header['study'])} --seed "
                                       f"{1 if seed is None else seed} --out DIR")
