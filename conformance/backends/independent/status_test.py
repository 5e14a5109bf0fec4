# SPDX-License-Identifier: MIT
"""The table is the one of the normative header."""

import re
from pathlib import Path

import status

HEADER = Path(__file__).resolve().parents[3] / "spec" / "include" / "uripc" / "status.h"


def test_the_table_is_that_of_the_header():
    rows = re.findall(r'X\((\d+), \w+, "([a-z-]+)", (\w+),', HEADER.read_text(encoding="utf-8"))
    assert rows == [
        (str(number), name, "EITHER" if name in status.MAY_BE_INDEFINITE else "DEFINITE")
        for number, name in enumerate(status.NAMES)
    ]
