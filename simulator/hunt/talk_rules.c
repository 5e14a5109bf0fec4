/* SPDX-License-Identifier: MIT */
/* What must hold for what an end of a session reads. */
#include <inttypes.h>
#include <stdio.h>

#include "simulator/hunt/reach.h"
#include "simulator/hunt/talk.h"
#include "simulator/random.h"

void talk_broken(struct talk *talk, const char *clause, uint32_t end, const char *text)
{
    const struct talk_end *self = &talk->ends[end];
    char told[HUNT_TEXT];
    (void)snprintf(told, sizeof told,
                   "%s (process %" PRIu32 ", end %" PRIu32 " of a session, %" PRIu64
                   " bytes sent, %" PRIu64 " read)",
                   text, self->process, end, self->accepted, self->read);
    hunt_broken(talk->ledger, clause, HUNT_CALLS_MOST, told);
}

uint8_t talk_byte(uint32_t end, uint64_t position)
{
    const uint64_t byte =
        position < 4 ? (uint64_t)end >> 8 * position : sim_mix((uint64_t)end << 32 | position);
    return (uint8_t)(byte & 0xff);
}

/* The number of the peer is whole: nobody else may read it, and it reads nobody else. */
static void meet(struct talk *talk, uint32_t end)
{
    struct talk_end *self = &talk->ends[end];
    const uint32_t peer = self->head[0] | (uint32_t)self->head[1] << 8 |
                          (uint32_t)self->head[2] << 16 | (uint32_t)self->head[3] << 24;
    if (peer >= talk->end_count || peer == end) {
        talk_broken(talk, "SES-1", end, "what it reads is no beginning of anybody's");
        return;
    }
    struct talk_end *other = &talk->ends[peer];
    self->peer = peer + 1;
    if (other->reader != 0)
        talk_broken(talk, "SES-8", end, "two read what one end has sent");
    other->reader = end + 1;
    if (other->peer != 0 && other->peer != end + 1)
        talk_broken(talk, "SES-8", end, "it reads an end that reads another one");
}

void talk_rule_read(struct talk *talk, uint32_t end, const unsigned char *bytes, uint32_t length)
{
    struct talk_end *self = &talk->ends[end];
    for (uint32_t i = 0; i < length && !hunt_is_broken(talk->ledger); i++) {
        if (self->read < sizeof self->head)
            self->head[self->read] = bytes[i];
        else if (bytes[i] != talk_byte(self->peer - 1, self->read))
            talk_broken(talk, "SES-1", end, "it reads something else than comes next");
        self->read++;
        if (self->read == sizeof self->head)
            meet(talk, end);
    }
}

static bool lives(const struct talk *talk, const struct talk_end *end)
{
    return talk->ledger->lives[end->process] == end->life;
}

void talk_rule_end(struct talk *talk, uint32_t end, enum uripc_status status)
{
    struct talk_end *self = &talk->ends[end];
    self->ended = status;
    if (status == URIPC_UNRESPONSIVE && !self->detects)
        talk_broken(talk, "SES-9", end, "the peer is called silent, and nobody judges that");
    if (self->peer == 0)
        return;
    const struct talk_end *peer = &talk->ends[self->peer - 1];
    hunt_say(talk->ledger, "end %u reads %s; its peer is end %u of process %u, with %u bytes sent",
             end, uripc_status_name(status), self->peer - 1, peer->process,
             (unsigned)peer->accepted);
    if (status == URIPC_PEER_GONE && lives(talk, peer) &&
        !hunt_was_given_up(talk->ledger, peer->process, self->since))
        talk_broken(talk, "SES-7", end, "the peer is called dead, and lives");
    if (status != URIPC_DISCONNECTED || self->disconnected || peer->disconnected ||
        hunt_was_given_up(talk->ledger, self->process, self->since))
        return; /* the peer may have taken this one for dead */
    if (!peer->shut && !peer->closed)
        talk_broken(talk, "SES-2", end, "the peer is said to have closed, and has not");
    else if (self->read < peer->accepted && !peer->given_up)
        talk_broken(talk, "SES-10", end, "the end is read before the rest");
}
