/* SPDX-License-Identifier: MIT */
/* A second, slow implementation of canonical names, for tests to compare with: it splits, decodes
 * and joins in separate steps, as chapter 1 of the spec tells it. */
#ifndef URIPC_NAME_NAIVE_H
#define URIPC_NAME_NAIVE_H

#include "reference/name.h"

enum { NAIVE_TEXT_MAX = 1024 };

/* As uripc_name_canonical, for texts of at most NAIVE_TEXT_MAX bytes. */
enum uripc_status naive_canonical(struct uripc_text text, enum uripc_name_use use, char *out,
                                  size_t capacity, size_t *length);

#endif
