/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "drive.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "lines.h"

enum { EXIT_UNUSABLE = 3 };

/* Sizes of a table that ends before its younger members, and of one with those of sessions, and of
 * requests. */
enum {
    FIRST_TABLE = offsetof(struct uripc_backend, listen),
    REQUESTS_TABLE = offsetof(struct uripc_backend, survey_close) +
                     sizeof(((struct uripc_backend *)0)->survey_close),
    SESSIONS_TABLE = offsetof(struct uripc_backend, session_peek) +
                     sizeof(((struct uripc_backend *)0)->session_peek)
};

static bool is_name(const char *text)
{
    return text && *text && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static bool is_binding(enum uripc_binding binding)
{
    return binding >= URIPC_BINDING_API && binding <= URIPC_BINDING_PROCESS;
}

static bool has_sessions(const struct uripc_backend *table)
{
    return table->size >= SESSIONS_TABLE && table->listen && table->accept && table->connect &&
           table->session_send && table->session_receive && table->session_shutdown &&
           table->session_flush && table->session_close && table->session_disconnect &&
           table->session_peek;
}

static bool has_requests(const struct uripc_backend *table)
{
    return table->size >= REQUESTS_TABLE && table->request && table->serve && table->reply &&
           table->survey && table->survey_receive && table->survey_close;
}

const char *cf_table_fault(const struct uripc_backend *table)
{
    if (!table)
        return "there is no table";
    if (table->version != URIPC_BACKEND_VERSION)
        return "`version` of the table must be 1 (URIPC_BACKEND_VERSION)";
    if (table->size < FIRST_TABLE)
        return "`size` of the table must be sizeof(struct uripc_backend)";
    if (!is_name(table->name))
        return "`name` of the table must be made of lowercase letters, digits and '-'";
    if (!table->release)
        return "`release` of the table must be a text";
    if (!is_binding(table->binding))
        return "`binding` of the table must be one of enum uripc_binding";
    if (!table->open || !table->close || !table->run || !table->register_ || !table->send ||
        !table->receive || !table->close_handle || !table->poll)
        return "open, close, run, register_, send, receive, close_handle and poll of the table "
               "must not be NULL";
    if (table->capabilities & URIPC_CAN_CANCEL && (!table->cancel || !table->cancel_all))
        return "a table with the capability `cancel` must have cancel and cancel_all";
    if (table->capabilities & URIPC_CAN_INFO && !table->info)
        return "a table with the capability `info` must have info";
    if (table->capabilities & URIPC_CAN_SESSIONS && !has_sessions(table))
        return "a table with the capability `sessions` must have all calls of sessions";
    if (table->capabilities & URIPC_CAN_REQUESTS && !has_requests(table))
        return "a table with the capability `requests` must have all calls of requests";
    return NULL;
}

/* A shorter table has nothing where it ends. */
static struct uripc_backend whole(const struct uripc_backend *table)
{
    struct uripc_backend whole = {0};
    memcpy(&whole, table, table->size < sizeof(whole) ? table->size : sizeof(whole));
    return whole;
}

/* Commands one by one, each after all that had arrived before it. */
static void converse(struct cf_host *host, int in)
{
    struct cf_lines lines = {0};
    while (!host->ended && !ferror(host->out)) {
        struct cf_line line;
        if (cf_lines_next(&lines, &line)) {
            cf_host_run(host, -1, 0);
            cf_host_line(host, line.at, line.size);
        } else if (cf_host_run(host, in, UINT64_MAX) && cf_lines_read(&lines, in) <= 0) {
            break;
        }
    }
    cf_lines_free(&lines);
}

/* A descriptor of its own for the stream, so that closing it leaves the caller's alone. */
static FILE *stream_on(int out)
{
    int copy = dup(out);
    FILE *stream = copy < 0 ? NULL : fdopen(copy, "w");
    if (copy >= 0 && !stream)
        close(copy);
    if (!stream)
        perror("uripc-driver: standard output");
    return stream;
}

static int drive(struct cf_host *host, int in, int out)
{
    host->out = stream_on(out);
    if (!host->out)
        return EXIT_UNUSABLE;
    signal(SIGPIPE, SIG_IGN);
    converse(host, in);
    cf_host_close(host);
    fclose(host->out);
    return host->refusal ? EXIT_UNUSABLE : 0;
}

int cf_drive(const struct uripc_backend *table, int in, int out)
{
    const char *fault = cf_table_fault(table);
    if (fault)
        return cf_drive_nothing(fault, in, out);
    struct cf_host host = {.table = whole(table)};
    return drive(&host, in, out);
}

int cf_drive_nothing(const char *error, int in, int out)
{
    struct cf_host host = {.refusal = error};
    fprintf(stderr, "uripc-driver: %s\n", error);
    return drive(&host, in, out);
}
