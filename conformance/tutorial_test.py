# SPDX-License-Identifier: MIT
"""spec/driver-tutorial.md builds the program that is in the tree, and quotes what is printed."""

import re
import tempfile
from pathlib import Path

import pytest

from uripc_program import needs_program, run

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "spec/driver-tutorial.md").read_text(encoding="utf-8")
DRIVER = ROOT / "conformance/tutorial/driver.py"

BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
BEGIN, END, *STEPS = [text for language, text in BLOCKS if language == "python"]
QUOTES = [text for language, text in BLOCKS if not language]


def program(steps):
    """The program after so many steps of the page."""
    return "\n".join([BEGIN, *STEPS[:steps], END])


def as_quoted(text):
    """Without what differs from run to run, and the numbers of the page's lines."""
    text = re.sub(r'"realm":"[^"]*"', '"realm":"..."', text)
    return re.sub(r"driver-protocol\.md:\d+", "driver-protocol.md", text)


@pytest.fixture(name="folder")
def make_folder():
    """A folder that other users can read, too: some cases start drivers as another one."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_the_blocks_are_the_program():
    assert program(len(STEPS)) == DRIVER.read_text(encoding="utf-8")


def test_the_program_is_as_short_as_the_page_says():
    lines = DRIVER.read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip() and not line.startswith("#")]) < 100


def test_every_step_ends_with_a_quote():
    kinds = [language for language, _ in BLOCKS]
    assert kinds == ["python", *["python", ""] * (len(STEPS) + 1), ""]


@needs_program
@pytest.mark.parametrize("steps", range(len(STEPS) + 1))
def test_each_step_prints_what_the_page_quotes(folder, steps):
    (folder / "driver.py").write_text(program(steps), encoding="utf-8")
    done = run("probe", "--", "python3", "driver.py", cwd=folder)
    quote = QUOTES[steps].removeprefix("$ uripc probe -- python3 driver.py\n")
    assert as_quoted(done.stdout).endswith(as_quoted(quote))
    assert done.returncode == (0 if steps == len(STEPS) else 1)


@needs_program
def test_the_program_passes_the_case_of_the_page(folder):
    (folder / "driver.py").write_text(program(len(STEPS)), encoding="utf-8")
    command, answer = QUOTES[-1].split("\n", 1)
    done = run(*command.split()[2:], cwd=folder)
    assert (done.returncode, done.stdout) == (0, answer)


@needs_program
@pytest.mark.parametrize("chapter", ["completion", "lifetime"])
def test_the_program_passes_chapters_that_leave_names_alone(folder, chapter):
    (folder / "driver.py").write_text(program(len(STEPS)), encoding="utf-8")
    done = run("check", "--filter", f"{chapter}/*", "--", "python3", "driver.py", cwd=folder)
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"(\d+) pass", done.stdout)[1]) > 0
