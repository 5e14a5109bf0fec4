# SPDX-License-Identifier: MIT
"""Files of JSON lines: a header first, a footer last, and every line held against a schema."""

import json

from .schema import RESULTS, shown

FORMAT = 1


class BadInput(Exception):
    """Something outside is not as it should be; the text names the place and the expected form."""


class Lines:
    """The lines of one file, as far as they are whole."""

    def __init__(self, path, data, schema=RESULTS):
        self.path, self.schema = path, schema
        self.objects = []  # (number of the line, object)
        self.truncated = None  # number of a last line that was never finished
        self._names = {}  # where each was first seen
        self._read(data)

    def _read(self, data):
        lines = data.split(b"\n")
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                value = json.loads(line.decode("utf-8"))
            except (UnicodeDecodeError, ValueError, RecursionError) as error:
                if number == len(lines) and self.objects:
                    self.truncated = number
                    return
                raise self.wrong(
                    number, f"not JSON ({_why(error)}); expected one JSON object per line"
                ) from None
            if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
                raise self.wrong(number, "expected a JSON object with a text member "
                                         f'"kind", found {shown(value)}')
            self.objects.append((number, value))

    def wrong(self, number, text):
        return BadInput(f"{self.path}:{number}: {text}")

    def header(self, definition="header"):
        if not self.objects:
            raise BadInput(f"{self.path}: empty; expected a header object as its first line")
        number, header = self.objects[0]
        if header["kind"] != "header":
            raise self.wrong(number, 'missing header; expected an object of kind "header" first, '
                                     f"found kind {shown(header['kind'])}")
        if header.get("format") != FORMAT:
            raise self.wrong(number, "wrong format number: this program reads format "
                                     f"{FORMAT}, found {shown(header.get('format'))}")
        self.check(number, header, definition)
        return header

    def body(self):
        """The objects after the header; nothing may follow a footer and nobody has two headers."""
        footer_line = None
        for number, value in self.objects[1:]:
            if footer_line is not None:
                raise self.wrong(number, "expected nothing after the footer in line "
                                         f"{footer_line}, found kind {shown(value['kind'])}")
            if value["kind"] == "header":
                raise self.wrong(number, "a second header; expected one, in the first line")
            if value["kind"] == "footer":
                footer_line = number
            yield number, value

    def check(self, number, value, definition):
        found = self.schema.problem(value, definition)
        if found:
            name = value.get("name", value.get("id"))
            what = value["kind"] + (f" {shown(name)}" if name is not None else "")
            raise self.wrong(number, f"{what}: {found}")
        self.schema.complete(value, definition)

    def once(self, number, what, name):
        """Refuses what has been there before."""
        first = self._names.setdefault((what, name), number)
        if first != number:
            raise self.wrong(number, f"duplicate {what} {shown(name)}, first in line {first}; "
                                     f"expected each {what} once")


def load(path, reader, schema=RESULTS):
    """What `reader` makes of the file's lines; None if there is no such file."""
    try:
        if not path.exists():
            return None
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"{path}: cannot be read ({error.strerror}); expected a readable file"
        ) from None
    return reader(Lines(path, data, schema))


def _why(error):
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start + 1} is not UTF-8"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return str(error)
