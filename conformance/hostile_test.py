# SPDX-License-Identifier: MIT
"""Input and surroundings as nobody would wish them: each ends with a message that names the place
and what was expected, and with a documented exit status."""

import os
import signal
import subprocess
import time

import pytest

from uripc_program import PROGRAM, by_name, needs_mutants, needs_program, records, run

pytestmark = needs_program

GOOD = """case good
promise A name can be held.
clause REG-1
A: register "ipc:/a" as a
"""

LONG = "a" * 100_000


def shell(command, **options):
    """A command line in which $URIPC is the program."""
    return subprocess.run(["bash", "-c", command], env=os.environ | {"URIPC": str(PROGRAM)},
                          capture_output=True, text=True, timeout=120, check=False, **options)


def refused(done, *words):
    assert done.returncode == 3, done.stdout + done.stderr
    for word in words:
        assert word in done.stderr
    assert len(done.stderr) < 10_000 and "Traceback" not in done.stderr


# Arguments.


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("check", "reference", "--seeds", "5..1"), 'expects A..B with A at most B'),
        (("check", "reference", "--seeds", "1...2"), 'found "1...2"'),
        (("check", "reference", "--seeds", ".."), 'found ".."'),
        (("check", "reference", "--seeds", "0..9223372036854775808"), "2^63 - 1"),
        (("check", "reference", "--seed", "9223372036854775808"), "2^63 - 1"),
        (("check", "reference", "--jobs", "257"), "from 1 to 256"),
        (("check", "reference", "--filter", ""), 'matches ""'),
        (("check", "reference", "--filter", "["), "expected a pattern for names or chapter/name"),
        (("check", "reference", "--filter", "name/*"), 'matches "name/*"'),
        (("check", "reference", "--filter", "\x1b[31m\xff"), '"\\x1B[31m'),
        (("check", "reference", "--out", ""), "expected --out to name a folder"),
        (("check", "reference", "--expect", ""), "expected --expect to name a file"),
        (("check", "reference", "--expect", "/"), "expected --expect to name a file"),
        (("list", "cases", "--uncovered"), "--uncovered is about clauses"),
        (("--versio",), 'did you mean "--version"?'),
        (("sim", ""), "expected a path, or a name"),
        (("sim", "routing/ten-step-exchang"), "expected a path, or a name"),
        (("sim", "/"), "Is a directory"),
        (("sim", "/dev/zero"), "expected at most 1048576 bytes"),
        (("explain", "%s%n"), '"%s%n"'),
        ((LONG,), 'aaa..."'),
        (("check", LONG), 'aaa..."'),
        (("check", "reference", "--filter", LONG), 'aaa..."'),
        (("check", "reference", "--seed", LONG), 'aaa..."'),
        (("check", "reference", f"--{LONG}"), "aaa...;"),
        (("explain", LONG), 'aaa..."'),
        (("list", LONG), 'aaa..."'),
        (("sim", LONG), 'aaa..."'),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_bad_arguments(arguments, words):
    refused(run(*arguments), words)


def test_seeds_reach_from_end_to_end():
    for seeds in ("0..0", "9223372036854775807..9223372036854775807"):
        assert run("check", "reference", "--filter", "ten-*", "--seeds", seeds).returncode == 0


def test_a_case_may_be_named_with_its_chapter():
    assert run("sim", "routing/ten-step-exchange").stdout == run("sim", "ten-step-exchange").stdout
    assert run("explain", "routing/ten-step-exchange").returncode == 0


# Files.


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", 'expected "case NAME"'),
        (bytes(3_000_000), "expected at most 1048576 bytes"),
        (bytes(1000), "error: "),
        (bytes(range(256)) * 100, "error: "),
        (b"a" * 1_000_000, "expected at most 4096 bytes in a line"),
        (GOOD.encode() + b"wait 1000000001s\n", "at most 1000000000s"),
    ],
    ids=["empty", "huge", "zeros", "binary", "one line", "long wait"],
)
def test_a_case_file_that_is_none(tmp_path, content, words):
    path = tmp_path / "good.case"
    path.write_bytes(content)
    refused(run("sim", path), "good.case", words)


@pytest.mark.parametrize(
    "content, words",
    [
        (b"good\n", ":1: error: expected \"case-name verdict # reason\", found no verdict"),
        (b"good fail because\n", ':1: error: expected a reason after "#"'),
        (b"\n\n\0\0 fail # x\n", ":3: error: expected text, found a NUL byte"),
        (bytes(100_000), ":1: error: expected text, found a NUL byte"),
        (b"good \x1b[31m # x\n", 'found "\\x1B[31m"'),
        (b"good f\n" * 1000, ":20: error:"),
    ],
    ids=["no verdict", "no reason", "zeros later", "zeros", "escape sequence", "many errors"],
)
def test_an_expectation_file_that_is_none(tree, tmp_path, content, words):
    (tmp_path / "known").write_bytes(content)
    refused(run("check", "reference", "--expect", tmp_path / "known", program=tree(good=GOOD)),
            words)


def test_a_reason_that_is_no_text_is_still_a_reason(tree, tmp_path):
    (tmp_path / "known").write_bytes(b"good pass # \xff\n")
    done = run("check", "reference", "--expect", tmp_path / "known", "--out", tmp_path / "out",
               program=tree(good=GOOD))
    assert done.returncode == 0
    assert by_name(tmp_path / "out")["good"]["expectation"] == {"verdict": "pass", "reason": "?"}


def test_an_argument_that_is_no_text_does_not_spoil_the_results(tree, tmp_path):
    command = [str(tree(good=GOOD)), "check", "reference", "--filter", b"[g\xff]ood", "--out",
               str(tmp_path / "out")]
    assert subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    header = records(tmp_path / "out")[0]
    assert header["filter"] == "[g?]ood" and header["command"].startswith("uripc check")


@pytest.mark.parametrize(
    "out, words", [("file", "Not a directory"), ("file/x", "Not a directory"), ("o", "Is a dir")]
)
def test_results_have_nowhere_to_go(tmp_path, out, words):
    (tmp_path / "file").write_text("x")
    (tmp_path / "o" / "results.jsonl").mkdir(parents=True)
    for command in (["check", "reference"],) + ((["mutants"],) if out == "file" else ()):
        done = run(*command, "--out", out, cwd=tmp_path)
        refused(done, f"{out}/", words, "expected --out to name a folder")
    assert (tmp_path / "file").read_text() == "x"


# The program's own files.


@pytest.mark.parametrize(
    "text, words",
    [
        (None, "clauses.json"),
        ("", "clauses.json:1:"),
        ("[]", 'expected members "spec", "clauses" and "sources"'),
        ('{"spec": "0.1", "sources": {}, "clauses": [{"id": 1}]}', "clause number 1: expected"),
        ('{"spec": "0.1", "sources": {}, "clauses": [{"id": "A-1", "level": "MUST", "text": "t", '
         '"chapter": 1, "chapter_name": "c", "sources": [1]}]}', "clause number 1: expected"),
    ],
)
def test_clauses_that_are_none(tree, tmp_path, text, words):
    program = tree(good=GOOD)
    path = tmp_path / "share" / "uripc" / "clauses.json"
    path.unlink()
    if text is None:
        path.mkdir()
    else:
        path.write_text(text)
    refused(run("list", program=program), words, "expected")


def test_a_suite_of_other_things_than_cases(tree, tmp_path):
    program = tree(good=GOOD)
    chapter = tmp_path / "share" / "uripc" / "cases" / "chapter"
    for make in (lambda path: path.mkdir(), lambda path: path.symlink_to("nowhere"), os.mkfifo):
        make(chapter / "odd.case")
        refused(run("list", program=program), "odd.case: expected a case file")
        odd = chapter / "odd.case"
        if odd.is_dir():
            odd.rmdir()
        else:
            odd.unlink()
    (chapter / "good.case").unlink()
    refused(run("check", "reference", program=program), "nothing is selected")
    chapter.rmdir()
    chapter.parent.rmdir()
    chapter.parent.write_text("")
    refused(run("list", program=program), "cases: cannot be read: Not a directory")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not read")
@pytest.mark.parametrize("name", ["clauses.json", "cases", "cases/chapter",
                                  "cases/chapter/good.case"])
def test_files_that_may_not_be_read(tree, tmp_path, name):
    program = tree(good=GOOD)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and str(folder).startswith("/tmp/"):
            folder.chmod(0o755)
    (tmp_path / "share" / "uripc" / name).chmod(0)
    done = run("list", program=program, user=65534, group=65534, extra_groups=[])
    refused(done, name.rsplit("/", maxsplit=1)[-1], "Permission denied")


# Standard files and signals.


@pytest.mark.parametrize("command", ["list", "check reference", "sim ten-step-exchange",
                                     "explain SND-1", "--version"])
def test_output_that_does_not_arrive_is_no_success(command):
    refused(shell(f"$URIPC {command} >/dev/full"), "standard output cannot be written")


def test_a_report_meets_the_same(tree, tmp_path):
    run("check", "reference", "--out", "out", program=tree(good=GOOD), cwd=tmp_path)
    done = shell("$URIPC report out >/dev/full", cwd=tmp_path)
    refused(done, "standard output cannot be written")
    for redirect in ("| true", ">&-", "<&- >&- 2>&-"):
        done = shell(f"rm -f out/report.html; $URIPC report out {redirect}", cwd=tmp_path)
        assert done.returncode == 0 and done.stderr == ""
        assert (tmp_path / "out" / "report.html").read_text().rstrip().endswith("</html>")
    for arguments in ([LONG], ["out", "--out", LONG], [""], ["out", "--out", "/proc/x"]):
        refused(run("report", *arguments, cwd=tmp_path), "expected")


def test_the_results_are_whole_even_if_nobody_reads_the_output(tmp_path):
    for name, redirect in (("pipe", "| true"), ("closed", ">&-"), ("all", "<&- >&- 2>&-")):
        done = shell(f"$URIPC check reference --out {name} {redirect}", cwd=tmp_path)
        assert done.returncode == 0 and done.stderr.count("\n") <= 1
        footer = records(tmp_path / name)[-1]
        assert footer["kind"] == "footer" and footer["partial"] is False
        assert "crash" not in footer["counts"]


def test_a_reader_that_leaves_ends_the_program_quietly():
    done = shell("set -o pipefail; $URIPC list | head -n 1")
    assert done.returncode in (0, 128 + signal.SIGPIPE)
    assert done.stdout.count("\n") == 1 and done.stderr == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    "command, name",
    [
        (["check", "reference", "--seeds", "1..100000000"], "results.jsonl"),
        pytest.param(["mutants", "--jobs", "1"], "mutants.jsonl", marks=needs_mutants),
    ],
)
def test_a_signal_ends_it_with_what_it_has(tmp_path, command, name, number):
    with subprocess.Popen([str(PROGRAM), *command, "--out", str(tmp_path)], text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as child:
        while not (tmp_path / name).exists() and child.poll() is None:
            time.sleep(0.005)
        child.send_signal(number)
        child.communicate(timeout=60)
    assert child.returncode == 130
    footer = records(tmp_path, name)[-1]
    assert footer["kind"] == "footer" and footer["partial"] is True


def test_it_works_where_nothing_can_be_written_and_where_nothing_is(tmp_path):
    gone = shell("mkdir gone && cd gone && rmdir ../gone && $URIPC check reference", cwd=tmp_path)
    assert gone.returncode == 0
    done = run("check", "reference", "--filter", "ten-*", cwd="/proc")
    assert done.returncode == 0
    refused(run("check", "reference", "--out", "x", cwd="/proc"), "cannot be written")


# Cases that ask for too much.


@pytest.mark.parametrize(
    "lines, status, words",
    [
        ("limits operations 4294967295\n", 2, "no memory"),
        ("limits pool 4294967295 uri 4294967295\n", 2, "no memory"),
        ("limits uri 1\n", 1, "expected ok, observed invalid-name"),
        ("pause A\nA: info a\n", 2, "its process is paused"),
        ("crash A\ncrash A\n", 2, "the process is dead already"),
        ('repeat 9000\nA: send a to "ipc:/a" bytes 0\nA: receive a\nend\n', 0, "pass"),
    ],
)
def test_a_case_that_cannot_be_done(tmp_path, lines, status, words):
    header, body = GOOD.rsplit("\n", 2)[:2]
    text = [header, lines + body] if lines.startswith("limits") else [header, body, lines]
    (tmp_path / "good.case").write_text("\n".join(text))
    done = run("sim", tmp_path / "good.case")
    assert done.returncode == status, done.stdout + done.stderr
    assert words in done.stdout
    assert "good.case:0" not in done.stdout
