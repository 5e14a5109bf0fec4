# SPDX-License-Identifier: MIT
"""Reads what `uripc check` and `uripc mutants` wrote and makes one HTML page of it."""
