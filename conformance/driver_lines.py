# SPDX-License-Identifier: MIT
"""Holds conversations with drivers against spec/driver.schema.json, for the Python tests."""

import json
from pathlib import Path

import jsonschema

SCHEMA = json.loads(
    (Path(__file__).resolve().parent.parent / "spec/driver.schema.json").read_text("utf-8")
)


def problem(line, definition):
    """What is wrong with a line, as a sentence; None: nothing."""
    validator = jsonschema.Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{definition}"})
    error = jsonschema.exceptions.best_match(validator.iter_errors(line))
    return error and f"{error.json_path}: {error.message}"


def definition_of(line, verbs):
    """Which definition a driver's line must keep; `verbs` are the commands by their ids."""
    if "event" in line:
        return "event"
    special = f"reply_{verbs.get(line.get('id'))}"
    return special if special in SCHEMA["$defs"] else "reply"


def problems(commands, lines):
    """All that is wrong with a driver's lines after these commands."""
    verbs = {command["id"]: command.get("do") for command in commands}
    found = [(line, problem(line, definition_of(line, verbs))) for line in lines]
    return [f"{json.dumps(line)}: {text}" for line, text in found if text]
