/* SPDX-License-Identifier: MIT */
/* Finds the word somebody probably meant. */
#ifndef URIPC_CONFORMANCE_NEAREST_H
#define URIPC_CONFORMANCE_NEAREST_H

#include <stddef.h>

/* A search: set `found` and `size`, offer every right word, read `best` (NULL: none is near). */
struct cf_nearest {
    const char *found;
    size_t size;
    const char *best;
    size_t distance;
};

/* Keeps `word` if it is nearer than what was offered before.  Near is a distance of at most 2
 * that does not change more than half of the longer word. */
void cf_nearest_offer(struct cf_nearest *search, const char *word);

/* The same for an array of words. */
const char *cf_nearest_word(const char *found, const char *const *words, size_t count);

/* Insertions, deletions, replacements and swaps of neighbours that make one word of the other.
 * Words longer than 64 bytes are infinitely far (SIZE_MAX) unless they are equal. */
size_t cf_edit_distance(const char *a, size_t a_size, const char *b, size_t b_size);

#endif
