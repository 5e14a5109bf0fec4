# SPDX-License-Identifier: MIT
"""`uripc report` and `uripc diff`: the command lines, and a result that is whole or absent."""

import argparse
import sys
import traceback
from pathlib import Path

from .output import BadOutput, check_target, say, write

REGRESSED, USAGE, BROKEN, INTERRUPTED = 1, 3, 4, 130

ENDINGS = {
    "html": (".html", ".htm"),
    "junit": (".xml",),
    "tap": (".tap",),
    "markdown": (".md", ".markdown"),
}


class _Refusal(Exception):
    """Something asked for cannot be; the text says what was expected."""


class _Parser(argparse.ArgumentParser):
    """Wrong usage is status 3, as in all of uripc."""

    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def _report_parser():
    parser = _Parser(
        prog="uripc report",
        description="Makes one file, complete in itself, from results of `uripc check`, "
        "`uripc mutants` and `uripc bench`, or of `uripc study`. The results of several backends "
        "make one page that compares them.",
        epilog="examples:\n"
        "  uripc check reference --out build/demo\n"
        "  uripc report build/demo --out build/demo/report.html\n"
        "  uripc report build/demo --format markdown --out -\n"
        "  uripc report reference model --out both.html\n\n"
        "Exit status: 0 the file is written (also for a partial run, which the file says), "
        "3 an argument, an input or the output is not as it should be.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "directories",
        metavar="DIR",
        nargs="+",
        help="a directory with results.jsonl, mutants.jsonl or bench.jsonl; or with study.jsonl",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="the file to write, - for standard output; default: report.html, .xml, .tap or .md "
        "in the first DIR",
    )
    parser.add_argument(
        "--format", choices=ENDINGS, help="default: by the ending of FILE, else html"
    )
    parser.add_argument(
        "--baseline",
        metavar="DIR",
        action="append",
        default=[],
        help="an earlier run of the same backend, to tell what changed since; may be repeated",
    )
    return parser


def _diff_parser():
    parser = _Parser(
        prog="uripc diff",
        description="Tells what changed from one run of `uripc check` to another, regressions "
        "first.",
        epilog="example:\n  uripc diff build/before build/after\n\n"
        "Exit status: 0 nothing that held before has ceased to hold, 1 something has, 3 an "
        "argument or an input is not as it should be.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name, what in (("before", "the earlier run"), ("after", "the later run")):
        parser.add_argument(name, metavar=name.upper(), help=f"directory of {what}")
    return parser


def main(arguments):
    """`report ...` or `diff ...`; returns the exit status."""
    command, arguments = arguments[0], arguments[1:]
    parser, work = {"report": (_report_parser, _report), "diff": (_diff_parser, _diff)}[command]
    options = parser().parse_args(arguments)
    try:
        return _guarded(command, work, options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:
        traceback.print_exc()
        print(f"uripc {command}: this is a fault of the program itself", file=sys.stderr)
        return BROKEN


def _guarded(command, work, options):
    try:
        from .graphviz import NoGraphviz
        from .results import BadInput
    except ModuleNotFoundError as error:
        return _refuse(
            command,
            f"Python module {error.name} is missing; expected Jinja2 for {sys.executable} "
            "(Debian: apt-get install python3-jinja2)"
        )
    try:
        return work(options)
    except (BadInput, NoGraphviz, BadOutput, _Refusal) as error:
        return _refuse(command, error)
    except OSError as error:
        name = str(error.filename)[:200]
        return _refuse(
            command, f"{name}: {error.strerror}; expected the name of a file or directory"
        )


def _report(options):
    from .changes import compare
    from .results import load

    kind = _format(options)
    target = _target(options, kind)
    sources = [load(directory) for directory in options.directories]
    changes = [compare(*pair) for pair in _pairs(sources, map(load, options.baseline))]
    if target:
        check_target(target)
    text = _document(kind, sources, changes)
    if not target:
        return say(text, end="")
    write(target, text)
    return say(target)


def _format(options):
    if options.format:
        return options.format
    ending = Path(options.out or "").suffix.lower()
    found = [kind for kind, endings in ENDINGS.items() if ending in endings]
    if ending and not found:
        known = ", ".join(e for endings in ENDINGS.values() for e in endings)
        raise _Refusal(
            f"--out {options.out}: the ending {ending} names no format; expected --format, or one "
            f"of {known}"
        )
    return found[0] if found else "html"


def _target(options, kind):
    """The file to write; None for standard output."""
    if options.out == "-":
        return None
    return Path(options.out or Path(options.directories[0]) / f"report{ENDINGS[kind][0]}")


def _pairs(sources, baselines):
    """(baseline, run) for each run that has one."""
    runs, seen = [source.run for source in sources if source.run], set()
    for baseline in baselines:
        if not baseline.run:
            raise _Refusal(f"--baseline {baseline.directory}: expected results.jsonl in it")
        name = baseline.run.header["backend"]
        if name in seen:
            raise _Refusal(
                f"--baseline {baseline.directory}: a second baseline of {name}; expected one"
            )
        seen.add(name)
        same = [run for run in runs if run.header["backend"] == name]
        if not same:
            raise _Refusal(
                f"--baseline {baseline.directory}: a run of {name}, and no other run here is of "
                f"{name}; expected an earlier run of the same backend"
            )
        yield from ((baseline.run, run) for run in same)


def _document(kind, sources, changes):
    from . import comparison, junit, markdown, page, study_markdown, study_page, tap

    runs = [source.run for source in sources if source.run]
    if all(source.study and not (source.run or source.mutants or source.bench)
           for source in sources) and kind in ("html", "markdown"):
        return study_page.page(sources) if kind == "html" else study_markdown.document(sources)
    if any(source.study for source in sources):
        raise _Refusal("a study has a page of its own, in html or markdown; expected directories "
                       "with study.jsonl only, or without")
    if kind == "html":
        return (comparison if len(runs) > 1 else page).page(sources, changes)
    if not runs:
        raise _Refusal(f"format {kind} tells of cases; expected a directory with results.jsonl")
    if kind == "tap" and len(runs) > 1:
        raise _Refusal(f"format tap has room for one run, found {len(runs)}; expected one DIR")
    if kind == "markdown":
        return markdown.document(runs, changes)
    return {"junit": junit, "tap": tap}[kind].document(runs)


def _diff(options):
    from . import changes
    from .results import load

    sources = [load(directory) for directory in (options.before, options.after)]
    for source in sources:
        if not source.run:
            raise _Refusal(f"{source.directory}: no results.jsonl in it; expected a run of a check")
    found = changes.compare(*(source.run for source in sources))
    status = say(changes.text(found), end="")
    return status or (REGRESSED if found.kinds["regression"] else 0)


def _refuse(command, reason):
    text = f"uripc {command}: {reason}".encode("utf-8", "backslashreplace").decode("utf-8")
    print(text, file=sys.stderr)
    return USAGE
