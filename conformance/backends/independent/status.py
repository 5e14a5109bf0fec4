# SPDX-License-Identifier: MIT
"""The status table (spec, chapter 6; include/uripc/status.h): each status is its name."""

NAMES = (
    "ok", "pending", "invalid-argument", "invalid-handle", "invalid-name", "exists", "no-receiver",
    "unreachable", "peer-gone", "too-big", "full", "would-block", "buffer-too-small", "timeout",
    "aborted", "closed", "in-use", "no-resources", "not-found", "not-supported", "access-denied",
    "more", "busy", "disconnected", "unresponsive",
)
NUMBERS = {name: number for number, name in enumerate(NAMES)}

# What a send can end with (include/uripc/uripc.h).
OF_A_SEND = frozenset((
    "ok", "no-receiver", "unreachable", "peer-gone", "too-big", "full", "would-block", "timeout",
    "aborted", "closed", "no-resources", "not-supported",
))
MAY_BE_INDEFINITE = frozenset((
    "peer-gone", "timeout", "closed", "disconnected", "unresponsive", "aborted",
))
DEFINITE, INDEFINITE = 1, 2
