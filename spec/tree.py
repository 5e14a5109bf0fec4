# SPDX-License-Identifier: MIT
"""The rules of the house that a program can check.

Each check takes the root of a tree and returns lines `file:line: message`; none: all is well.
"""

import re
from pathlib import PurePosixPath

import clauses

FILE_LINES = 700
FUNCTION_LINES = 70

C_HEADERS = frozenset(
    f"{name}.h"
    for name in (
        "assert ctype errno float inttypes iso646 limits setjmp signal stdalign stdarg stdatomic"
        " stdbool stddef stdint stdio stdlib stdnoreturn string time uchar wchar"
    ).split()
)

# Parts that exist in no standard C; everything else is held to C11 and our own headers.
FOREIGN = {
    "jansson.h": ("conformance/", "JSON is the suite's matter"),
    "math.h": (
        ("conformance/", "simulator/study/", "simulator/theory_", "simulator/fake_sample.h"),
        "real numbers judge runs that are over, and have no place in one",
    ),
    "uv.h": (
        ("reference/uv/", "conformance/load/baseline_uv.c", "conformance/worlds/process.c",
         "conformance/worlds/children."),
        "one place talks to libuv, besides the bare pipe that it is measured against and the "
        "application that runs designs",
    ),
    "zmq.h": (
        ("conformance/backends/adapters/", "conformance/load/baseline_zeromq.c"),
        "one adapter talks to ZeroMQ, besides the baseline",
    ),
    "systemd/sd-bus.h": ("conformance/backends/adapters/", "one adapter talks to D-Bus"),
    "windows.h": ("spec/include/uripc/classic.h", "the note's own types, where they exist"),
}

# Stands for a project of somebody else's, which uses what it likes.
OUTSIDE = "conformance/consumer/"

# Where the operating system's own headers belong, besides the programs of conformance/.
SYSTEM_PARTS = (
    "reference/uv/",  # sockets, locks and directories of real processes
    "simulator/hunt/engine/",  # a program: it deals out runs
    "simulator/study/engine/",  # a program: it deals out runs, and computes with what came of them
)

# Whose headers a file may include besides its own; the longest prefix that matches counts.
ARROWS = {
    "spec/": (),
    "reference/": (),
    "simulator/": ("reference",),
    "conformance/": (),
    "conformance/worlds/": ("reference", "simulator"),
    "conformance/backends/": ("reference", "simulator"),
}

PURE_PARTS = ("reference/", "simulator/")
BANNED = re.compile(
    r"(?<![\w.>])((?:time|clock|clock_gettime|gettimeofday|sleep|nanosleep|rand|srand|random|malloc"
    r"|calloc|realloc|aligned_alloc|free|getenv|fopen)(?=\s*\()|(?:float|double)\b)"
)
ALLOWED = {
    "simulator/memory.c": ({"aligned_alloc", "free"}, "the one place where a world gets memory"),
    "simulator/study/forms.c": ({"double"}, "mathematics, which no event's time comes from"),
    "simulator/study/forms.h": ({"double"}, "mathematics, which no event's time comes from"),
}

# The ports are called from one file, so the rest can be read as a function of its arguments.
PORT_CALL = re.compile(r"(?<!\w)host->\w+\s*\(")
PORT_CALLER = "reference/node.c"

SHARED_MAIN = "reference/fuzz/replay.c"  # the top CMakeLists.txt gives it to every fuzz target

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
LITERAL_OR_COMMENT = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL
)


def source_files(root, suffixes):
    for part in clauses.PARTS:
        for path in sorted((root / part).rglob("*")):
            if path.suffix in suffixes and path.is_file():
                yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


def is_for_tests(name):
    """Tests, fuzz targets and benchmarks may use what the code they exercise may not."""
    path = PurePosixPath(name)
    return (
        path.stem.endswith("_test")
        or path.stem.startswith(("bench", "fake_"))
        or "fuzz" in path.parent.parts
    )


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def without_literals(text):
    """Blanks comments, strings and characters; every line keeps its number."""
    return LITERAL_OR_COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def wrong_system_include(name, header):
    if header in FOREIGN:
        place, reason = FOREIGN[header]
        if name.startswith(place) or name.startswith(OUTSIDE):
            return None
        return f"<{header}> is out of place: {reason}"
    if header.startswith("uripc/") or header in C_HEADERS:
        return None
    if name.startswith(("conformance/", *SYSTEM_PARTS)) or (is_for_tests(name) and not name.startswith("spec/")):
        return None
    return f"<{header}> is not standard C"


def wrong_own_include(name, header):
    prefix = max((p for p in ARROWS if name.startswith(p)), key=len, default=None)
    if prefix is None:
        return "a part without a rule"
    part = name.split("/")[0]
    if part == "spec":
        return f'"{header}": the spec includes only <uripc/...> and standard C'
    first = header.split("/")[0]
    if first in clauses.PARTS and first != part and first not in ARROWS[prefix]:
        return f'"{header}": {prefix} does not see {first}/'
    if ".." in header.split("/"):
        return f'"{header}": name the part instead of climbing'
    return None


def check_includes(root):
    problems = []
    for name, text in source_files(root, {".c", ".h"}):
        for found in INCLUDE.finditer(text):
            check = wrong_system_include if found[1] == "<" else wrong_own_include
            message = check(name, found[2])
            if message:
                problems.append(f"{name}:{line_of(text, found.start(1))}: {message}")
    return problems


def check_ports(root):
    problems = []
    for name, text in source_files(root, {".c", ".h"}):
        if not name.startswith("reference/") or name == PORT_CALLER or is_for_tests(name):
            continue
        text = without_literals(text)
        for found in PORT_CALL.finditer(text):
            where = f"{name}:{line_of(text, found.start())}"
            problems.append(f"{where}: only {PORT_CALLER} calls the host")
    return problems


def check_banned(root):
    problems = []
    for name, text in source_files(root, {".c", ".h"}):
        if not name.startswith(PURE_PARTS) or is_for_tests(name) or name.startswith(SYSTEM_PARTS):
            continue
        allowed = ALLOWED.get(name, ((), ""))[0]
        text = without_literals(text)
        for found in BANNED.finditer(text):
            if found[1] not in allowed:
                where = f"{name}:{line_of(text, found.start())}"
                problems.append(f"{where}: {found[1]} has no place in a deterministic part")
    return problems


def check_listed(root):
    """A C file that no CMakeLists.txt names is compiled by nobody."""
    problems = []
    for name, _ in source_files(root, {".c"}):
        folder = next((folder for folder in PurePosixPath(name).parents
                       if (root / folder / "CMakeLists.txt").exists()), PurePosixPath(name).parents[-2])
        listing = root / folder / "CMakeLists.txt"
        listed = listing.read_text(encoding="utf-8").split() if listing.exists() else []
        rest = PurePosixPath(name).relative_to(folder).as_posix()
        if rest not in [word.strip("()") for word in listed] and name != SHARED_MAIN:
            problems.append(f"{name}:1: {folder}/CMakeLists.txt does not name it")
    return problems


def check_file_lengths(root):
    return [
        f"{name}:{lines}: longer than {FILE_LINES} lines"
        for name, text in source_files(root, {".c", ".h", ".py"})
        if (lines := len(text.splitlines())) > FILE_LINES
    ]


def functions(text):
    """Yields (first line, last line) of the bodies of a C file's functions."""
    text = without_literals(text)
    text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m[0]), text,
                  flags=re.MULTILINE)
    depth, start = 0, None
    for found in re.finditer(r"[{}]", text):
        if found[0] == "{":
            if depth == 0 and text[: found.start()].rstrip().endswith(")"):
                start = found.start()
            depth += 1
        else:
            depth -= 1
            if depth == 0 and start is not None:
                yield line_of(text, start), line_of(text, found.start())
                start = None


def check_function_lengths(root):
    problems = []
    for name, text in source_files(root, {".c", ".h"}):
        for first, last in functions(text):
            if last - first - 1 > FUNCTION_LINES:
                problems.append(f"{name}:{first}: a function of {last - first - 1} lines")
    return problems


def check_every_clause_is_used(root):
    """Each clause is mentioned by code or a case; else nothing could notice that it is broken."""
    found = clauses.read_clauses(root, clauses.read_sources(root), clauses.Problems(root))
    mentioned = {
        identity
        for path in clauses.mentioning_files(root)
        if path.suffix in (".c", ".h", ".case") and path.relative_to(root).parts[0] != "spec"
        for _, identity in clauses.mentions(path)
    }
    return [
        f"{clause['file']}:{clause['line']}: no code and no case mentions {clause['id']}"
        for clause in found
        if clause["id"] not in mentioned
    ]
