/* SPDX-License-Identifier: MIT */
/* For tests: an application with a node on a loop of its own.  Several can be in one process; one
 * whose loop is not run is like a process that is paused. */
#ifndef URIPC_UV_FAKE_APPLICATION_H
#define URIPC_UV_FAKE_APPLICATION_H

#include <stdbool.h>

#include <uripc/uv.h>

#include <uv.h>

enum { APPLICATION_BUFFER = 4096, APPLICATION_DONE = 512 };

struct application {
    uv_loop_t loop;
    struct uripc_uv *uv;
    bool closed;
    uint64_t calls;                                 /* the last overlapped number that was given */
    struct uripc_completion done[APPLICATION_DONE]; /* polled and not yet asked for */
    unsigned done_count;
};

/* A new empty directory, 0700, and its end with all that is in it. */
const char *realm_make(void);
void realm_remove(const char *path);

/* What lies below a realm's nodes/ or names/. */
unsigned realm_count(const char *path, const char *part);

/* A realm without nodes: only what belongs to every realm is there. */
void realm_assert_bare(const char *path);

void application_open(struct application *self, const char *realm);
void application_open_layers(struct application *self, const char *realm);
void application_open_small(struct application *self, const char *realm, uint32_t pool_bytes);
void application_close(struct application *self, uint64_t linger);

/* Runs the loops of applications, NULL at the end, once each, without waiting. */
void application_run(struct application *const *all);

/* Starts a call and gives its overlapped number; the call must be accepted. */
uint64_t start_register(struct application *self, const char *name,
                        const struct uripc_register_options *options);
uint64_t start_send(struct application *self, struct uripc_handle source, const char *target,
                    const void *data, uint32_t length, uint32_t flags);
uint64_t start_receive(struct application *self, struct uripc_handle handle, void *buffer,
                       uint32_t size);
uint64_t start_close(struct application *self, struct uripc_handle handle);

/* Whether a call has completed; *completion is then its result, which is told once. */
bool is_done(struct application *self, uint64_t overlapped, struct uripc_completion *completion);

/* Runs `all`, of which `self` is one, until a call has completed. */
struct uripc_completion finish(struct application *const *all, struct application *self,
                               uint64_t overlapped);

#endif
