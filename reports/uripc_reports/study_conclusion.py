# SPDX-License-Identifier: MIT
"""The answer in short: a sentence and a few lines for each question a reader has, and for each claim
of the study, where the data bear it out. Made of the data and of what the study declares alone."""

from dataclasses import dataclass, field

from .study_designs import source_lines
from .study_findings import against, at, crossing_place, lead, listed, names, steps_of
from .study_summary import ends, row
from .study_words import QUESTIONS, metric
from .text import plural


@dataclass
class Line:
    """One metric in one scenario."""

    scenario: object
    place: str  # the scenario's name, where a study has several
    metric: object
    cells: list  # one for each design
    findings: list  # of every pair
    best: list  # (who is beaten by nobody, where)


@dataclass
class Answer:
    """To one question."""

    question: object
    sentences: list
    lines: list

    @property
    def scenarios(self):
        """[(scenario, what the two values of a cell are, lines)]"""
        groups = {}
        for line in self.lines:
            groups.setdefault(line.scenario.name, []).append(line)
        return [(lines[0].scenario, ends(lines[0].scenario), lines) for lines in groups.values()]


@dataclass
class Ground:
    """What the data say of a claim in one respect; lists of (where, of what and by how much)."""

    subject: str
    better: list = field(default_factory=list)
    worse: list = field(default_factory=list)
    same: list = field(default_factory=list)


@dataclass
class Verdict:
    """On one claim."""

    claim: dict
    sentence: str
    grounds: list


def answers(study, found):
    """Of the questions to which the study measures something; `found` are its findings by scenario."""
    made = []
    for question in QUESTIONS:
        names = _names(study, question)
        lines = [_line(scenario, name, found[scenario.name], len(study.scenarios) > 1)
                 for scenario in study.scenarios.values() for name in names
                 if name in scenario.metrics]
        if lines:
            made.append(Answer(question, _sentences(study, names, lines), lines))
    return made


def _sentences(study, names, lines):
    if len(study.designs) < 2:
        return []
    said = [_values(study, line) for name in names for line in lines
            if line.metric.name == name and _differs(line)]
    said += [_unbeaten(study, lines) if len(lines) > 1 else "", _crossings(lines)]
    return [text for text in said if text]


def _names(study, question):
    """The metrics that answer it; of those that only may, the first that is measured."""
    there = {name for scenario in study.scenarios.values() for name in scenario.metrics}
    first = [name for name in question.first if name in there]
    return first or [name for name in question.others if name in there][:1]


def _line(scenario, name, found, several):
    some = [one for one in found if one.metric.name == name]
    place = scenario.name if several else ""
    return Line(scenario, place, metric(name), row(scenario, name, found), some, _best(scenario, some))


def _best(scenario, found):
    """Who is beaten by nobody, and where."""
    groups = {}
    for point in scenario.along(scenario.points):
        beaten = {one.loser for finding in found for one in finding.comparisons
                  if one.point is point}
        best = tuple(name for name in scenario.designs if name not in beaten)
        groups.setdefault(best, []).append(point)
    return [("no difference seen" if len(best) == len(scenario.designs)
             else listed(sorted(best)) or "nobody",
             steps_of(scenario, points) if len(groups) > 1 else "")
            for best, points in groups.items()]


def _differs(line):
    return any(one.winner for finding in line.findings for one in finding.comparisons)


def _values(study, line):
    """Of each design."""
    place = ", ".join(filter(None, [line.place, ends(line.scenario)]))
    values = ", ".join(f"{design} {_short(cell)}" for design, cell in _best_first(study, line))
    best = "; ".join(f"{who} at {steps}" if steps else who for who, steps in line.best)
    return f"{line.metric.title}{f' ({place})' if place else ''}: {values}. Best: {best}."


def _best_first(study, line):
    """By what a cell ends with, and then by what it begins with."""
    sign = -1 if line.metric.better > 0 else 1
    return sorted(zip(study.designs, line.cells),
                  key=lambda pair: ([sign * mean for mean in pair[1].means[::-1]], pair[0]))


def _short(cell):
    said = [f"{text} ({rest})" if rest and not rest.startswith("of all") else text
            for text, _, rest in cell.values]
    return f" {cell.joint} ".join(dict.fromkeys(said)) or "nothing to measure"


def _unbeaten(study, lines):
    """How often each design is beaten nowhere."""
    counts = {}
    for design in study.designs:
        count = sum(all(not finding.lost(design) for finding in line.findings) for line in lines)
        counts.setdefault(count, []).append(design)
    said = [f"{listed(sorted(designs))} in {count}"
            for count, designs in sorted(counts.items(), reverse=True) if count]
    return f"Never beaten, of {plural(len(lines), 'line')} of the table below: " \
           f"{'; '.join(said) or 'nobody in any'}."


def _crossings(lines):
    found = [f"{names(finding.designs)} {crossing_place(one)} "
             f"({', '.join(filter(None, [line.metric.title, line.place]))})"
             for line in lines for finding in line.findings for one in finding.crossings]
    return f"They cross: {'; '.join(found)}." if found else "No two designs cross."


def verdicts(study, made):
    return [_verdict(study, claim, made) for claim in study.claims]


def _verdict(study, claim, made):
    designs = claim["better"], claim["worse"]
    grounds = [_ground(answer.question.subject, designs, answer.lines) for answer in made]
    grounds += _code(study, designs)
    better, worse = designs
    said = [("Yes in {}: there " + f"{better} is better than {worse}.",
             [one.subject for one in grounds if one.better and not one.worse]),
            ("No in {}: there " + f"{worse} is better than {better}.",
             [one.subject for one in grounds if one.worse and not one.better]),
            ("It depends in {}.", [_depends(designs, one) for one in grounds
                                   if one.better and one.worse]),
            ("No difference was seen in {}.",
             [one.subject for one in grounds if not one.better and not one.worse])]
    return Verdict(claim, " ".join(text.format(listed(subjects))
                                   for text, subjects in said if subjects), grounds)


def _depends(designs, ground):
    places = ["; ".join(dict.fromkeys(place for place, _ in side))
              for side in (ground.better, ground.worse)]
    return f"{ground.subject} ({designs[0]} is better: {places[0]}; {designs[1]}: {places[1]})"


def _ground(subject, designs, lines):
    """Lines in which the first is better, in which the second is, and in which neither is."""
    ground = Ground(subject)
    for line in lines:
        finding = next((one for one in line.findings if set(one.designs) == set(designs)), None)
        if not finding:
            continue
        for side, design in zip((ground.better, ground.worse), designs):
            if finding.won(design):
                side.append(_lead(line, finding.won(design), len(finding.comparisons)))
        if not any(one.winner for one in finding.comparisons):
            ground.same.append((line.place, line.metric.title))
    return ground


def _lead(line, won, points):
    """(where, of what and by how much)"""
    some = at(line.scenario, [one.point for one in won]) if len(won) < points else ""
    place = " ".join(filter(None, [line.place, some])) or "everywhere"
    most = max(won, key=lambda one: one.size)
    like = list(most.means.values())
    there = f", most at {most.point.text}" if len(won) > 1 else ""
    return place, (f"{line.metric.title}{there}: {against(most, like)}, "
                   f"{lead(line.scenario, most, like)}")


def _code(study, designs):
    """The same of the lines of each side’s source, where there is no chance."""
    places = [list(study.designs).index(design) for design in designs]
    grounds = {}
    for side, concern, counts in source_lines(study):
        one, other = (counts[place] for place in places)
        if one is not None and other is not None:
            ground = grounds.setdefault(side, Ground(f"what a {side} has to write"))
            less = ground.better if one < other else ground.worse if other < one else ground.same
            less.append((side, f"{concern}: {min(one, other)} against "
                               f"{plural(max(one, other), 'line')}"))
    return list(grounds.values())
