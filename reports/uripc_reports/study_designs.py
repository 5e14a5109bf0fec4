# SPDX-License-Identifier: MIT
"""What designs are, how they are set, what one has to write for them, and under which circumstances
they are compared; in words."""

from dataclasses import dataclass

from .quantity import swept
from .study_words import CONCERNS, KNOBS

NO_EFFECT = "no effect"


@dataclass
class Mechanism:
    """One program of which a study has designs."""

    text: str
    designs: list  # their names
    settings: list  # (name, what it means, its value in each design)

    def apart(self, place):
        """The settings in which a design differs from others of its program."""
        return ", ".join(f"{name} {values[place]}" for name, _, values in self.settings
                         if len(set(values)) > 1 and values[place] != NO_EFFECT)


def mechanisms(study):
    """One for each program, in the study's order."""
    groups = {}
    for name, line in study.designs.items():
        groups.setdefault((line["design"], line["text"]), []).append(name)
    return [Mechanism(text or design or names[0], names, _settings(study, names))
            for (design, text), names in groups.items()]


def _settings(study, names):
    by_name, sets = {}, [study.designs[name] for name in names]
    for place, line in enumerate(sets):
        for setting in line["settings"] or []:
            _, values = by_name.setdefault(setting["name"], (setting["text"], [""] * len(names)))
            values[place] = _setting(study, setting)
    found = [(name, text or "", values) for name, (text, values) in by_name.items()]
    if len({line["resolver"] for line in study.designs.values()}) > 1:
        found.append(("resolver", "who keeps the names", [line["resolver"] for line in sets]))
    return found


def _setting(study, setting):
    if any(setting["name"] in scenario.line["sweeps"] for scenario in study.scenarios.values()):
        return "swept"
    if setting["idle"]:
        return NO_EFFECT
    if setting["value"] == 0 and setting["zero"]:
        return setting["zero"]
    return swept(setting["value"], setting["unit"])


def source_lines(study):
    """[(side, concern, lines of each design)]; empty where no design tells any."""
    keys = {}
    for place, line in enumerate(study.designs.values()):
        for source in line["sources"] or []:
            key = source["side"], source["concern"]
            counts = keys.setdefault(key, [None] * len(study.designs))
            counts[place] = (counts[place] or 0) + source["lines"]
    sides = list(dict.fromkeys(side for side, _ in keys))
    return [(side, CONCERNS.get(concern, concern), keys[side, concern])
            for side in sides for concern in _concerns(keys, side) if any(keys[side, concern])]


def _concerns(keys, side):
    """The whole comes last."""
    return sorted((concern for of, concern in keys if of == side), key=lambda one: one is None)


def circumstances(scenario):
    """(load, faults): phrases; what is swept has its first and its last value."""
    line, load, faults = scenario.line, [], []
    knobs, units = line["knobs"] or {}, line["units"] or {}
    steps = {sweep.name: sweep for sweep in scenario.sweeps}

    def there(name):
        return name in steps or knobs.get(name, 0) != 0
    for name, value in knobs.items():
        knob = KNOBS.get(name)
        if not knob or (knob.needs and not there(knob.needs)):
            continue
        if name in steps:
            said = " → ".join(dict.fromkeys([steps[name].texts[0], steps[name].texts[-1]]))
        elif value == knob.unless:
            continue
        else:
            said = swept(value, units.get(name))
        (faults if knob.fault else load).append(knob.words.format(said))
    return load, faults


def delivery(scenario):
    line = scenario.line
    said = ", ".join(filter(None, [line["profile"], line["profile_text"]]))
    return f"{said}; no send is confirmed" if line["confirmed"] is False else said
