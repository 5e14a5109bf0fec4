# SPDX-License-Identifier: MIT
"""Checks one JSON value against results.schema.json or study.schema.json.

Only the keywords that these schemas use are understood, so that a schema stays the one place
where the format is written down and no further package is needed to enforce it.
"""

import json
import math
import re
from pathlib import Path

TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool) and _finite(v),
    "null": lambda v: v is None,
}


def _finite(value):
    """Python's JSON knows NaN and Infinity, and makes the latter of 1e999."""
    return isinstance(value, int) or math.isfinite(value)


def shown(value):
    """A value as an error message shows it: as JSON, and short."""
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


class Schema:
    """The definitions of one file of reports/."""

    def __init__(self, name):
        path = Path(__file__).parent.parent / name
        self.definitions = json.loads(path.read_text("utf-8"))["$defs"]

    def problem(self, value, definition):
        """Why `value` is not what $defs/`definition` asks for, as a sentence; None when it is."""
        return self._problem(value, self.definitions[definition], "")

    def complete(self, value, definition):
        """Gives a checked object, and the objects in it, null for each optional member left out."""
        self._complete(value, self.definitions[definition])
        return value

    def _referred(self, schema):
        return self.definitions[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema

    def _problem(self, value, schema, path):
        schema = self._referred(schema)
        return (
            _wrong_value(value, schema, path)
            or self._wrong_members(value, schema, path)
            or self._wrong_items(value, schema, path)
        )

    def _wrong_members(self, value, schema, path):
        if not isinstance(value, dict):
            return None
        for name in schema.get("required", []):
            if name not in value:
                return f'expected a member "{name}"' + (f" in {path}" if path else "")
        prefix = path + "." if path else ""
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, member in value.items():
            expected = properties.get(name, others)
            found = expected and self._problem(member, expected, prefix + name)
            if found:
                return found
        return None

    def _wrong_items(self, value, schema, path):
        if not isinstance(value, list) or "items" not in schema:
            return None
        for index, item in enumerate(value):
            found = self._problem(item, schema["items"], f"{path}[{index}]")
            if found:
                return found
        return None

    def _complete(self, value, schema):
        schema = self._referred(schema)
        if isinstance(value, dict):
            for name, member in schema.get("properties", {}).items():
                value.setdefault(name, None)
                self._complete(value[name], member)
        elif isinstance(value, list) and "items" in schema:
            for item in value:
                self._complete(item, schema["items"])


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
    if isinstance(value, (int, float)) and value > schema.get("maximum", value):
        return _expected(path, f"at most {schema['maximum']:g}", value)
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        return _expected(path, f"text like {schema['pattern']}", value)
    return None


RESULTS = Schema("results.schema.json")
STUDY = Schema("study.schema.json")
