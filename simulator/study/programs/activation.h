/* SPDX-License-Identifier: MIT */
/* The programs of the design `activation`, and what they say to each other.  Names:
 *
 *     ipc:/cN        client N;     ipc:/cN/ID is where the answer to its request ID is awaited
 *     ipc:/listener  the listener; ipc:/listener/cN/ID is where it awaits the same for the client
 *     ipc:/pool      the shared queue, at home in the activation service
 *     ipc:/service   the activation service itself, to which workers say that they are there
 *
 * The data of every message is one word.  stateless.c says much of this for itself, as its lines
 * are counted. */
#ifndef URIPC_STUDY_ACTIVATION_H
#define URIPC_STUDY_ACTIVATION_H

#include "simulator/study/programs/programs.h"

enum { STUDY_BUFFER = 256, STUDY_NAME = 96 };

/* The word of an answer. */
enum { STUDY_DONE, STUDY_REFUSED };

#define STUDY_LISTENER "ipc:/listener"
#define STUDY_POOL "ipc:/pool"
#define STUDY_SERVICE_NAME "ipc:/service"

extern const struct uripc_program study_caller, study_listener, study_pool_worker, study_service;

/* A received message; its texts lie in the buffer. */
struct study_said {
    struct uripc_text source, target;
    uint64_t word;
};

struct uripc_text study_text(const char *at);
bool study_read(const unsigned char *buffer, struct study_said *said);

void study_register(const struct uripc_program_host *host, const char *name, enum uripc_kind kind,
                    uint64_t overlapped);

/* Waits for a message, for so long; 0: for ever.  The buffer has STUDY_BUFFER bytes. */
void study_listen(const struct uripc_program_host *host, struct uripc_handle handle,
                  unsigned char *buffer, uint64_t deadline, uint64_t overlapped);

/* Sends a word.  `suffix` NULL: from the registered name itself. */
enum uripc_status study_say(const struct uripc_program_host *host, struct uripc_handle from,
                            const char *suffix, const char *to, uint64_t word, uint64_t overlapped);

#endif
