/* SPDX-License-Identifier: MIT */
/* The rules of history.h. */
#ifndef URIPC_CONFORMANCE_RULES_H
#define URIPC_CONFORMANCE_RULES_H

#include "history.h"

/* C9: what a call returned, and what it completed with. */
void cf_rules_returned(struct cf_history *history, uint32_t op);
void cf_rules_completed(struct cf_history *history, uint32_t op);

/* C9: a completion that belongs to no call in flight. */
void cf_rules_stray(struct cf_history *history, uint32_t process,
                    const struct uripc_completion *completion);

/* C10: the buffer of a completed receive.  True if it holds a whole message. */
bool cf_rules_buffer(struct cf_history *history, uint32_t op, const unsigned char *buffer);

/* C1, C3, C4 over the whole run.  `copies` is how often one receiver may get one message; 0: there
 * is no limit, because the case asked for duplicates. */
void cf_rules_delivery(struct cf_history *history, uint32_t copies);

#endif
