/* SPDX-License-Identifier: MIT */
/* The designs that come with uripc. */
#ifndef URIPC_STUDY_PROGRAMS_H
#define URIPC_STUDY_PROGRAMS_H

#include <stdbool.h>

#include <uripc/study.h>

extern const struct uripc_design study_stateless;

extern const struct uripc_design *const study_designs[];
extern const size_t study_design_count;

/* The last segment of a URI, read as a hexadecimal number; 0: it is none. */
uint64_t study_id_of(struct uripc_text uri);

#endif
