# SPDX-License-Identifier: MIT
"""Canonical names (spec, chapter 1): text comes in as bytes, what is kept is ASCII.

Everything that is not a name, a target or a suffix raises Refused.
"""

import re

SUB_DELIMS = "!$&'()*+,;="
UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
HOST = frozenset(UNRESERVED + SUB_DELIMS)
PATH = HOST | frozenset(":@/")
QUERY = PATH | frozenset("?")

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]{0,31}):")
PORT = re.compile(r"[1-9][0-9]{0,4}")
OCTETS = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
BEGINS_LIKE_A_URI = re.compile(rb"[A-Za-z][A-Za-z0-9+.\-]*:/")  # its scheme may be too long
IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}")
GROUP = re.compile(r"[0-9a-f]{1,4}")

DEFAULT_PORTS = {"http": 80, "https": 443}


class Refused(Exception):
    """The text is not what it should be."""


def text_of(raw):
    """Raw text is UTF-8 by itself, before any percent-octet is looked at (NAM-11)."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused from None


def spelled(octets):
    """Canonical spelling of octets that are not delimiters by themselves (NAM-4, NAM-10)."""
    return "".join(chr(o) if chr(o) in UNRESERVED and o < 128 else f"%{o:02X}" for o in octets)


def decoded(found):
    """One run of percent-octets: what may be decoded is, the rest gets uppercase digits."""
    octets = bytes.fromhex(found[0].replace("%", ""))
    if 0 in octets:
        raise Refused  # NAM-12
    text_of(octets)
    return spelled(octets)


def component(text, allowed):
    """Canonical form of one component, in which these characters may stand as they are."""
    parts, end = [], 0
    for found in OCTETS.finditer(text):
        parts += [raw_part(text[end : found.start()], allowed), decoded(found)]
        end = found.end()
    parts.append(raw_part(text[end:], allowed))
    return "".join(parts)


def raw_part(text, allowed):
    if allowed.issuperset(text):
        return text
    return "".join(raw_character(c, allowed) for c in text)


def raw_character(character, allowed):
    if character in allowed:
        return character
    if character <= "\x7f":
        raise Refused  # NAM-12, NAM-15, NAM-16
    return spelled(character.encode("utf-8"))


def ipv6(text):
    """An IPv6address of RFC 3986, in lowercase (NAM-20)."""
    text = text.lower()
    head, gap, tail = text.partition("::")
    groups = [part.split(":") if part else [] for part in (head, tail)]
    last = groups[1] if gap else groups[0]
    count = sum(map(len, groups))
    if last and "." in last[-1]:
        if not IPV4.fullmatch(last.pop()):
            raise Refused
        count += 1
    if not all(GROUP.fullmatch(group) for part in groups for group in part):
        raise Refused
    if count > 7 if gap else count != 8:
        raise Refused
    return text


def lowercase(host):
    """Letters become small, but for the digits of percent-octets (NAM-2, NAM-4)."""
    return re.sub(r"(%..)|([A-Z]+)", lambda found: found[1] or found[2].lower(), host)


def authority(text, scheme):
    """`//host:port`, or nothing for an empty authority (NAM-7, NAM-13, NAM-20, NAM-21)."""
    if not text:
        return ""
    if text.startswith("["):
        address, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise Refused
        host, port = f"[{ipv6(address)}]", rest[1:]
    else:
        host, _, port = text.partition(":")
        host = lowercase(component(host, HOST))
    if not host:
        raise Refused
    if not port:
        return f"//{host}"
    if not PORT.fullmatch(port) or int(port) > 65535:
        raise Refused
    return f"//{host}" if int(port) == DEFAULT_PORTS.get(scheme) else f"//{host}:{port}"


def without_dots(path):
    """Removes dot segments, never above the root (NAM-6)."""
    kept = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def parts_of(raw):
    """Scheme, authority, path and query of a URI in canonical form; the query is None or begins
    with its question mark."""
    text = text_of(raw)
    found = SCHEME.match(text)
    if not found or "#" in text:
        raise Refused
    scheme = found[1].lower()
    rest, mark, query = text[found.end() :].partition("?")
    host, path = "", rest
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        path = slash + path
        host = authority(host, scheme)
    if not host and scheme in DEFAULT_PORTS:
        raise Refused  # NAM-21
    if not path and host:
        path = "/"  # NAM-8
    if not path.startswith("/"):
        raise Refused
    path = without_dots(component(path, PATH))
    if path.startswith("//") and not host:
        raise Refused  # NAM-21
    return scheme, host, path, mark + component(query, QUERY) if mark else None


def within(text, limit):
    if len(text) > limit:
        raise Refused  # NAM-17
    return text


def registered(raw, limit):
    """What a registration holds: no query, no trailing slash but the root's (NAM-9, NAM-14)."""
    scheme, host, path, query = parts_of(raw)
    if query is not None:
        raise Refused
    return within(f"{scheme}:{host}{path.rstrip('/') or '/'}", limit)


def target(raw, limit):
    """What a send addresses: query and trailing slash are kept."""
    scheme, host, path, query = parts_of(raw)
    return within(f"{scheme}:{host}{path}{query or ''}", limit)


def appended(name, raw, limit):
    """The source URI of a message: a suffix is appended, never resolved (NAM-22 to NAM-25)."""
    suffix = component(text_of(raw), PATH)
    segments = suffix.removesuffix("/").split("/")
    if any(segment in ("", ".", "..") for segment in segments):
        raise Refused
    return within(name.removesuffix("/") + "/" + suffix, limit)


def below(parent, raw, limit):
    """The name of a child: a URI strictly below its parent's, or a suffix (REG-11, REG-12)."""
    if not BEGINS_LIKE_A_URI.match(raw):
        return within(appended(parent, raw, limit + 1).removesuffix("/"), limit)
    name = registered(raw, limit)
    if name == parent or not matches(parent, name):
        raise Refused
    return name


def matches(name, uri):
    """True if a registered name is a whole-segment prefix of a canonical target (RTE-1, RTE-2)."""
    path = uri.partition("?")[0]
    if name.endswith(":/") and path.startswith(name + "/"):
        return False  # what looks like more of the path is an authority
    return path == name or path.startswith(name if name.endswith("/") else name + "/")


def prefixes(uri):
    """The names that a canonical target matches, the longest first."""
    path = uri.partition("?")[0]
    begin = path.index("/")
    if path.startswith("//", begin):
        begin = path.index("/", begin + 2)
    path = path.rstrip("/") if len(path.rstrip("/")) > begin else path[: begin + 1]
    found = [path]
    while len(path) > begin + 1:
        path = path[: max(path.rindex("/"), begin + 1)]
        if not path.endswith("/") or len(path) == begin + 1:
            found.append(path)
    return found
