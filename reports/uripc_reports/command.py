# SPDX-License-Identifier: MIT
"""`uripc report`: the command line, and a result that is either whole or absent."""

import argparse
import contextlib
import os
import sys
import traceback
from pathlib import Path

USAGE, BROKEN, INTERRUPTED = 3, 4, 130


class _Parser(argparse.ArgumentParser):
    """Wrong usage is status 3, as in all of uripc."""

    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def _parser():
    parser = _Parser(
        prog="uripc report",
        description="Makes one HTML page, complete in itself, from results of `uripc check` "
        "and `uripc mutants`.",
        epilog="example:\n"
        "  uripc check reference --out build/demo\n"
        "  uripc report build/demo --out build/demo/report.html\n\n"
        "Exit status: 0 the page is written (also for a partial run, which the page says), "
        "3 an argument, an input or the output is not as it should be.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "directories",
        metavar="DIR",
        nargs="+",
        help="a directory with results.jsonl, mutants.jsonl or both",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="the page to write; default: report.html in the first DIR"
    )
    return parser


def main(arguments):
    """Returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return _report(options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:
        traceback.print_exc()
        print("uripc report: this is a fault of the report program itself", file=sys.stderr)
        return BROKEN


def _report(options):
    try:
        from .graphviz import NoGraphviz
        from .page import page
        from .results import BadInput, load
    except ModuleNotFoundError as error:
        return _refuse(
            f"Python module {error.name} is missing; expected Jinja2 for {sys.executable} "
            "(Debian: apt-get install python3-jinja2)"
        )
    target = Path(options.out or Path(options.directories[0]) / "report.html")
    try:
        sources = [load(directory) for directory in options.directories]
        _check_target(target)
        _write(target, page(sources))
    except (BadInput, NoGraphviz, _BadOutput) as error:
        return _refuse(error)
    except OSError as error:
        name = str(error.filename)[:200]
        return _refuse(f"{name}: {error.strerror}; expected the name of a file or directory")
    return _say(target)


def _say(target):
    """Prints where the page is, which is no reason to fail where nobody listens any more."""
    try:
        print(target, flush=True)
    except BrokenPipeError:
        sys.stdout = None
    except OSError as error:
        sys.stdout = None  # or its end would complain once more
        return _refuse(f"standard output cannot be written: {error.strerror}")
    return 0


def _refuse(reason):
    text = f"uripc report: {reason}".encode("utf-8", "backslashreplace").decode("utf-8")
    print(text, file=sys.stderr)
    return USAGE


class _BadOutput(Exception):
    pass


def _check_target(target):
    """Looks before the work is done; writing may still fail."""
    wanted = "expected the name of a file to write"
    if target.is_dir():
        raise _BadOutput(f"{target}: is a directory; {wanted}")
    if target.exists() and not target.is_file():
        raise _BadOutput(f"{target}: is no regular file; {wanted}")
    if not target.parent.is_dir():
        raise _BadOutput(
            f"{target}: the directory {target.parent} does not exist; "
            "expected an existing directory"
        )


def _write(target, text):
    """Writes beside the target and renames, so that nobody ever sees half a page."""
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(text, "utf-8", errors="backslashreplace")
        os.replace(beside, target)
    except OSError as error:
        raise _BadOutput(
            f"{target}: cannot be written ({error.strerror}); expected a writable place"
        ) from None
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()
