/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "fake_application.h"

#include <dirent.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

const char *realm_make(void)
{
    static char path[64];
    strcpy(path, "/tmp/uripc-uv-test-XXXXXX");
    assert_non_null(mkdtemp(path));
    return path;
}

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *place)
{
    (void)found;
    (void)kind;
    (void)place;
    return remove(path);
}

void realm_remove(const char *path)
{
    assert_int_equal(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

unsigned realm_count(const char *path, const char *part)
{
    char name[128];
    unsigned count = 0;
    (void)snprintf(name, sizeof name, "%s/%s", path, part);
    DIR *directory = opendir(name);
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            count++;
    closedir(directory);
    return count;
}

void realm_assert_bare(const char *path)
{
    static const char *const parts[] = {"nodes", "names", "lock", "generation"};
    enum { PARTS = sizeof parts / sizeof parts[0] };
    char name[128];
    for (unsigned i = 0; i < PARTS; i++) {
        (void)snprintf(name, sizeof name, "%s/%s", path, parts[i]);
        assert_int_equal(access(name, F_OK), 0);
    }
    assert_int_equal(realm_count(path, "."), PARTS);
    assert_int_equal(realm_count(path, "nodes"), 0);
    assert_int_equal(realm_count(path, "names"), 0);
}

static void open_with(struct application *self, const char *realm,
                      const struct uripc_limits *limits, const struct uripc_layer_limits *layers)
{
    struct uripc_uv_options options = {
        .size = sizeof options, .realm = realm, .limits = *limits, .layers = layers};
    memset(self, 0, sizeof *self);
    assert_int_equal(uv_loop_init(&self->loop), 0);
    assert_int_equal(uripc_uv_open(&self->loop, &options, &self->uv), URIPC_OK);
}

void application_open(struct application *self, const char *realm)
{
    open_with(self, realm, &uripc_limits_default, NULL);
}

void application_open_layers(struct application *self, const char *realm)
{
    open_with(self, realm, &uripc_limits_default, &uripc_layer_limits_default);
}

void application_open_small(struct application *self, const char *realm, uint32_t pool_bytes)
{
    struct uripc_limits limits = uripc_limits_default;
    limits.pool_bytes = pool_bytes;
    open_with(self, realm, &limits, NULL);
}

static void on_closed(void *data)
{
    *(bool *)data = true;
}

void application_close(struct application *self, uint64_t linger)
{
    uripc_uv_close(self->uv, linger, on_closed, &self->closed);
    assert_int_equal(uv_run(&self->loop, UV_RUN_DEFAULT), 0);
    assert_true(self->closed);
    assert_int_equal(uv_loop_close(&self->loop), 0);
}

void application_run(struct application *const *all)
{
    for (; *all != NULL; all++)
        uv_run(&(*all)->loop, UV_RUN_NOWAIT);
}

static struct uripc_text text(const char *name)
{
    return (struct uripc_text){.at = name, .length = strlen(name)};
}

uint64_t start_register(struct application *self, const char *name,
                        const struct uripc_register_options *options)
{
    uint64_t overlapped = ++self->calls;
    assert_int_equal(uripc_register(uripc_uv_node(self->uv), (struct uripc_handle){0}, text(name),
                                    options, overlapped),
                     URIPC_PENDING);
    return overlapped;
}

uint64_t start_send(struct application *self, struct uripc_handle source, const char *target,
                    const void *data, uint32_t length, uint32_t flags)
{
    struct uripc_send_options options = {.size = sizeof options, .flags = flags};
    uint64_t overlapped = ++self->calls;
    assert_int_equal(uripc_send(uripc_uv_node(self->uv), source, NULL, text(target), data, length,
                                &options, overlapped),
                     URIPC_PENDING);
    return overlapped;
}

uint64_t start_receive(struct application *self, struct uripc_handle handle, void *buffer,
                       uint32_t size)
{
    struct uripc_buffer to = {.id = (uintptr_t)buffer, .size = size};
    uint64_t overlapped = ++self->calls;
    assert_int_equal(uripc_receive(uripc_uv_node(self->uv), handle, to, NULL, overlapped),
                     URIPC_PENDING);
    return overlapped;
}

uint64_t start_close(struct application *self, struct uripc_handle handle)
{
    uint64_t overlapped = ++self->calls;
    assert_int_equal(uripc_close(uripc_uv_node(self->uv), handle, overlapped), URIPC_PENDING);
    return overlapped;
}

static bool poll_one(struct application *self, struct uripc_completion *completion)
{
    struct uripc_layers *layers = uripc_uv_layers(self->uv);
    return (layers != NULL ? uripc_layers_poll(layers, completion)
                           : uripc_poll(uripc_uv_node(self->uv), completion)) == URIPC_OK;
}

bool is_done(struct application *self, uint64_t overlapped, struct uripc_completion *completion)
{
    while (self->done_count < APPLICATION_DONE && poll_one(self, &self->done[self->done_count]))
        self->done_count++;
    for (unsigned i = 0; i < self->done_count; i++) {
        if (self->done[i].overlapped != overlapped)
            continue;
        *completion = self->done[i];
        self->done_count--;
        memmove(&self->done[i], &self->done[i + 1], (self->done_count - i) * sizeof self->done[0]);
        return true;
    }
    return false;
}

struct uripc_completion finish(struct application *const *all, struct application *self,
                               uint64_t overlapped)
{
    struct uripc_completion completion;
    while (!is_done(self, overlapped, &completion))
        application_run(all);
    return completion;
}
