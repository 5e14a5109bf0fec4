# SPDX-License-Identifier: MIT
"""`python3 -m uripc_reports report DIR…` does the same as main.py."""

import sys

from .command import main

sys.exit(main(sys.argv[1:]))
