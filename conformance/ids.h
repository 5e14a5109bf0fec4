/* SPDX-License-Identifier: MIT */
/* Strings that stand for nothing but themselves, as numbers: equal ones have the same. */
#ifndef URIPC_CONFORMANCE_IDS_H
#define URIPC_CONFORMANCE_IDS_H

#include <stddef.h>
#include <stdint.h>

/* {0} knows none. */
struct cf_ids {
    char **texts; /* by number, from 1 */
    uint32_t count;
    uint32_t *slots; /* numbers by hash; 0: free */
    uint32_t room;   /* of slots: a power of two, or 0 */
};

/* Its number, from 1; 0: no memory. */
uint32_t cf_ids_number(struct cf_ids *ids, const char *text);

/* NULL: no string has this number. */
const char *cf_ids_text(const struct cf_ids *ids, uint64_t number);

void cf_ids_free(struct cf_ids *ids);

#endif
