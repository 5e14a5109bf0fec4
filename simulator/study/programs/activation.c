/* SPDX-License-Identifier: MIT */
/* What the programs of the design `activation` share, and the design itself. */
#include "simulator/study/programs/activation.h"

#include <string.h>

#include <uripc/message.h>

struct uripc_text study_text(const char *at)
{
    return (struct uripc_text){.at = at, .length = strlen(at)};
}

bool study_read(const unsigned char *buffer, struct study_said *said)
{
    struct uripc_message lengths;
    struct uripc_message_parts parts;
    if (uripc_message_read(buffer, STUDY_BUFFER, 1, &lengths, &parts) != URIPC_OK ||
        lengths.data_bytes != sizeof said->word)
        return false;
    said->source = (struct uripc_text){(const char *)buffer + parts.source, lengths.source_units};
    said->target = (struct uripc_text){(const char *)buffer + parts.target, lengths.target_units};
    memcpy(&said->word, buffer + parts.data, sizeof said->word);
    return true;
}

void study_register(const struct uripc_program_host *host, const char *name, enum uripc_kind kind,
                    uint64_t overlapped)
{
    const struct uripc_register_options options = {.size = sizeof options, .kind = kind};
    (void)host->calls->register_(host->node, (struct uripc_handle){0}, study_text(name), &options,
                                 overlapped);
}

void study_listen(const struct uripc_program_host *host, struct uripc_handle handle,
                  unsigned char *buffer, uint64_t deadline, uint64_t overlapped)
{
    const struct uripc_receive_options options = {.size = sizeof options, .deadline = deadline};
    const struct uripc_buffer where = {.id = (uint64_t)(uintptr_t)buffer, .size = STUDY_BUFFER};
    (void)host->calls->receive(host->node, handle, where, &options, overlapped);
}

enum uripc_status study_say(const struct uripc_program_host *host, struct uripc_handle from,
                            const char *suffix, const char *to, uint64_t word, uint64_t overlapped)
{
    const struct uripc_text end = study_text(suffix ? suffix : "");
    return host->calls->send(host->node, from, suffix ? &end : NULL, study_text(to), &word,
                             sizeof word, NULL, overlapped);
}

static const struct uripc_parameter parameters[] = {
    {.name = "timeout",
     .unit = URIPC_UNIT_TIME,
     .usual = 5000000000,
     .text = "how long one try of a request waits for its answer"},
    {.name = "retries",
     .unit = URIPC_UNIT_COUNT,
     .usual = 2,
     .text = "further tries of a request",
     .zero = "none"},
    {.name = "idle",
     .unit = URIPC_UNIT_TIME,
     .usual = 10000000000,
     .text = "a worker that gets nothing for so long retires",
     .zero = "never"},
    {.name = "keep",
     .unit = URIPC_UNIT_COUNT,
     .usual = 0,
     .text = "workers that are started without demand, too",
     .zero = "none"},
    {.name = "patience",
     .unit = URIPC_UNIT_TIME,
     .usual = 10000000,
     .text = "how long what is queued waits for the workers there are, before one more is started"},
    {.name = "failures",
     .unit = URIPC_UNIT_COUNT,
     .usual = 5,
     .text = "failures of workers within `interval` after which none is started any more",
     .zero = "never"},
    {.name = "interval",
     .unit = URIPC_UNIT_TIME,
     .usual = 300000000000,
     .text = "the interval of these failures",
     .with = "failures"},
    {.name = "reset",
     .unit = URIPC_UNIT_TIME,
     .usual = 0,
     .text = "how long after that somebody lets starting go on",
     .zero = "never",
     .with = "failures"},
};

const struct uripc_design study_activation = {
    .size = sizeof(struct uripc_design),
    .version = URIPC_DESIGN_VERSION,
    .name = "activation",
    .text = "a listener, a shared queue, and a service that starts workers on demand",
    .client = &study_caller,
    .worker = &study_pool_worker,
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof parameters[0],
    .listener = &study_listener,
    .service = &study_service};
