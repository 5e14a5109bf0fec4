# SPDX-License-Identifier: MIT
"""Small functions from values to text a reader can trust."""

import math
import re
import unicodedata

from markupsafe import Markup, escape

BIDI = set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
WEIGHT = re.compile(r"^\s*((nonstrict|info|record)\s+)*")
CODE = re.compile(r"(?<!`)(?P<fence>`+)(?!`)(?P<code>.*?)(?<!`)(?P=fence)(?!`)", re.S)
URL = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:)\]]")


def visible(value):
    """Makes characters visible that would hide, reorder or break what is on the page."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    if value.isprintable():
        return value
    return "".join(_visible(c) for c in value)


def _visible(char):
    if char in "\n\t" or (char.isprintable() and char not in BIDI):
        return char
    if unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn") or char in BIDI:
        return f"\\x{ord(char):02X}" if ord(char) < 256 else f"\\u{{{ord(char):X}}}"
    return char


def micros(ns):
    """Virtual time in microseconds, with three decimals as `uripc sim` prints it."""
    if ns is None:
        return ""
    whole, rest = divmod(ns, 1000)
    return f"{number(whole)}.{rest:03}"


def duration(ns):
    """A time as a person would say it: three digits and a unit."""
    for unit, size in (("s", 10**9), ("ms", 10**6), ("µs", 1000)):
        if ns >= size:
            value = ns / size
            return f"{value:.{max(0, 2 - int(math.log10(value)))}f}\u202f{unit}"
    return f"{ns:.0f}\u202fns" if ns else "0"


def amount(value):
    """A rate as a person would say it: three digits and k, M or G."""
    for unit, size in (("\u202fG", 10**9), ("\u202fM", 10**6), ("\u202fk", 1000)):
        if value >= size:
            value /= size
            return f"{value:.{max(0, 2 - int(math.log10(value)))}f}{unit}"
    return f"{value:.0f}"


def two_digits(value):
    """A ratio for a sentence: two significant digits."""
    return f"{value:#.2g}" if value < 10 else f"{float(f'{value:.2g}'):.0f}"


def size_text(count):
    """A size in bytes; powers of two by their names."""
    for unit, size in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count and count % size == 0:
            return f"{count // size} {unit}"
    return f"{count} B"


def number(value):
    """A whole number with its thousands set apart, everywhere on the page alike."""
    return f"{value:,}".replace(",", "\u202f")


def shorten(text, limit):
    """Cuts the middle out of a text, so that both of its ends stay readable."""
    if len(text) <= limit:
        return text
    head = (limit - 1) * 3 // 5
    return text[:head] + "…" + text[len(text) - (limit - 1 - head) :]


def plural(count, word, none=None):
    """`1 case`, `2 cases`, `no case`, or another word for none."""
    if not count:
        return none or f"no {word}"
    return f"{number(count)} {word}{'s' if count > 1 else ''}"


def alternatives(expected):
    """The outcomes that an expectation allows, without the words that say how much each counts."""
    found = re.finditer(r'(?:"(?:[^"\\]|\\.)*"|[^|])+', expected)
    return [WEIGHT.sub("", match.group()).strip() for match in found]


def code_spans(text):
    """Clause text: `between backticks` is code; more of them enclose a text with backticks."""
    parts, end = [], 0
    for match in CODE.finditer(visible(text)):
        inner = match["code"]
        if len(inner) > 2 and inner[0] == inner[-1] == " ":
            inner = inner[1:-1]
        parts.append(escape(visible(text)[end : match.start()]))
        parts.append(Markup("<code>{}</code>").format(inner))
        end = match.end()
    return Markup("").join([*parts, escape(visible(text)[end:])])


def _tokens(text):
    """Words, quoted strings and the spaces between them; joined they are the text again."""
    return re.findall(r'"(?:[^"\\]|\\.)*"|\s+|[^\s"]+|"', text)


def _agreement(left, right):
    """How many tokens two texts begin with together."""
    length = 0
    for a, b in zip(left, right):
        if a != b:
            break
        length += 1
    return length


def first_difference(expected, observed):
    """Both texts as (what agrees, the first token that does not, the rest).

    Of several expected alternatives the one that agrees longest is compared; what stands before
    it, and words that say how much it counts for, are shown as they are.
    """
    found, best = _tokens(observed), (-1, 0, [])
    for match in re.finditer(r'(?:"(?:[^"\\]|\\.)*"|[^|])+', expected):
        alternative = WEIGHT.sub("", match.group())
        offset = match.end() - len(alternative)
        tokens = _tokens(alternative.strip())
        agree = _agreement(tokens, found)
        if agree > best[0]:
            best = (agree, offset, tokens)
    agree, offset, tokens = max(best[0], 0), best[1], best[2]
    same = offset + len("".join(tokens[:agree]))
    mark = "".join(tokens[agree : agree + 1])
    left = expected[:same], mark, expected[same + len(mark) :]
    right = "".join(found[:agree]), "".join(found[agree : agree + 1]), "".join(found[agree + 1 :])
    return left, right


def linked(text):
    """A citation with its addresses as links."""
    parts, end = [], 0
    for match in URL.finditer(text):
        url = match.group()
        parts.append(escape(visible(text[end : match.start()])))
        parts.append(Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(visible(url)))
        end = match.end()
    parts.append(escape(visible(text[end:])))
    return Markup("").join(parts)
