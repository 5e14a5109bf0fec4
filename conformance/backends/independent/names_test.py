# SPDX-License-Identifier: MIT
"""Canonical names: every row of the tables of the spec's first chapter, and what they leave out."""

import random
import re
from pathlib import Path

import pytest

import names

CHAPTER = Path(__file__).resolve().parents[3] / "spec" / "1-names.md"
LIMIT = 1024


def rows(columns):
    """The rows of the chapter's tables that have so many columns, without their headings."""
    found = []
    for line in CHAPTER.read_text(encoding="utf-8").splitlines():
        cells = re.findall(r"`([^`]*)`|(refused)", line) if line.startswith("| `") else []
        cells = [text or None for text, _ in cells]
        if len(cells) == columns:
            found.append(cells)
    return found


THREE = rows(3)
SUFFIXED = THREE.index(["ipc:/GUID1", "RID1", "ipc:/GUID1/RID1"])


def outcome(function, *arguments):
    try:
        return function(*arguments, LIMIT)
    except names.Refused:
        return None


@pytest.mark.parametrize("text, name, target", THREE[:SUFFIXED])
def test_a_uri_is_what_the_table_says(text, name, target):
    assert outcome(names.registered, text.encode()) == name
    assert outcome(names.target, text.encode()) == target
    for canonical in filter(None, (name, target)):
        assert outcome(names.target, canonical.encode()) == canonical  # NAM-18


@pytest.mark.parametrize("name, suffix, source", THREE[SUFFIXED:])
def test_a_suffix_is_what_the_table_says(name, suffix, source):
    assert outcome(names.appended, name, suffix.encode()) == source


def test_both_tables_were_read():
    assert SUFFIXED >= 45
    assert len(THREE) - SUFFIXED >= 15


@pytest.mark.parametrize(
    "address",
    ["::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
     "1:2:3:4:5:6:1.2.3.4", "::255.1.20.0", "1::4:5:6:7:8", "fe80::ABCD"],
)
def test_an_ip_literal_is_taken_in_lowercase(address):
    raw = f"http://[{address}]/".encode()
    assert outcome(names.registered, raw) == f"http://[{address.lower()}]/"


@pytest.mark.parametrize(
    "address",
    ["", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "::g",
     "1:2:3:4:5:6:7:8::", "1::3:4:5:6:7:8:9", "::1.2.3", "::1.2.3.4.5", "::256.1.1.1",
     "::01.2.3.4", "1.2.3.4::", "::1.2.3.4:5", ":1::", "1:", "v1.x", "fe80::1%25eth0", "::1.2.3."],
)
def test_a_malformed_ip_literal_is_refused(address):
    assert outcome(names.registered, f"http://[{address}]/".encode()) is None


@pytest.mark.parametrize(
    "raw",
    [b"ipc:/\xc3%A9", b"ipc:/%C3\xc3\xa9", b"ipc:/%C3/%A9", b"ipc:/a\x00b", b"ipc:/\x7f",
     b"ipc:/\xed\xa0\x80", b"http://[::1]x/", b"http://[::1/", b"http://a:/b:c@d#", b"http://:80/",
     b"ipc://h:1:2/", b"ipc:/[a]", b"ipc:/%", b"ipc:/a%4", b"", b"a" * 33 + b":/"],
)
def test_what_is_no_name_is_refused(raw):
    assert outcome(names.registered, raw) is None


def test_the_length_limit_is_that_of_the_canonical_form():
    assert names.registered(b"ipc:/%61bc//", 8) == "ipc:/abc"
    with pytest.raises(names.Refused):
        names.registered("ipc:/é".encode(), 8)


@pytest.mark.parametrize(
    "parent, text, name",
    [
        ("ipc:/a", b"b", "ipc:/a/b"),
        ("ipc:/a", b"c/d/", "ipc:/a/c/d"),
        ("ipc:/", b"IPC:/b/", "ipc:/b"),
        ("ipc:/a", b"ipc:/a/b/../c", "ipc:/a/c"),
        ("ipc:/a", b"ipc:/a/", None),
        ("ipc:/a", b"ipc:/ab", None),
        ("ipc:/a", b"a" * 33 + b":/b", None),
        ("ipc:/a", b"/", None),
        ("ipc:/a", b"", None),
        ("ipc:/a", b"b//", None),
    ],
)
def test_a_child_lies_below_its_parent(parent, text, name):
    assert outcome(names.below, parent, text) == name


@pytest.mark.parametrize(
    "uri, expected",
    [
        ("ipc:/a/b?x/y", ["ipc:/a/b", "ipc:/a", "ipc:/"]),
        ("ipc:/a//b/", ["ipc:/a//b", "ipc:/a", "ipc:/"]),
        ("ipc:/", ["ipc:/"]),
        ("ipc:/?", ["ipc:/"]),
        ("http://h:8/a", ["http://h:8/a", "http://h:8/"]),
        ("http://h//", ["http://h/"]),
    ],
)
def test_the_prefixes_of_a_target_come_longest_first(uri, expected):
    assert names.prefixes(uri) == expected
    assert all(names.matches(name, uri) for name in expected)


def test_a_name_matches_whole_segments_only():
    assert not names.matches("http://foo/bar", "http://foo/barn")
    assert not names.matches("ipc:/a", "ipc:/")


def test_a_name_matches_inside_its_authority_only():
    assert names.matches("http://h/", "http://h//a")
    assert not names.matches("ipc:/", "ipc://h/a")
    assert not names.matches("ipc://h/", "ipc:/h/a")


def test_any_bytes_are_refused_or_have_one_canonical_form():
    draw = random.Random(1)
    pieces = (b"ipc: http: / // . .. % %2 %2e %2F %C3 %a9 %00 h A : 80 ? # @ [::1] ~ \xc3\xa9 \xff"
              .split() + [b" "])
    taken = 0
    for _ in range(20000):
        raw = b"ipc:/" * draw.randrange(2) + b"".join(draw.choices(pieces, k=draw.randrange(9)))
        for function in (names.registered, names.target):
            once = outcome(function, raw)
            assert once is None or outcome(function, once.encode("ascii")) == once
            taken += once is not None
    assert taken > 1000
