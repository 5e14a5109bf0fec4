/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "fake_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { RUNS = 20 };

const struct uripc_register_options shared = {
    .size = sizeof shared, .kind = URIPC_SHARED, .queue_messages = 100};

struct application a, b;
struct application *const only_a[] = {&a, NULL};
struct application *const only_b[] = {&b, NULL};
struct application *const both[] = {&a, &b, NULL};
const char *realm;
struct uripc_completion home;

int set_up(void **state)
{
    (void)state;
    realm = realm_make();
    application_open(&a, realm);
    application_open(&b, realm);
    home = finish(both, &a, start_register(&a, "ipc:/pool", &shared));
    return 0;
}

int tear_down(void **state)
{
    (void)state;
    application_close(&a, 0);
    application_close(&b, 0);
    realm_assert_bare(realm);
    realm_remove(realm);
    return 0;
}

void run(struct application *const *all)
{
    for (unsigned i = 0; i < RUNS; i++)
        application_run(all);
}

struct uripc_handle join(void)
{
    struct uripc_completion joined = finish(both, &b, start_register(&b, "ipc:/pool", &shared));
    assert_int_equal(joined.status, URIPC_OK);
    return joined.handle;
}

struct uripc_handle name_of(struct application *self, const char *name)
{
    return finish(both, self, start_register(self, name, NULL)).handle;
}

void send_to_pool(const void *data, uint32_t length)
{
    uint64_t send = start_send(&a, home.handle, "ipc:/pool", data, length, 0);
    assert_int_equal(finish(only_a, &a, send).status, URIPC_OK);
}

uint32_t queued(void)
{
    struct uripc_info info;
    assert_int_equal(uripc_info(uripc_uv_node(a.uv), home.handle, &info), URIPC_OK);
    return info.messages;
}
