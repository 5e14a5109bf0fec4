/* SPDX-License-Identifier: MIT */
/* The listener.  It takes requests and hands them on to the queue, whoever may serve that; it does
 * not know whether a worker runs.  The request goes on from a name below its own that ends as the
 * client's does, so the answer itself says whom it is for, and the listener need not remember it:
 *
 *     ipc:/c4/1a ------------> ipc:/listener
 *                              ipc:/listener/c4/1a ---> ipc:/pool
 *                              ipc:/listener/c4/1a <--- a worker
 *     ipc:/c4/1a <------------ ipc:/listener
 *
 * What the queue refuses, it refuses the client at once, as a web server answers 503. */
#include <stdio.h>
#include <string.h>

#include "simulator/study/programs/activation.h"

enum { UNDER_WAY = 64 };

/* Overlapped blocks: a request under way has that of its place, replies go on from REPLY. */
enum { REGISTER = 1, RECEIVE, FORWARD, REPLY = FORWARD + UNDER_WAY };

static const char scheme[] = "ipc:/";
static const char own[] = STUDY_LISTENER "/";

struct listener {
    struct uripc_handle handle;
    uint64_t replies;
    char asker[UNDER_WAY][STUDY_NAME]; /* without the scheme, until the queue has the request */
    _Alignas(8) unsigned char buffer[STUDY_BUFFER];
};

static void begin(void *state, const struct uripc_program_host *host)
{
    (void)state;
    study_register(host, STUDY_LISTENER, URIPC_EXCLUSIVE, REGISTER);
}

/* Copies what follows a prefix.  False: there is none, or it is too long. */
static bool rest_of(struct uripc_text uri, const char *prefix, char *rest)
{
    const size_t skip = strlen(prefix);
    if (uri.length <= skip || uri.length - skip >= STUDY_NAME || memcmp(uri.at, prefix, skip) != 0)
        return false;
    memcpy(rest, uri.at + skip, uri.length - skip);
    rest[uri.length - skip] = '\0';
    return true;
}

static void reply(struct listener *listener, const struct uripc_program_host *host,
                  const char *asker, uint64_t word)
{
    char target[sizeof scheme + STUDY_NAME];
    (void)snprintf(target, sizeof target, "%s%s", scheme, asker);
    (void)study_say(host, listener->handle, NULL, target, word, REPLY + listener->replies++);
}

static void forward(struct listener *listener, const struct uripc_program_host *host,
                    const char *asker, uint64_t word)
{
    uint32_t place = 0;
    while (place < UNDER_WAY && listener->asker[place][0] != '\0')
        place++;
    if (place == UNDER_WAY || study_say(host, listener->handle, asker, STUDY_POOL, word,
                                        FORWARD + place) != URIPC_PENDING)
        reply(listener, host, asker, STUDY_REFUSED);
    else
        memcpy(listener->asker[place], asker, STUDY_NAME);
}

static void received(struct listener *listener, const struct uripc_program_host *host)
{
    struct study_said said;
    char asker[STUDY_NAME] = "";
    if (!study_read(listener->buffer, &said))
        return;
    if (rest_of(said.target, own, asker))
        reply(listener, host, asker, said.word);
    else if (rest_of(said.source, scheme, asker))
        forward(listener, host, asker, said.word);
}

/* The queue has the request, or nobody holds its name, or it is full. */
static void forwarded(struct listener *listener, const struct uripc_program_host *host,
                      uint32_t place, enum uripc_status status)
{
    if (status != URIPC_OK)
        reply(listener, host, listener->asker[place], STUDY_REFUSED);
    listener->asker[place][0] = '\0';
}

static void completed(void *state, const struct uripc_program_host *host,
                      const struct uripc_completion *completion)
{
    struct listener *listener = state;
    const uint64_t call = completion->overlapped;
    if (call == REGISTER)
        listener->handle = completion->handle;
    if (call == RECEIVE && completion->status == URIPC_OK)
        received(listener, host);
    if (call == REGISTER || call == RECEIVE)
        study_listen(host, listener->handle, listener->buffer, 0, RECEIVE);
    else if (call < REPLY)
        forwarded(listener, host, (uint32_t)(call - FORWARD), completion->status);
}

static void alarm(void *state, const struct uripc_program_host *host)
{
    (void)state;
    (void)host;
}

const struct uripc_program study_listener = {.size = sizeof study_listener,
                                             .bytes = sizeof(struct listener),
                                             .begin = begin,
                                             .completed = completed,
                                             .alarm = alarm};
