/* SPDX-License-Identifier: MIT */
#ifndef URIPC_CONFORMANCE_SIGNAL_NAME_H
#define URIPC_CONFORMANCE_SIGNAL_NAME_H

/* "SIGSEGV" and so on. */
const char *cf_signal_name(int number);

#endif
