# SPDX-License-Identifier: MIT
"""Entry of `uripc report` and `uripc diff`: `main.py report ...` runs the package beside this file,
from wherever it is installed."""

import sys

sys.dont_write_bytecode = True  # The share tree may be read-only, and is never ours to litter.

from uripc_reports.command import main  # noqa: E402  (the line above has to come first)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
