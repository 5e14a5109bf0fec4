/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "conformance/worlds/children.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OWN_ARGUMENTS = 3 };

struct child {
    uv_process_t process;
    bool lives; /* `process` is a handle of the loop */
    bool failed;
};

static struct {
    uv_loop_t *loop;
    char **arguments; /* with room for those of a worker, and NULL */
    size_t given;
    uint32_t count;
    cf_child_ended *on_end;
    struct child *at;
    char program[PATH_MAX];
} children;

bool cf_children_begin(uv_loop_t *loop, char **arguments, uint32_t count, cf_child_ended *on_end)
{
    size_t size = sizeof children.program;
    while (arguments[children.given] != NULL)
        children.given++;
    children.loop = loop;
    children.count = count;
    children.on_end = on_end;
    children.arguments = calloc(children.given + OWN_ARGUMENTS + 1, sizeof *children.arguments);
    children.at = calloc(count, sizeof *children.at);
    if (children.arguments == NULL || children.at == NULL ||
        uv_exepath(children.program, &size) != 0)
        return false;
    memcpy(children.arguments, arguments, children.given * sizeof *arguments);
    return true;
}

static void on_closed(uv_handle_t *handle)
{
    struct child *child = handle->data;
    child->lives = false;
    children.on_end((uint32_t)(child - children.at), child->failed);
}

static void on_exited(uv_process_t *process, int64_t status, int signal)
{
    struct child *child = process->data;
    child->failed = status != 0 || signal != 0;
    uv_close((uv_handle_t *)process, on_closed);
}

void cf_children_start(uint32_t number)
{
    char role[] = "--role=worker", which[32], parent[32];
    uv_stdio_container_t streams[] = {{.flags = UV_IGNORE},
                                      {.flags = UV_INHERIT_FD, .data.fd = 1},
                                      {.flags = UV_INHERIT_FD, .data.fd = 2}};
    uv_process_options_t options = {.exit_cb = on_exited,
                                    .file = children.program,
                                    .args = children.arguments,
                                    .stdio_count = 3,
                                    .stdio = streams};
    if (number >= children.count || children.at[number].lives)
        return;
    struct child *child = &children.at[number];
    (void)snprintf(which, sizeof which, "--number=%u", (unsigned)number);
    (void)snprintf(parent, sizeof parent, "--parent=%ld", (long)getpid());
    children.arguments[children.given] = role;
    children.arguments[children.given + 1] = which;
    children.arguments[children.given + 2] = parent;
    *child = (struct child){.lives = true};
    const int spawned = uv_spawn(children.loop, &child->process, &options);
    child->process.data = child;
    if (spawned == 0)
        return;
    (void)fprintf(stderr, "uripc-process: error: a worker: %s\n", uv_strerror(spawned));
    child->failed = true;
    uv_close((uv_handle_t *)&child->process, on_closed);
}
