# SPDX-License-Identifier: MIT
"""What clauses.py reads, and each thing it must refuse."""

import json
from pathlib import Path

import pytest

import clauses

ROOT = Path(__file__).resolve().parent.parent

CHAPTER = """# 4. Sending

Prose with **bold** words.

- **SND-1** (MUST) A send that is accepted
  completes once. *[note,
  rfc3986-3.2]*
- **SND-3** (MUST NOT) A gap is fine. *[ours]*
- **an ordinary item**: not a clause
"""


@pytest.fixture(name="tree")
def make_tree(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    write(
        "spec/include/uripc/version.h", "#define URIPC_SPEC_MAJOR 3\n#define URIPC_SPEC_MINOR 14\n"
    )
    write("spec/sources.md", "# Sources\n\n- **rfc3986-3.2**: RFC 3986,\n  section 3.2\n")
    write("spec/4-sending.md", CHAPTER)
    write.root = tmp_path
    return write


def run(tree, capsys, *arguments):
    status = clauses.main(["--root", str(tree.root), *arguments])
    return status, capsys.readouterr().err.splitlines()


def refused(tree, capsys, *arguments):
    """The one line of complaint about a tree that must be refused."""
    status, errors = run(tree, capsys, *(arguments or ["--check"]))
    assert status == 1
    assert len(errors) == 1
    return errors[0]


def test_writes_clauses_in_document_order(tree, capsys):
    tree("spec/10-last.md", "# 10. Last\n\n- **LIF-1** (MAY) Text. *[ours]*\n")
    out = tree.root / "share" / "clauses.json"
    assert run(tree, capsys, "--check", "--out", str(out)) == (0, [])
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["spec"] == "3.14"
    assert [clause["id"] for clause in result["clauses"]] == ["SND-1", "SND-3", "LIF-1"]
    assert result["clauses"][0] == {
        "id": "SND-1",
        "level": "MUST",
        "text": "A send that is accepted completes once.",
        "chapter": 4,
        "chapter_name": "sending",
        "sources": ["note", "rfc3986-3.2"],
        "file": "spec/4-sending.md",
        "line": 5,
    }
    assert result["clauses"][1]["level"] == "MUST NOT"
    assert result["sources"]["rfc3986-3.2"] == "RFC 3986, section 3.2"
    assert set(result["sources"]) == {"note", "ours", "rfc3986-3.2"}


def test_refuses_a_duplicate_and_names_both_places(tree, capsys):
    tree("spec/5-receiving.md", "# 5\n\n- **SND-1** (MUST) Again. *[ours]*\n")
    assert refused(tree, capsys) == (
        "spec/5-receiving.md:3: SND-1: already defined at spec/4-sending.md:5"
    )


@pytest.mark.parametrize(
    "clause, complaint",
    [
        ("- **SND-9** (SHALL) Text. *[ours]*", "SND-9: unknown level SHALL"),
        ("- **SND-9** (MUST) Text. *[ours, rumour]*", "SND-9: unknown source rumour"),
        ("- **SND-9** (MUST) Text.", "SND-9: not of the form (LEVEL) text *[sources]*"),
        ("- **SND-9** Text. *[ours]*", "SND-9: not of the form (LEVEL) text *[sources]*"),
        ("- **SND-9** (MUST) *[ours]*", "SND-9: not of the form (LEVEL) text *[sources]*"),
        ("- **ABC-9** (MUST) Text. *[ours]*", "ABC-9: unknown prefix"),
    ],
)
def test_refuses_a_clause_it_cannot_read(tree, capsys, clause, complaint):
    tree("spec/5-receiving.md", f"# 5\n\n{clause}\n")
    assert refused(tree, capsys) == f"spec/5-receiving.md:3: {complaint}"


def test_writes_nothing_when_a_chapter_is_wrong(tree, capsys):
    tree("spec/5-receiving.md", "- **SND-9** (SHALL) Text. *[ours]*\n")
    out = tree.root / "clauses.json"
    refused(tree, capsys, "--out", str(out))
    assert not out.exists()


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "spec/wire.md",
        "spec/include/uripc/uripc.h",
        "reference/node.c",
        "simulator/links.h",
        "conformance/cases/sending/a.case",
        "conformance/worlds/sim.c",
    ],
)
def test_refuses_a_mention_of_what_is_not_there(tree, capsys, name):
    tree(name, "fine: SND-1\nbroken: SND-2.\n")
    assert refused(tree, capsys) == f"{name}:2: SND-2: there is no such clause"


def test_reads_both_ends_of_a_range(tree, capsys):
    tree("README.md", "SND-1..SND-4\n")
    assert refused(tree, capsys) == "README.md:1: SND-4: there is no such clause"


@pytest.mark.parametrize("text", ["SND-*", "E:SND-77", "M:SND-77", "XSND-77", "SND-x", "UTF-8"])
def test_ignores_what_is_no_mention(tree, capsys, text):
    tree("reference/node.c", f"/* {text} */\n")
    assert run(tree, capsys, "--check") == (0, [])


def test_out_alone_reads_only_the_chapters(tree, capsys):
    tree("reference/node.c", "/* SND-77 */\n")
    assert run(tree, capsys, "--out", str(tree.root / "out.json")) == (0, [])


def test_this_tree_is_in_order(capsys):
    assert (clauses.main(["--check"]), capsys.readouterr().err) == (0, "")
