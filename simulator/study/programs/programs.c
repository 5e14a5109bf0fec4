/* SPDX-License-Identifier: MIT */
#include "simulator/study/programs/programs.h"

const struct uripc_design *const study_designs[] = {&study_stateless, &study_session,
                                                    &study_activation};
const size_t study_design_count = sizeof study_designs / sizeof study_designs[0];

uint64_t study_id_of(struct uripc_text uri)
{
    uint64_t id = 0;
    unsigned shift = 0;
    for (size_t i = uri.length; i-- > 0 && uri.at[i] != '/'; shift += 4) {
        const char c = uri.at[i];
        if (c >= '0' && c <= '9')
            id |= (uint64_t)(c - '0') << shift;
        else if (c >= 'a' && c <= 'f')
            id |= (uint64_t)(c - 'a' + 10) << shift;
        else
            return 0;
        if (shift > 56)
            return 0;
    }
    return id;
}
