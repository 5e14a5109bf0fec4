# SPDX-License-Identifier: MIT
"""Whether what was measured is what mathematics says, within the tolerance that is stated."""

from dataclasses import dataclass

from .quantity import figures, swept, with_unit
from .study_findings import where
from .text import plural

AGREES, DIFFERS, RARE = "agrees", "differs", "rare"


@dataclass
class Check:
    """A value for which there is a closed form."""

    point: object
    value: dict

    @property
    def expected(self):
        return self.value["law"]["value"]

    @property
    def verdict(self):
        """The interval, widened by the tolerance, holds what is expected; where every run has
        measured the same, the interval says nothing."""
        room = abs(self.expected) * (self.value["law"]["tolerance"] or 0)
        low, high = (self.value[end] if self.value[end] is not None else self.value["mean"]
                     for end in ("low", "high"))
        if low - room <= self.expected <= high + room:
            return AGREES
        return RARE if low == high else DIFFERS

    @property
    def deviation(self):
        return abs(self.value["mean"] - self.expected) / (abs(self.expected) or 1)


@dataclass
class Agreement:
    """One law of one metric and one design, at every point that it covers."""

    design: str
    law: dict
    checks: list

    def sentence(self, scenario):
        tolerance = swept((self.law["tolerance"] or 0) * 1e6, "millionth")
        judged = [check for check in self.checks if check.verdict != RARE]
        rare = len(self.checks) - len(judged)
        few = f" At {plural(rare, 'point')} every run measured the same, " \
              f"which tells nothing of rare events." if rare else ""
        if not judged:
            return f"{self.design} cannot be held against it." + few
        wrong = [check for check in judged if check.verdict == DIFFERS]
        if wrong:
            worst = max(wrong, key=lambda check: check.deviation)
            return (f"{self.design} differs from it {_where(scenario, wrong)}by more than its "
                    f"interval and the tolerance of {tolerance}: {_both(scenario, worst)}"
                    f"{worst.point.text and f' at {worst.point.text}'}." + few)
        return (f"{self.design} agrees with it {_where(scenario, judged)}within its interval and "
                f"the tolerance of {tolerance}." + few)


def _where(scenario, checks):
    text = where(scenario, [check.point for check in checks])
    return f"{text} " if text else ""


def _both(scenario, check):
    value = check.value
    half = (value["high"] - value["low"]) / 2 if value["high"] is not None else 0
    (mean, expected), sign = figures(scenario.unit(value["metric"]),
                                     [value["mean"], check.expected], half)
    return f"{with_unit(mean, sign)} was measured, {with_unit(expected, sign)} expected"


def agreements(scenario, name):
    """Of one metric, by design and law."""
    found = {}
    for point in scenario.points:
        for (design, metric), value in point.values.items():
            if metric == name and value["law"] and value["mean"] is not None:
                law = value["law"]
                found.setdefault((design, law["name"]), []).append(Check(point, value))
    return [Agreement(design, checks[0].value["law"], checks)
            for (design, _), checks in found.items()]


def summary(study):
    """Over all scenarios and metrics, in a sentence; nothing where no law covers anything."""
    checks = [check for scenario in study.scenarios.values() for name in scenario.metrics
              for one in agreements(scenario, name) for check in one.checks]
    if not checks:
        return ""
    count = {verdict: sum(check.verdict == verdict for check in checks)
             for verdict in (AGREES, DIFFERS, RARE)}
    said = f"{count[AGREES]} of {plural(len(checks), 'value')} for which there is a closed form " \
           f"agree with it within the stated tolerance"
    said += f"; {count[DIFFERS]} differ" if count[DIFFERS] else "; none differs"
    return said + (f"; {count[RARE]} are of events too rare to tell." if count[RARE] else ".")
