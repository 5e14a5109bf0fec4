# SPDX-License-Identifier: MIT
"""driver.schema.json says what driver-protocol.md and the headers say, and refuses what they do."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

SPEC = Path(__file__).resolve().parent
PAGE = (SPEC / "driver-protocol.md").read_text(encoding="utf-8")
SCHEMA = json.loads((SPEC / "driver.schema.json").read_text(encoding="utf-8"))
DEFS = SCHEMA["$defs"]


def is_valid(line, definition=None):
    schema = {**SCHEMA, "$ref": f"#/$defs/{definition}"} if definition else SCHEMA
    return jsonschema.Draft202012Validator(schema).is_valid(line)


def section(title):
    return re.search(rf"^## {title}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]


def rows(title, table=0):
    """The cells of a table of a section, without its head."""
    found = re.findall(r"(?:^\|.*\|\n)+", section(title), re.MULTILINE)[table]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in found.splitlines()[2:]]


def words(text):
    return re.findall(r"`([a-z0-9_-]+)`", text)


def members(cell):
    """The required and the optional members that a cell names; a parenthesis explains one."""
    found = re.findall(r"`([a-z0-9_]+)`(\??)", re.sub(r"\([^)]*\)", "", cell))
    return {m for m, mark in found if not mark}, {m for m, mark in found if mark}


def of_command(name):
    """The required and the optional members of a command, by the schema."""
    then = next((c["then"] for c in DEFS["command"]["allOf"]
                 if c["if"]["properties"]["do"]["const"] == name), {})  # fmt: skip
    required = set(then.get("required", []))
    return required, set(then.get("properties", {})) - required


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_commands_are_those_of_the_page():
    names = [words(row[0])[0] for row in rows("Commands")]
    assert DEFS["command"]["properties"]["do"]["enum"] == names


@pytest.mark.parametrize(
    "name, cell", [(words(row[0])[0], row[1]) for row in rows("Commands") if "below" not in row[1]]
)
def test_a_command_has_the_members_of_the_page(name, cell):
    required, optional = members(cell)
    assert of_command(name)[0] == required
    assert optional <= of_command(name)[1]
    assert "options" in cell or optional == of_command(name)[1]


def test_the_options_are_those_of_the_page():
    text = re.search(r"Options are left out.*?\n\n", PAGE, re.DOTALL)[0]
    explained = {w for group in re.findall(r"\(([^)]*)\)", text) for w in words(group)}
    named = {row for name, cell in ((words(r[0])[0], r[1]) for r in rows("Commands"))
             if "options" in cell for row in of_command(name)[1] - members(cell)[1]}  # fmt: skip
    assert named == set(words(text)) - explained


@pytest.mark.parametrize("row", rows("Load"), ids=lambda row: row[0])
def test_a_load_has_the_members_of_the_page(row):
    required, optional = members(row[1])
    by_mode = {c["if"]["properties"]["mode"]["const"]: set(c["then"]["required"])
               for c in DEFS["load_command"]["allOf"]}  # fmt: skip
    assert by_mode[words(row[0])[0]] == required
    assert required | optional < set(DEFS["load_command"]["properties"])


def test_the_results_of_a_load_are_those_of_the_page():
    text = re.search(r"The reply has in `load`:(.*?)a list of pairs", PAGE, re.DOTALL)[1]
    named = set(words(text)) - {"ping", "sink"}
    assert set(DEFS["load"]["properties"]) == named


def test_the_manifest_and_the_state_are_those_of_the_page():
    cells = {words(row[0])[0]: row[1] for row in rows("Replies and events") if "to" in row[0]}
    assert set(DEFS["manifest"]["required"]) == members(cells["hello"])[0]
    assert set(DEFS["info"]["properties"]) == members(cells["info"])[0] - {"info"}
    assert set(DEFS["session"]["properties"]) == members(cells["peek"])[0] - {"session"}


def test_calls_that_complete_are_the_commands_with_an_overlapped():
    started = [name for name in DEFS["command"]["properties"]["do"]["enum"]
               if "overlapped" in of_command(name)[0] and name != "cancel"]  # fmt: skip
    assert DEFS["call"]["enum"] == started


def test_the_events_are_those_of_the_page():
    named = [words(row[0])[0] for row in rows("Replies and events") if row[0].startswith("event")]
    assert DEFS["event"]["properties"]["event"]["anyOf"][0]["enum"] == named


def test_a_completion_has_the_members_of_the_page():
    text = re.search(r"A completion has .*?\n\n(- .*?)\n\n", PAGE, re.DOTALL)[0]
    others = {"definite", "ok", "discard", "layout"}
    assert set(DEFS["completion"]["properties"]) == set(words(text)) - others


@pytest.mark.parametrize(
    "definition, header, row",
    [
        ("status", "status.h", r'X\(\d+, [A-Z_]+, "([a-z-]+)"'),
        ("capability", "backend.h", r'X\(\d+, [A-Z0-9]+, "([a-z0-9-]+)"'),
        ("binding", "backend.h", r'X\(\d+, [A-Z]+, "([a-z]+)"'),
    ],
)
def test_the_words_are_those_of_the_headers(definition, header, row):
    text = (SPEC / "include/uripc" / header).read_text(encoding="utf-8")
    if header == "backend.h":
        first, second = text.split("enum uripc_capability {")
        text = first if definition == "capability" else second
    of_drivers = ["load"] if definition == "capability" else []
    assert DEFS[definition]["enum"] == re.findall(row, text) + of_drivers


@pytest.mark.parametrize(
    "header, struct, definition",
    [
        ("options.h", "uripc_limits", "limits"),
        ("layers.h", "uripc_layer_limits", "layer_limits"),
    ],
)
def test_the_limits_are_those_of_the_header(header, struct, definition):
    text = (SPEC / "include/uripc" / header).read_text(encoding="utf-8")
    body = re.search(rf"struct {struct} {{(.*?)}};", text, re.DOTALL)[1]
    assert list(DEFS[definition]["properties"]) == re.findall(r"uint32_t (\w+);", body)


def test_the_conversation_of_the_page_is_valid():
    lines = re.findall(r"^([<>]) (\{.*\})$", PAGE, re.MULTILINE)
    assert len(lines) > 5
    for direction, line in lines:
        assert is_valid(json.loads(line)), line
        assert is_valid(json.loads(line), "command") == (direction == ">")


COMPLETION = {"event": "completion", "overlapped": 1, "status": "ok"}
STATE = {"kind": "group", "messages": 0, "bytes": 0, "next": None, "receives": 0, "waiting": 0,
         "dropped": 0}  # fmt: skip
SESSION = {"state": "open", "status": "ok", "mode": "bytes", "bytes": 0, "left": None, "unread": 0}
MANIFEST = {"protocol": 1, "name": "toy", "version": "1", "binding": "api", "capabilities": []}


@pytest.mark.parametrize(
    "definition, line",
    [
        ("command", {"id": 1, "do": "send", "overlapped": 1, "handle": 1, "target": "a:/",
                     "data": {"null": 3}}),
        ("command", {"id": 1, "do": "register", "overlapped": 0, "name": {"base64": "/w=="}}),
        ("reply", {"id": 1, "status": "pending", "more": [1]}),
        ("reply", {"id": 1, "error": "what?"}),
        ("reply_info", {"id": 1, "status": "ok", "info": STATE}),
        ("reply_info", {"id": 1, "status": "invalid-handle"}),
        ("reply_peek", {"id": 1, "status": "ok", "session": SESSION}),
        ("command", {"id": 1, "do": "connect", "overlapped": 1, "target": "a:/", "silence": 1,
                     "detector": "freshness", "notice": True}),
        ("command", {"id": 1, "do": "open", "process": "A", "realm": "/r", "layers": {}}),
        ("event", {**COMPLETION, "call": "session-receive", "status": "more", "left": 3}),
        ("reply_hello", {"id": 1, "status": "ok", **MANIFEST}),
        ("reply_hello", {"id": 1, "status": "ok", **MANIFEST, "capabilities": ["telepathy"]}),
        ("event", {**COMPLETION, "lengths": [1, 2, 3], "written": "AAAA", "principal": 0}),
        ("event", {"event": "yawn"}),
    ],
)  # fmt: skip
def test_allows_what_the_page_allows(definition, line):
    assert is_valid(line, definition)


@pytest.mark.parametrize(
    "definition, line",
    [
        ("command", {"id": 1, "do": "dance"}),
        ("command", {"do": "poll"}),
        ("command", {"id": 1, "do": "open", "process": "A"}),
        ("command", {"id": 1, "do": "receive", "overlapped": 1, "handle": 1}),
        ("command", {"id": 1, "do": "receive", "overlapped": 1, "handle": 1, "buffer": -1}),
        ("command", {"id": 1, "do": "send", "overlapped": 1, "handle": 1, "target": "a\0b"}),
        ("command", {"id": 1, "do": "load", "mode": "stream", "handle": 1, "target": "a:/"}),
        ("reply", {"status": "ok"}),
        ("reply", {"id": 1}),
        ("reply", {"id": 1, "status": "okay"}),
        ("reply", {"id": 1, "status": "ok", "error": "but"}),
        ("reply", {"id": "1", "status": "ok"}),
        ("reply", [1]),
        ("reply_hello", {"id": 1, "status": "ok"}),
        ("reply_hello", {"id": 1, "status": "ok", **MANIFEST, "binding": "none"}),
        ("reply_hello", {"id": 1, "status": "ok", **MANIFEST, "capabilities": "group"}),
        ("reply_info", {"id": 1, "status": "ok"}),
        ("reply_info", {"id": 1, "status": "ok", "info": {**STATE, "next": [1, 2]}}),
        ("reply_peek", {"id": 1, "status": "ok", "session": {**SESSION, "state": "shut"}}),
        ("command", {"id": 1, "do": "session-receive", "overlapped": 1, "handle": 1}),
        ("command", {"id": 1, "do": "listen", "overlapped": 1, "name": "a:/", "mode": "lines"}),
        ("reply_poll", {"id": 1, "status": "ok"}),
        ("reply_load", {"id": 1, "status": "ok", "load": {"count": 1}}),
        ("event", {"event": "completion", "status": "ok"}),
        ("event", {**COMPLETION, "overlapped": 0}),
        ("event", {**COMPLETION, "lengths": [1, 2, 2**32]}),
        ("event", {**COMPLETION, "incarnation": ""}),
        ("event", {**COMPLETION, "message_id": 7}),
        ("event", {**COMPLETION, "written": "A"}),
        ("event", {**COMPLETION, "data": {"null": 1}}),
        ("event", {**COMPLETION, "certainty": "maybe"}),
        ("event", {"event": "violation"}),
        ("event", {"event": 1}),
    ],
)  # fmt: skip
def test_refuses_what_the_page_refuses(definition, line):
    assert not is_valid(line, definition)
    assert definition not in ("command", "reply", "event") or not is_valid(line)
