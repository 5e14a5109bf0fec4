#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A backend of its own: written from the spec, in another language, sharing nothing with the
reference.  It speaks the driver protocol on its standard input and output."""

import driver

if __name__ == "__main__":
    driver.Driver(0, 1).run()
