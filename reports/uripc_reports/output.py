# SPDX-License-Identifier: MIT
"""Writes a result so that nobody ever sees half of it, and says where it is."""

import contextlib
import os
import sys


class BadOutput(Exception):
    """The place to write to is not as it should be; the text names it and the expected form."""


def check_target(target):
    """Looks before the work is done; writing may still fail."""
    wanted = "expected the name of a file to write"
    if target.is_dir():
        raise BadOutput(f"{target}: is a directory; {wanted}")
    if target.exists() and not target.is_file():
        raise BadOutput(f"{target}: is no regular file; {wanted}")
    if not target.parent.is_dir():
        raise BadOutput(
            f"{target}: the directory {target.parent} does not exist; "
            "expected an existing directory"
        )


def write(target, text):
    """Writes beside the target and renames."""
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(text, "utf-8", errors="backslashreplace")
        os.replace(beside, target)
    except OSError as error:
        raise BadOutput(
            f"{target}: cannot be written ({error.strerror}); expected a writable place"
        ) from None
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()


def say(text, end="\n"):
    """Prints a result or its place, which is no reason to fail where nobody listens any more.
    Returns the exit status."""
    try:
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
        print(text, end=end, flush=True)
    except BrokenPipeError:
        sys.stdout = None
    except OSError as error:
        sys.stdout = None  # or its end would complain once more
        raise BadOutput(f"standard output cannot be written: {error.strerror}") from None
    return 0
