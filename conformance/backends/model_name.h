/* SPDX-License-Identifier: MIT */
/* Names (spec, chapter 1) the slow way: decode, split, join.  Results are malloc'd strings that the
 * caller frees; NULL means that the text is refused. */
#ifndef URIPC_CONFORMANCE_MODEL_NAME_H
#define URIPC_CONFORMANCE_MODEL_NAME_H

#include <stdbool.h>

#include <uripc/uripc.h>

/* The canonical form of a URI.  A target keeps its query and its trailing slash (NAM-9, NAM-14). */
char *model_name_registered(struct uripc_text text);
char *model_name_target(struct uripc_text text);

/* A registered name with a suffix appended (NAM-22 to NAM-25); a trailing slash is kept. */
char *model_name_compose(const char *name, struct uripc_text suffix);

/* Takes away the trailing slashes that no registered name has but the root. */
void model_name_trim(char *name);

/* Whether a text begins with a scheme and a colon, that is: wants to be a URI (REG-12). */
bool model_name_is_uri(struct uripc_text text);

/* Whether a registered name is a whole-segment prefix of a canonical target (RTE-1 to RTE-4). */
bool model_name_covers(struct uripc_text name, struct uripc_text target);

#endif
