/* SPDX-License-Identifier: MIT */
/* For tests of requests: what requester and server do most of the time. */
#ifndef URIPC_SIMULATOR_FAKE_REQUESTS_H
#define URIPC_SIMULATOR_FAKE_REQUESTS_H

#include <uripc/message.h>
#include <uripc/request.h>

#include "fake_layers.h"

enum { SERVER = 0, CLIENT = 1, OTHER = 2, SERVE = 1, REPLY, LOST, ASK = 10 };

extern struct uripc_handle door; /* the server's registration `ipc:/door` */
extern char buffers[PEERS][1024];
extern const struct uripc_request_options three_tries; /* at 0 s, 1 s, 3 s; up to 7 s */

/* A world of the profile `local` in which the server has its registration. */
void begin_door(uint64_t seed);

struct uripc_buffer buffer_of(uint32_t peer, uint32_t size);

/* The client asks `ipc:/door/room?x`. */
enum uripc_status start_ask(const char *data, const struct uripc_request_options *options,
                            uint64_t overlapped);
void ask(const char *data, const struct uripc_request_options *options, uint64_t overlapped);

/* A serve at any registration or session; the server's at its door, with overlapped SERVE. */
void serve_at(uint32_t peer, struct uripc_handle handle, uint64_t remember, uint64_t overlapped);
void serve(uint64_t remember);

/* A reply of any peer; the server's, with overlapped REPLY. */
void reply_as(uint32_t peer, uint64_t id, const char *data, uint64_t overlapped);
void reply(uint64_t id, const char *data);

/* What lies in the buffer of a peer; NULL: whatever. */
void expect_message(uint32_t peer, const char *source, const char *target, const char *data);

/* The next completion is that of a serve: its id. */
uint64_t expect_served(uint32_t peer, const char *data, enum uripc_certainty certainty);
uint64_t served(const char *data); /* at the server, definite */

void expect_reply(uint64_t overlapped, const char *data);
struct uripc_completion expect_done(uint32_t peer, uint64_t overlapped, enum uripc_status status,
                                    enum uripc_certainty certainty);
void expect_quiet(uint32_t peer, uint64_t nanoseconds);
struct uripc_layer_counters counters(uint32_t peer);

#endif
