# SPDX-License-Identifier: MIT
"""Checks one JSON value against results.schema.json.

Only the keywords that this schema uses are understood, so that the schema stays the one place
where the format is written down and no further package is needed to enforce it.
"""

import json
import re
from pathlib import Path

SCHEMA = json.loads((Path(__file__).parent.parent / "results.schema.json").read_text("utf-8"))

TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "null": lambda v: v is None,
}


def shown(value):
    """A value as an error message shows it: as JSON, and short."""
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def problem(value, definition):
    """Why `value` is not what $defs/`definition` asks for, as a sentence; None when it is."""
    return _problem(value, SCHEMA["$defs"][definition], "")


def _problem(value, schema, path):
    if "$ref" in schema:
        return _problem(value, SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]], path)
    return (
        _wrong_value(value, schema, path)
        or _wrong_members(value, schema, path)
        or _wrong_items(value, schema, path)
    )


def _expected(path, what, value):
    where = f"member {path}: " if path else ""
    return f"{where}expected {what}, found {shown(value)}"


def _wrong_value(value, schema, path):
    if "const" in schema and value != schema["const"]:
        return _expected(path, shown(schema["const"]), value)
    if "enum" in schema and value not in schema["enum"]:
        choices = ", ".join(str(v) for v in schema["enum"] if v is not None)
        return _expected(path, "one of " + choices, value)
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(TYPES[name](value) for name in types):
        return _expected(path, " or ".join(types), value)
    if isinstance(value, (int, float)) and value < schema.get("minimum", value):
        return _expected(path, f"at least {schema['minimum']}", value)
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        return _expected(path, f"text like {schema['pattern']}", value)
    return None


def _wrong_members(value, schema, path):
    if not isinstance(value, dict):
        return None
    for name in schema.get("required", []):
        if name not in value:
            return f'expected a member "{name}"' + (f" in {path}" if path else "")
    prefix = path + "." if path else ""
    properties, others = schema.get("properties", {}), schema.get("additionalProperties")
    for name, member in value.items():
        expected = properties.get(name, others)
        found = expected and _problem(member, expected, prefix + name)
        if found:
            return found
    return None


def _wrong_items(value, schema, path):
    if not isinstance(value, list) or "items" not in schema:
        return None
    for index, item in enumerate(value):
        found = _problem(item, schema["items"], f"{path}[{index}]")
        if found:
            return found
    return None


def complete(value, definition):
    """Gives a checked object, and the objects in it, null for each optional member left out."""
    _complete(value, SCHEMA["$defs"][definition])
    return value


def _complete(value, schema):
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    if isinstance(value, dict):
        for name, member in schema.get("properties", {}).items():
            value.setdefault(name, None)
            _complete(value[name], member)
    elif isinstance(value, list) and "items" in schema:
        for item in value:
            _complete(item, schema["items"])
