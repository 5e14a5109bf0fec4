/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <uripc/status.h>

struct row {
    enum uripc_status status;
    const char *name;
    enum uripc_certainty certainty;
    unsigned win32;
    int error;
    const char *text;
};

static const struct row rows[] = {
#define ROW(value, NAME, name, certainty, win32, error, text)                                      \
    {URIPC_##NAME, name, URIPC_##certainty, win32, error, text},
    URIPC_STATUS_MAP(ROW)
#undef ROW
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static const struct row unknown = {
    .name = "unknown-status",
    .certainty = URIPC_EITHER,
    .win32 = 1627, /* ERROR_FUNCTION_FAILED */
    .error = EPROTO,
    .text = "a number outside the status table",
};

static const struct row *row_of(enum uripc_status status)
{
    for (unsigned i = 0; i < ROWS; i++)
        if (rows[i].status == status)
            return &rows[i];
    return &unknown;
}

const char *uripc_status_name(enum uripc_status status)
{
    return row_of(status)->name;
}

const char *uripc_status_text(enum uripc_status status)
{
    return row_of(status)->text;
}

enum uripc_certainty uripc_status_certainty(enum uripc_status status)
{
    return row_of(status)->certainty;
}

unsigned uripc_status_win32(enum uripc_status status)
{
    return row_of(status)->win32;
}

int uripc_status_errno(enum uripc_status status)
{
    return row_of(status)->error;
}

_Bool uripc_status_find(const char *name, enum uripc_status *status)
{
    for (unsigned i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            *status = rows[i].status;
            return 1;
        }
    }
    return 0;
}
