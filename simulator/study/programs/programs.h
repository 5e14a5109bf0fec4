/* SPDX-License-Identifier: MIT */
/* The designs that come with uripc. */
#ifndef URIPC_STUDY_PROGRAMS_H
#define URIPC_STUDY_PROGRAMS_H

#include <stdbool.h>

#include <uripc/study.h>

extern const struct uripc_design study_stateless, study_session, study_activation;

extern const struct uripc_design *const study_designs[];
extern const size_t study_design_count;

/* Lines between `enum { NAME = __LINE__ };` and `enum { NAME_END = __LINE__ };`. */
#define STUDY_LINES(NAME) (NAME##_END - NAME - 1)

/* The last segment of a URI, read as a hexadecimal number; 0: it is none. */
uint64_t study_id_of(struct uripc_text uri);

#endif
