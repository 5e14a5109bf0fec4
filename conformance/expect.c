/* SPDX-License-Identifier: MIT */
#include "expect.h"

#include <string.h>

static bool equal_text(const struct uripc_text *seen, const struct cf_text *expected)
{
    return seen->length == expected->size &&
           (seen->length == 0 || memcmp(seen->at, expected->at, seen->length) == 0);
}

static bool equal_data(const struct cf_observed *observed, const struct cf_data *expected)
{
    struct uripc_text seen = {.at = observed->message.data, .length = observed->message.data_bytes};
    return equal_text(&seen, &expected->text);
}

bool cf_is_incarnation(const struct cf_captured *captured, const struct cf_capture *capture,
                       const struct uripc_incarnation *seen)
{
    const struct cf_captured *known = &captured[capture->name.slot];
    return known->set && known->incarnation.node == seen->node &&
           known->incarnation.serial == seen->serial;
}

const struct uripc_incarnation *cf_observed_incarnation(const struct cf_observed *observed)
{
    return observed->has_info   ? &observed->info.incarnation
           : observed->has_peek ? &observed->peek.peer
                                : &observed->completion.incarnation;
}

bool cf_is_message(const struct cf_captured *captured, const struct cf_capture *capture,
                   uint64_t seen)
{
    const struct cf_captured *known = &captured[capture->name.slot];
    return known->set && known->message == seen;
}

/* Whether a value may be what it is, given whether it is the captured one. */
static bool fits_capture(const struct cf_captured *captured, const struct cf_capture *capture,
                         bool same)
{
    if (capture->use == CF_CAPTURE_AS)
        return true;
    return captured[capture->name.slot].set && same == (capture->use == CF_CAPTURE_EQUAL);
}

static bool fits_incarnation(const struct cf_alternative *alternative,
                             const struct uripc_incarnation *seen,
                             const struct cf_captured *captured)
{
    const struct cf_capture *capture = &alternative->incarnation;
    return fits_capture(captured, capture, cf_is_incarnation(captured, capture, seen));
}

static bool fits_message_id(const struct cf_alternative *alternative, uint64_t seen,
                            const struct cf_captured *captured)
{
    const struct cf_capture *capture = &alternative->message;
    return fits_capture(captured, capture, cf_is_message(captured, capture, seen));
}

static bool fits_message(const struct cf_alternative *alternative,
                         const struct cf_observed *observed)
{
    uint32_t checks = alternative->checks;
    if (!(checks & (CF_CHECK_SOURCE | CF_CHECK_TARGET | CF_CHECK_DATA)))
        return true;
    return observed->has_message &&
           (!(checks & CF_CHECK_SOURCE) ||
            equal_text(&observed->message.source, &alternative->source)) &&
           (!(checks & CF_CHECK_TARGET) ||
            equal_text(&observed->message.target, &alternative->target)) &&
           (!(checks & CF_CHECK_DATA) || equal_data(observed, &alternative->data));
}

static bool fits_completion(const struct cf_alternative *alternative,
                            const struct cf_observed *observed, const struct cf_captured *captured)
{
    const struct uripc_completion *seen = &observed->completion;
    const uint32_t *lengths = alternative->lengths;
    uint32_t checks = alternative->checks;
    uint32_t of_completions = CF_CHECK_DEFINITE | CF_CHECK_INDEFINITE | CF_CHECK_BYTES |
                              CF_CHECK_LENGTHS | CF_CHECK_SIZE | CF_CHECK_INCARNATION |
                              CF_CHECK_MESSAGE | CF_CHECK_PRINCIPAL | CF_CHECK_LEFT;
    if (!(checks & of_completions))
        return true;
    return observed->has_completion &&
           (!(checks & CF_CHECK_DEFINITE) || seen->certainty == URIPC_DEFINITE) &&
           (!(checks & CF_CHECK_INDEFINITE) || seen->certainty == URIPC_INDEFINITE) &&
           (!(checks & CF_CHECK_BYTES) || seen->bytes == alternative->bytes) &&
           (!(checks & CF_CHECK_LENGTHS) ||
            (seen->source_units == lengths[0] && seen->target_units == lengths[1] &&
             seen->data_bytes == lengths[2])) &&
           (!(checks & CF_CHECK_SIZE) || seen->data_bytes == alternative->size) &&
           (!(checks & CF_CHECK_LEFT) || seen->data_bytes == alternative->left) &&
           (!(checks & CF_CHECK_INCARNATION) ||
            fits_incarnation(alternative, &seen->incarnation, captured)) &&
           (!(checks & CF_CHECK_MESSAGE) ||
            fits_message_id(alternative, seen->message_id, captured)) &&
           (!(checks & CF_CHECK_PRINCIPAL) || seen->principal == alternative->principal);
}

static bool fits_info(const struct cf_alternative *alternative, const struct uripc_info *seen,
                      const struct cf_captured *captured)
{
    uint32_t checks = alternative->checks;
    bool none = seen->next_source == URIPC_NO_MESSAGE && seen->next_target == URIPC_NO_MESSAGE &&
                seen->next_data == URIPC_NO_MESSAGE;
    bool next = seen->next_source == alternative->next[0] &&
                seen->next_target == alternative->next[1] &&
                seen->next_data == alternative->next[2];
    return (!(checks & CF_CHECK_MESSAGES) || seen->messages == alternative->messages) &&
           (!(checks & CF_CHECK_BYTES) || seen->bytes == alternative->bytes) &&
           (!(checks & CF_CHECK_NEXT) || next) && (!(checks & CF_CHECK_NEXT_NONE) || none) &&
           (!(checks & CF_CHECK_RECEIVES) || seen->receives == alternative->receives) &&
           (!(checks & CF_CHECK_WAITING) || seen->waiting == alternative->waiting) &&
           (!(checks & CF_CHECK_DROPPED) || seen->dropped == alternative->dropped) &&
           (!(checks & CF_CHECK_KIND) || seen->kind == alternative->kind) &&
           (!(checks & CF_CHECK_INCARNATION) ||
            fits_incarnation(alternative, &seen->incarnation, captured));
}

static bool fits_peek(const struct cf_alternative *alternative,
                      const struct uripc_session_info *seen, const struct cf_captured *captured)
{
    uint32_t checks = alternative->checks;
    return (!(checks & CF_CHECK_STATE) || seen->state == alternative->state) &&
           (!(checks & CF_CHECK_STATUS) || seen->status == alternative->ended) &&
           (!(checks & CF_CHECK_MODE) || seen->mode == alternative->mode) &&
           (!(checks & CF_CHECK_BYTES) || seen->bytes == alternative->bytes) &&
           (!(checks & CF_CHECK_LEFT) || seen->left == alternative->left) &&
           (!(checks & CF_CHECK_LEFT_NONE) || seen->left == URIPC_NO_MESSAGE) &&
           (!(checks & CF_CHECK_UNREAD) || seen->unread == alternative->unread) &&
           (!(checks & CF_CHECK_INCARNATION) ||
            fits_incarnation(alternative, &seen->peer, captured));
}

static bool fits_time(const struct cf_alternative *alternative, const struct cf_observed *observed)
{
    uint64_t within = observed->slack < UINT64_MAX - alternative->within
                          ? alternative->within + observed->slack
                          : UINT64_MAX;
    return (!(alternative->checks & CF_CHECK_WITHIN) || observed->elapsed <= within) &&
           (!(alternative->checks & CF_CHECK_AT) || observed->elapsed == alternative->at);
}

bool cf_expect_fits(const struct cf_alternative *alternative, const struct cf_observed *observed,
                    const struct cf_captured *captured)
{
    if (observed->ending != CF_ENDED || observed->status != alternative->status ||
        !fits_time(alternative, observed))
        return false;
    if (alternative->call.name &&
        (!observed->call.name || alternative->call.slot != observed->call.slot))
        return false;
    if (observed->has_info)
        return alternative->record || fits_info(alternative, &observed->info, captured);
    if (observed->has_peek)
        return alternative->record || fits_peek(alternative, &observed->peek, captured);
    return fits_message(alternative, observed) && fits_completion(alternative, observed, captured);
}

const struct cf_alternative *cf_expect_match(const struct cf_step *step,
                                             const struct cf_observed *observed,
                                             const struct cf_captured *captured)
{
    for (size_t i = 0; i < step->alternative_count; i++)
        if (cf_expect_fits(&step->alternatives[i], observed, captured))
            return &step->alternatives[i];
    return NULL;
}

void cf_expect_capture(const struct cf_alternative *alternative, const struct cf_observed *observed,
                       struct cf_captured *captured)
{
    if (alternative->checks & CF_CHECK_INCARNATION &&
        alternative->incarnation.use == CF_CAPTURE_AS) {
        struct cf_captured *to = &captured[alternative->incarnation.name.slot];
        to->set = true;
        to->incarnation = *cf_observed_incarnation(observed);
    }
    if (alternative->checks & CF_CHECK_MESSAGE && alternative->message.use == CF_CAPTURE_AS) {
        struct cf_captured *to = &captured[alternative->message.name.slot];
        to->set = true;
        to->message = observed->completion.message_id;
    }
}

enum cf_verdict cf_expect_verdict(const struct cf_alternative *alternative)
{
    if (alternative->record)
        return CF_VERDICT_INFO;
    switch (alternative->strength) {
    case CF_STRICT:
        return CF_VERDICT_PASS;
    case CF_NONSTRICT:
        return CF_VERDICT_PASS_NONSTRICT;
    case CF_RECORDED:
        return CF_VERDICT_INFO;
    }
    return CF_VERDICT_PASS;
}
