# SPDX-License-Identifier: MIT
"""This tree keeps the rules of tree.py, and each rule is seen to fail on a tree that does not."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import tree

ROOT = Path(__file__).resolve().parent.parent
PUBLIC_HEADERS = sorted((ROOT / "spec/include/uripc").glob("*.h"))

CHECKS = [
    tree.check_includes,
    tree.check_ports,
    tree.check_banned,
    tree.check_listed,
    tree.check_file_lengths,
    tree.check_function_lengths,
    tree.check_every_clause_is_used,
]


def write(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_this_tree_keeps_the_rule(check):
    assert check(ROOT) == []


@pytest.mark.parametrize(
    "name, include",
    [
        ("spec/include/uripc/new.h", "<uripc/status.h>"),
        ("spec/include/uripc/new.h", "<stdint.h>"),
        ("spec/include/uripc/classic.h", "<windows.h>"),
        ("reference/node.c", '"name.h"'),
        ("reference/node_test.c", "<cmocka.h>"),
        ("reference/uv/host.c", "<uv.h>"),
        ("reference/uv/realm.c", "<sys/socket.h>"),
        ("reference/uv/host.c", '"reference/node.h"'),
        ("reference/fuzz/name_fuzz.c", '"reference/name.h"'),
        ("simulator/world.c", '"reference/host.h"'),
        ("simulator/bench.c", "<unistd.h>"),
        ("simulator/study/engine/jobs.c", "<unistd.h>"),
        ("conformance/run.c", "<jansson.h>"),
        ("conformance/run.c", "<unistd.h>"),
        ("conformance/run.c", '"conformance/run.h"'),
        ("conformance/worlds/sim.c", '"simulator/sim.h"'),
        ("conformance/backends/host.c", '"reference/host.h"'),
    ],
)
def test_arrows_that_are_there(tmp_path, name, include):
    write(tmp_path, name, f"#include {include}\n")
    assert tree.check_includes(tmp_path) == []


@pytest.mark.parametrize(
    "name, include",
    [
        ("spec/include/uripc/new.h", '"reference/name.h"'),
        ("spec/include/uripc/new.h", '"status.h"'),
        ("spec/include/uripc/new.h", "<unistd.h>"),
        ("spec/include/uripc/uripc.h", "<windows.h>"),
        ("reference/node.c", "<unistd.h>"),
        ("reference/node.c", "<uv.h>"),
        ("reference/node.c", '"simulator/sim.h"'),
        ("reference/uv/host.c", '"simulator/sim.h"'),
        ("reference/uv/host.c", "<jansson.h>"),
        ("reference/node_test.c", '"simulator/sim.h"'),
        ("reference/node.c", '"../simulator/sim.h"'),
        ("simulator/world.c", '"conformance/run.h"'),
        ("simulator/world.c", "<jansson.h>"),
        ("simulator/world.c", "<math.h>"),
        ("simulator/bench.c", "<jansson.h>"),
        ("simulator/study/stage.c", "<unistd.h>"),
        ("conformance/run.c", '"reference/node.h"'),
        ("conformance/run.c", '"simulator/sim.h"'),
        ("conformance/cases/x.c", '"simulator/sim.h"'),
    ],
)
def test_refuses_any_other_arrow(tmp_path, name, include):
    write(tmp_path, name, f"\n#  include {include}\n")
    problems = tree.check_includes(tmp_path)
    assert len(problems) == 1
    assert problems[0].startswith(f"{name}:2: ")


@pytest.mark.parametrize("call", ["host->carry(a);", "node->host->wake_at (b);"])
def test_refuses_a_port_call_outside_the_node(tmp_path, call):
    write(tmp_path, "reference/pool.c", f"void f(void)\n{{\n    {call}\n}}\n")
    write(tmp_path, "reference/node.c", f"void f(void)\n{{\n    {call}\n}}\n")
    write(tmp_path, "reference/name.c", f"/* {call} */\n")
    assert tree.check_ports(tmp_path) == ["reference/pool.c:3: only reference/node.c calls the host"]


@pytest.mark.parametrize(
    "line, word",
    [
        ("t = time(NULL);", "time"),
        ("clock_gettime(CLOCK_REALTIME, &t);", "clock_gettime"),
        ("x = rand();", "rand"),
        ("p = malloc(8);", "malloc"),
        ("return free(p);", "free"),
        ("double x = 1;", "double"),
        ("static float *x;", "float"),
        ("y = (double)x;", "double"),
    ],
)
@pytest.mark.parametrize("part", ["reference", "simulator"])
def test_refuses_what_is_not_deterministic(tmp_path, part, line, word):
    write(tmp_path, f"{part}/pool.c", f"\n{line}\n")
    assert tree.check_banned(tmp_path) == [
        f"{part}/pool.c:2: {word} has no place in a deterministic part"
    ]


@pytest.mark.parametrize(
    "name, line",
    [
        ("reference/pool.c", "/* malloc(8) */"),
        ("reference/pool.c", 'say("time(x)");'),
        ("reference/pool.c", "node->time(x); set_time(x); int free_blocks = 1;"),
        ("simulator/memory.c", "p = aligned_alloc(64, 64);"),
        ("simulator/bench.c", "clock_gettime(c, &t);"),
        ("reference/pool_test.c", "p = malloc(8);"),
        ("conformance/run.c", "p = malloc(8);"),
    ],
)
def test_allows_what_is_deterministic_or_stands_apart(tmp_path, name, line):
    write(tmp_path, name, f"{line}\n")
    assert tree.check_banned(tmp_path) == []


def test_an_exception_covers_only_what_it_names(tmp_path):
    write(tmp_path, "simulator/memory.c", "x = malloc(8);\n")
    assert len(tree.check_banned(tmp_path)) == 1


def test_refuses_a_source_that_nobody_compiles(tmp_path):
    write(tmp_path, "reference/a.c", "")
    write(tmp_path, "reference/fuzz/b.c", "")
    write(tmp_path, "reference/CMakeLists.txt", "add_library(x STATIC aa.c a.c)\n# fuzz/bb.c\n")
    assert tree.check_listed(tmp_path) == [
        "reference/fuzz/b.c:1: reference/CMakeLists.txt does not name it"
    ]


@pytest.mark.parametrize("name", ["reference/a.c", "spec/include/uripc/a.h", "reports/a.py"])
def test_refuses_a_long_file(tmp_path, name):
    write(tmp_path, name, "x\n" * 700)
    assert tree.check_file_lengths(tmp_path) == []
    write(tmp_path, name, "x\n" * 701)
    assert tree.check_file_lengths(tmp_path) == [f"{name}:701: longer than 700 lines"]


def function(lines):
    body = "    if (x) {\n        y = '}'; /* { */\n    }\n" + "    x++;\n" * (lines - 3)
    return f"int f(void)\n{{\n{body}}}\n"


def test_refuses_a_long_function(tmp_path):
    table = "struct s t[] = {\n" + "    {1},\n" * 90 + "};\n"
    macro = "#define M(x) \\\n    if (x) { \\\n        y\n"
    write(tmp_path, "reference/a.c", table + macro + function(70))
    assert tree.check_function_lengths(tmp_path) == []
    write(tmp_path, "reference/a.c", macro + function(3) + function(71))
    assert tree.check_function_lengths(tmp_path) == ["reference/a.c:11: a function of 71 lines"]


def test_refuses_a_clause_that_nothing_uses(tmp_path):
    write(tmp_path, "spec/4-sending.md", "- **SND-1** (MUST) A. *[ours]*\n"
          "- **SND-2** (MUST) B. *[ours]*\n- **SND-3** (MUST) C. *[ours]*\n")
    write(tmp_path, "spec/include/uripc/uripc.h", "/* SND-3 */\n")
    write(tmp_path, "reference/node.c", "/* SND-1: why */\n")
    write(tmp_path, "conformance/cases/a.case", "clause SND-2\n")
    assert tree.check_every_clause_is_used(tmp_path) == [
        "spec/4-sending.md:3: no code and no case mentions SND-3"
    ]


@pytest.mark.parametrize("chapter, prefixes", [("11-requests", "REQ"), ("13-dispatch", "RFP")])
def test_a_clause_that_cases_cannot_speak_of_has_a_unit_test(chapter, prefixes):
    """Nothing else would notice that one is broken."""
    tests = "".join(path.read_text() for part in ("reference", "simulator")
                    for path in sorted((ROOT / part).glob("*_test.c")))
    text = (ROOT / f"spec/{chapter}.md").read_text()
    defined = re.findall(rf"^- \*\*((?:{prefixes})-\d+)\*\*", text, re.MULTILINE)
    assert defined
    assert [c for c in defined if not re.search(rf"\b{c}\b", tests)] == []


def compile_alone(tmp_path, header, suffix, command):
    source = tmp_path / f"alone.{suffix}"
    include = f"#include <uripc/{header.name}>\n"
    source.write_text(f"{include}{include}extern int not_empty;\n")
    flags = ["-Wall", "-Wextra", "-Wpedantic", "-Wundef", "-Werror", "-fsyntax-only"]
    flags += ["-I", str(ROOT / "spec/include")]
    return subprocess.run([*command, *flags, source], capture_output=True, text=True)


@pytest.mark.parametrize("header", PUBLIC_HEADERS, ids=lambda header: header.name)
@pytest.mark.parametrize(
    "suffix, command",
    [
        ("c", ["gcc", "-std=c11", "-Wstrict-prototypes", "-Wshadow"]),
        ("cc", ["g++", "-std=c++17"]),
    ],
    ids=["c", "c++"],
)
def test_a_public_header_compiles_alone(tmp_path, header, suffix, command):
    result = compile_alone(tmp_path, header, suffix, command)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    "header",
    [h for h in PUBLIC_HEADERS if re.search(r"^\w[^#\n]*\);", h.read_text(), re.MULTILINE)],
    ids=lambda header: header.name,
)
def test_a_public_function_has_c_linkage_in_cxx(header):
    assert 'extern "C" {' in header.read_text(encoding="utf-8")


def test_the_header_test_can_fail(tmp_path):
    broken = tmp_path / "include/uripc/broken.h"
    shutil.copytree(ROOT / "spec/include", tmp_path / "include")
    broken.write_text("static size_t size;\n")
    source = tmp_path / "alone.c"
    source.write_text("#include <uripc/broken.h>\n")
    command = ["gcc", "-std=c11", "-fsyntax-only", "-I", str(tmp_path / "include"), str(source)]
    assert subprocess.run(command, capture_output=True).returncode != 0
