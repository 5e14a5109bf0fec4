/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include <string.h>

static const struct {
    const char *name;
    const char *text;
    bool breaks;
} verdicts[] = {
#define VERDICT_ROW(NAME, name, breaks, text) {name, text, breaks},
    CF_VERDICT_MAP(VERDICT_ROW)
#undef VERDICT_ROW
};

const char *cf_verdict_name(enum cf_verdict verdict)
{
    return verdicts[verdict].name;
}

const char *cf_verdict_text(enum cf_verdict verdict)
{
    return verdicts[verdict].text;
}

bool cf_verdict_breaks(enum cf_verdict verdict)
{
    return verdicts[verdict].breaks;
}

bool cf_verdict_find(const char *name, size_t length, enum cf_verdict *verdict)
{
    for (int i = 0; i < CF_VERDICT_COUNT; i++) {
        if (strlen(verdicts[i].name) == length && memcmp(verdicts[i].name, name, length) == 0) {
            *verdict = (enum cf_verdict)i;
            return true;
        }
    }
    return false;
}

enum cf_verdict cf_verdict_worse(enum cf_verdict a, enum cf_verdict b)
{
    return a > b ? a : b;
}

int cf_exit_status(const struct cf_findings *findings)
{
    if (findings->interrupted)
        return CF_EXIT_INTERRUPTED;
    if (findings->broken)
        return CF_EXIT_BROKEN;
    if (findings->misused)
        return CF_EXIT_USAGE;
    if (findings->unexpected)
        return CF_EXIT_UNEXPECTED;
    return findings->unresolved ? CF_EXIT_UNRESOLVED : CF_EXIT_OK;
}
