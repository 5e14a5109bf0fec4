/* SPDX-License-Identifier: MIT */
#include "nearest.h"

#include <stdint.h>
#include <string.h>

enum { LONGEST = 64, NEAR = 2 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t cf_edit_distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    if (a_size > LONGEST || b_size > LONGEST)
        return a_size == b_size && memcmp(a, b, a_size) == 0 ? 0 : SIZE_MAX;
    /* Three rows of the table of distances between prefixes; the oldest serves the swaps. */
    size_t rows[3][LONGEST + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_size; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            const size_t replaced = last[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(replaced, least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *const oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[b_size];
}

void cf_nearest_offer(struct cf_nearest *search, const char *word)
{
    const size_t size = strlen(word);
    const size_t distance = cf_edit_distance(search->found, search->size, word, size);
    const size_t longer = size > search->size ? size : search->size;
    if (distance > NEAR || distance * 2 > longer)
        return;
    if (search->best == NULL || distance < search->distance) {
        search->best = word;
        search->distance = distance;
    }
}

const char *cf_nearest_word(const char *found, const char *const *words, size_t count)
{
    struct cf_nearest search = {.found = found, .size = strlen(found)};
    for (size_t i = 0; i < count; i++)
        cf_nearest_offer(&search, words[i]);
    return search.best;
}
