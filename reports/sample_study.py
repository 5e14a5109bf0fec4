# SPDX-License-Identifier: MIT
"""Writes a small made-up study.jsonl, for tests and for looking at: one design is better here,
the other there, and they cross.

    /usr/bin/python3 sample_study.py DIR
"""

import json
import math
import sys
from pathlib import Path

RUNS = 9
T = 2.306  # of eight degrees of freedom


def _normed(values):
    """With mean 0 and deviation 1."""
    mean = sum(values) / RUNS
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / (RUNS - 1))
    return [(value - mean) / deviation for value in values]


# What runs have in common, and what they do not.
LUCK = _normed(range(RUNS))
OTHER = _normed([abs(place - RUNS // 2) for place in range(RUNS)])
COMMON = 7 / 8  # so that differences of pairs deviate half as much as the runs


# Means of both designs, and by how much pairs differ from their mean, at each loss.
METRICS = {
    "detection": ("s", {"1%": (3.5, 0.9, 0.2), "5%": (3.6, 0.95, 0.2), "20%": (3.9, 1.2, 0.3)}),
    "answered": ("share", {"1%": (0.97, 0.9702, 0.004), "5%": (0.95, 0.975, 0.004),
                           "20%": (0.8, 0.92, 0.01)}),
    "messages": ("", {"1%": (2.1, 3.6, 0.1), "5%": (2.8, 3.8, 0.1), "20%": (5.9, 4.4, 0.2)}),
    "late": ("", {"1%": (0, 0, 0), "5%": (0, 0, 0), "20%": (3, 3.2, 1.5)}),
    "state": ("bytes", {"1%": (2048, 5120, 0), "5%": (2048, 5120, 0), "20%": (2048, 5120, 0)}),
}


def runs(mean, spread, common=1.0):
    rest = math.sqrt(1 - common**2)
    return [mean + spread * (common * luck + rest * other) for luck, other in zip(LUCK, OTHER)]


def estimate(values):
    """Mean and interval of runs, as they are in the file."""
    there = [value for value in values if value is not None]
    mean = sum(there) / len(there)
    squares = sum((value - mean) ** 2 for value in there)
    half = T * math.sqrt(squares / (RUNS - 1) / RUNS)
    return {"n": len(there), "mean": mean, "low": mean - half, "high": mean + half, "runs": values}


def coordinate(text):
    return {"name": "loss", "text": text, "value": int(float(text[:-1]) * 10000),
            "unit": "millionth"}


def value(point, design, metric, unit, **more):
    return {"kind": "value", "scenario": "all", "point": point, "design": design, "metric": metric,
            "unit": unit} | more


def header(**changes):
    return {
        "kind": "header", "format": 1, "uripc": "0.1.0", "study": "sample",
        "command": "uripc study sample --seed 1 --out DIR",
        "question": "Does the short one or the long one do better?",
        "seed": 1, "points": 3, "budget": 60 * 10**9,
    } | changes


def scenario(**changes):
    return {
        "kind": "scenario", "name": "all",
        "question": "Does the short one or the long one do better?",
        "profile": "mailslot-remote-nt4", "runs": [8, 9], "tight": 50000,
        "knobs": {"clients": 8, "every": 500_000_000, "loss": 10000},
        "units": {"clients": "count", "every": "ns", "loss": "millionth"},
        "metrics": list(METRICS), "sweeps": ["loss"],
    } | changes


def design(name, lines, **settings):
    return {"kind": "design", "name": name, "design": name, "text": f"the {name} one",
            "sources": [{"side": "client", "concern": "liveness", "lines": lines},
                        {"side": "client", "lines": 10 * lines}],
            "settings": [{"name": one, "value": value, "unit": "ns", "text": f"how long a {one} is"}
                         for one, value in settings.items()]}


def claim(better="long", worse="short", question="Is it right to be long?"):
    return {"kind": "claim", "better": better, "worse": worse, "question": question}


def point_lines(text, names=("short", "long"), metrics=None):
    place, lines = [coordinate(text)], []
    for metric, (unit, points) in (metrics or METRICS).items():
        *means, spread = points[text]
        for name, mean, common in zip(names, means, (1.0, COMMON)):
            lines.append(value(place, name, metric, unit, **estimate(runs(mean, spread, common))))
    for name in names:
        lines.append({"kind": "fired", "scenario": "all", "point": place, "design": name, "runs": RUNS,
                      "requests": 900, "lost": 40, "duplicated": 0, "crashes": 12, "restarts": 12,
                      "pauses": 0, "events": 20000})
    return [*lines, {"kind": "end", "scenario": "all", "point": place, "runs": RUNS,
                    "because": "tight"}]


def differ(lines, mean, spread, metrics=tuple(METRICS), texts=("1%", "5%", "20%")):
    """Makes long differ from short by that much in the mean, and differences deviate by `spread`."""
    for line in lines:
        if line["kind"] == "value" and line["metric"] in metrics and \
                line["point"][0]["text"] in texts:
            if line["design"] == "short":
                first = line["runs"]
            else:
                line |= estimate([one + mean + spread * other for one, other in zip(first, OTHER)])
    return lines


def study(texts=("1%", "5%", "20%"), metrics=None, **changes):
    lines = [header(**changes), design("short", 80, timeout=10**9), design("long", 9, beat=10**8),
             claim(), scenario(metrics=list(metrics or METRICS))]
    for text in texts:
        lines += point_lines(text, metrics=metrics)
    return [*lines, {"kind": "footer", "points": len(texts), "wanted": len(texts),
                     "partial": False, "because": "tight", "fingerprint": "00000000000000aa"}]


def write(directory, lines=None):
    directory.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(line) + "\n" for line in (study() if lines is None else lines))
    (directory / "study.jsonl").write_text(text, "utf-8")
    return directory


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
