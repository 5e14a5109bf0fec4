/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "simulator/study/engine/file.h"

static const struct suffix {
    enum study_unit unit;
    const char *text;
    uint64_t scale;
} suffixes[] = {
    {STUDY_COUNT, "", 1},
    {STUDY_SHARE, "%", 10000},
    {STUDY_TIME, "ns", 1},
    {STUDY_TIME, "us", 1000},
    {STUDY_TIME, "ms", 1000000},
    {STUDY_TIME, "s", 1000000000},
    {STUDY_TIME, "min", UINT64_C(60000000000)},
};

static const uint64_t most = UINT64_C(1000000000);

static bool scale_of(const char *text, enum study_unit unit, uint64_t *scale)
{
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        if (suffixes[i].unit == unit && strcmp(suffixes[i].text, text) == 0) {
            *scale = suffixes[i].scale;
            return true;
        }
    }
    return false;
}

bool study_value(const char *text, enum study_unit unit, uint64_t *value)
{
    uint64_t whole = 0;
    uint64_t fraction = 0;
    uint64_t part = 1;
    size_t i = 0;
    for (; text[i] >= '0' && text[i] <= '9' && whole < most; i++)
        whole = whole * 10 + (uint64_t)(text[i] - '0');
    if (i == 0)
        return false;
    if (text[i] == '.') {
        const size_t point = i++;
        for (; text[i] >= '0' && text[i] <= '9' && part < most; i++, part *= 10)
            fraction = fraction * 10 + (uint64_t)(text[i] - '0');
        if (i == point + 1)
            return false;
    }
    uint64_t scale;
    if (!scale_of(text + i, unit, &scale) || (fraction * scale) % part != 0 || whole > most)
        return false;
    *value = whole * scale + fraction * scale / part;
    return unit != STUDY_SHARE || *value <= 1000000;
}
