/* SPDX-License-Identifier: MIT */
/* A client of the listener.  It knows one name and no worker: it asks, waits, asks again, and gives
 * up when it is refused or has asked often enough. */
#include <stdio.h>

#include "simulator/study/programs/activation.h"

enum { ASKED = 64 };

/* Overlapped blocks; those of sends go on from SEND. */
enum { REGISTER = 1, RECEIVE, SEND };

struct asked {
    uint64_t id; /* 0: free */
    uint64_t service;
    uint64_t due;
    uint64_t tries; /* so far */
};

struct caller {
    struct uripc_handle handle;
    uint64_t sends;
    struct asked asked[ASKED];
    _Alignas(8) unsigned char buffer[STUDY_BUFFER];
};

static void try_once(struct caller *caller, const struct uripc_program_host *host,
                     struct asked *asked)
{
    char suffix[24];
    (void)snprintf(suffix, sizeof suffix, "%llx", (unsigned long long)asked->id);
    asked->tries++;
    asked->due = host->now(host->self) + host->parameter(host->self, "timeout");
    (void)study_say(host, caller->handle, suffix, STUDY_LISTENER, asked->service,
                    SEND + caller->sends++);
}

static void set_alarm(const struct caller *caller, const struct uripc_program_host *host)
{
    uint64_t at = UINT64_MAX;
    for (uint32_t i = 0; i < ASKED; i++) {
        if (caller->asked[i].id != 0 && caller->asked[i].due < at)
            at = caller->asked[i].due;
    }
    host->alarm(host->self, at);
}

static void give_up(const struct uripc_program_host *host, struct asked *asked)
{
    host->tell(host->self, URIPC_FACT_GAVE_UP, asked->id);
    asked->id = 0;
}

static void begin(void *state, const struct uripc_program_host *host)
{
    (void)state;
    char name[STUDY_NAME];
    (void)snprintf(name, sizeof name, "ipc:/c%u", (unsigned)host->number);
    study_register(host, name, URIPC_EXCLUSIVE, REGISTER);
}

static void ask(void *state, const struct uripc_program_host *host, const struct uripc_ask *ask)
{
    struct caller *caller = state;
    for (uint32_t i = 0; i < ASKED; i++) {
        if (caller->asked[i].id != 0)
            continue;
        caller->asked[i] = (struct asked){.id = ask->id, .service = ask->service};
        try_once(caller, host, &caller->asked[i]);
        set_alarm(caller, host);
        return;
    }
    host->tell(host->self, URIPC_FACT_GAVE_UP, ask->id); /* too many at once */
}

static void alarm(void *state, const struct uripc_program_host *host)
{
    struct caller *caller = state;
    for (uint32_t i = 0; i < ASKED; i++) {
        struct asked *asked = &caller->asked[i];
        if (asked->id == 0 || asked->due > host->now(host->self))
            continue;
        if (asked->tries <= host->parameter(host->self, "retries"))
            try_once(caller, host, asked);
        else
            give_up(host, asked);
    }
    set_alarm(caller, host);
}

/* An answer is for the request whose id ends its target. */
static void answered(struct caller *caller, const struct uripc_program_host *host)
{
    struct study_said answer;
    if (!study_read(caller->buffer, &answer))
        return;
    const uint64_t id = study_id_of(answer.target);
    for (uint32_t i = 0; i < ASKED; i++) {
        struct asked *asked = &caller->asked[i];
        if (asked->id != id || id == 0)
            continue;
        if (answer.word == STUDY_REFUSED) {
            give_up(host, asked);
        } else {
            host->tell(host->self, URIPC_FACT_ANSWERED, id);
            asked->id = 0;
        }
        return;
    }
    host->tell(host->self, URIPC_FACT_LATE, id);
}

static void completed(void *state, const struct uripc_program_host *host,
                      const struct uripc_completion *completion)
{
    struct caller *caller = state;
    if (completion->overlapped == REGISTER)
        caller->handle = completion->handle;
    else if (completion->overlapped == RECEIVE && completion->status == URIPC_OK)
        answered(caller, host);
    else
        return; /* of sends nothing is expected: an answer comes or does not */
    study_listen(host, caller->handle, caller->buffer, 0, RECEIVE);
    set_alarm(caller, host);
}

const struct uripc_program study_caller = {.size = sizeof study_caller,
                                           .bytes = sizeof(struct caller),
                                           .begin = begin,
                                           .completed = completed,
                                           .alarm = alarm,
                                           .ask = ask};
