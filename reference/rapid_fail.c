/* SPDX-License-Identifier: MIT */
#include <uripc/rapid_fail.h>

struct uripc_rapid_fail uripc_rapid_fail_begin(uint32_t failures, uint64_t interval)
{
    return (struct uripc_rapid_fail){
        .interval = interval,
        .failures = failures < URIPC_RAPID_FAIL_MAX ? failures : URIPC_RAPID_FAIL_MAX,
    };
}

struct uripc_rapid_fail uripc_rapid_fail_failed(struct uripc_rapid_fail state, uint64_t now)
{
    if (state.failures == 0) /* RFP-3 */
        return state;
    uint64_t last = state.at[(state.next + state.failures - 1) % state.failures];
    if (state.kept != 0 && now < last)
        now = last;
    state.at[state.next] = now;
    state.next = (state.next + 1) % state.failures;
    if (state.kept < state.failures)
        state.kept++;
    /* RFP-1: a full ring begins with the first of the failures that count together */
    if (state.kept == state.failures && now - state.at[state.next] < state.interval)
        state.stopped = true;
    return state;
}

bool uripc_rapid_fail_may_start(const struct uripc_rapid_fail *state)
{
    return !state->stopped;
}

struct uripc_rapid_fail uripc_rapid_fail_reset(struct uripc_rapid_fail state)
{
    return uripc_rapid_fail_begin(state.failures, state.interval);
}
