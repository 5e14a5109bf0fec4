# SPDX-License-Identifier: MIT
"""spec/study-tutorial.md: its C, its study and its commands are taken from the page and followed to
the letter, from an installed uripc."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from uripc_program import PROGRAM, needs_program

pytestmark = [
    needs_program,
    pytest.mark.skipif(not shutil.which("cmake"), reason="there is no cmake"),
]

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "spec/study-tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def blocks(language):
    return [text for of, text in BLOCKS if of == language]


@pytest.fixture(name="home", scope="module")
def follow(tmp_path_factory):
    """Everything that the page says has been done; what each command printed, in order."""
    home = tmp_path_factory.mktemp("home")
    (home / "build").symlink_to(PROGRAM.parent.parent)
    (home / "phi.c").write_text("\n".join(blocks("c")), encoding="utf-8")
    (home / "phi.study").write_text(blocks("")[0], encoding="utf-8")
    install, *others = blocks("sh")
    script = install + "".join(f"echo '{MARK}'\n{command}" for command in others)
    done = subprocess.run(
        ["sh", "-eu", "-c", script], cwd=home, capture_output=True, text=True, timeout=300,
        check=False, env={"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"})
    assert (done.returncode, done.stderr) == (0, "")
    return home, done.stdout.split(f"{MARK}\n")


MARK = "---- the next command of the page ----"


def test_the_installed_program_is_the_one_that_runs(home):
    folder, (_, designs, *_) = home
    assert (folder / "uripc/bin/uripc").exists()
    assert "session " in designs


def test_the_design_is_compiled_without_a_warning_and_takes_part(home):
    folder, (*_, compiled, table, _) = home
    assert compiled == ""
    assert "phi - timeout" in table and table.endswith("phi/report.html\n")
    assert (folder / "phi/report.html").exists()


def without_figures(text):
    text = re.sub(r"[\d.\u202f]+", "N", " ".join(text.replace("\\[", "[").replace("\\]", "]").split()))
    return re.sub(r"N ?(ms|µs|s)\b", "N s", text)


def test_what_was_found_is_what_the_page_quotes_but_for_figures(home):
    _, (*_, answer) = home
    quotes = re.findall(r"^> (.*(?:\n> .*)*)", TEXT, re.MULTILINE)
    assert len(quotes) == 2
    for quote in quotes:
        assert without_figures(quote.replace("\n> ", " ")) in without_figures(answer)


def test_the_detector_is_what_makes_the_difference(home):
    """The same design with the same detector twice does not differ."""
    folder, _ = home
    study = blocks("")[0].replace("detector=2 silence=100ms", "detector=0 silence=3s")
    (folder / "same.study").write_text(study, encoding="utf-8")
    done = subprocess.run([folder / "uripc/bin/uripc", "study", folder / "same.study"],
                          capture_output=True, text=True, timeout=120, check=True)
    assert "-1.2" not in done.stdout
    rows = [line for line in done.stdout.splitlines() if line.strip().startswith("detection")]
    assert len(rows) == 2 and all(row.split()[-2:] == ["0", "+-0"] for row in rows)
