# SPDX-License-Identifier: MIT
"""Entries are read as they were written, and what makes no sense is no entry."""

import pytest

import entry

WHOLE = entry.Entry(1, 2, "ipc:/a", "group", "drop-oldest", 1000, 5, 0)


def values(found):
    return [getattr(found, name) for name in found.__slots__]


def test_an_entry_is_read_as_it_was_written():
    assert values(entry.parse(WHOLE.text().encode(), 1, 2)) == values(WHOLE)


def test_order_and_unknown_keys_do_not_matter():
    lines = WHOLE.text().splitlines()[::-1] + ["colour blue", "lonely", ""]
    assert values(entry.parse("\n".join(lines).encode(), 1, 2)) == values(WHOLE)


def test_only_a_shared_queue_takes_workers_and_only_one_that_says_so():
    shared = entry.Entry(1, 2, "ipc:/a", "shared", "reject", 9, 0, 0)
    assert entry.parse(shared.text().encode(), 1, 2).workers
    for said in "", "workers 2\n", "workers\n":
        text = shared.text().replace("workers 1\n", said)
        assert not entry.parse(text.encode(), 1, 2).workers
    assert "workers" not in WHOLE.text()


@pytest.mark.parametrize(
    "octets",
    [b"", b"\xff", b"name ipc:/a", WHOLE.text().replace("group", "gang").encode(),
     WHOLE.text().replace("1000", "many").encode(), WHOLE.text().replace("drop-", "").encode()],
)
def test_what_makes_no_sense_is_no_entry(octets):
    assert entry.parse(octets, 1, 2) is None
