/* SPDX-License-Identifier: MIT */
/* The 1999 note's calls as a thin layer over a node: UTF-16 in, Win32 errors out.  The address of
 * an OVERLAPPED is its id for the node, the address of a buffer likewise. */
#include <uripc/classic.h>

#include "name.h"
#include "ports.h"

enum { TEXT_MAX = 4096, ERROR_IO_INCOMPLETE_ = 996 };

static struct uripc_node *current;

void uripc_classic_use(struct uripc_node *node)
{
    current = node;
}

static ULONG win32(enum uripc_status status)
{
    return uripc_status_win32(status);
}

static struct uripc_handle handle_of(HANDLE handle)
{
    return (struct uripc_handle){.id = (uintptr_t)handle};
}

static enum uripc_status to_utf8(const WCHAR *wide, char *text, struct uripc_text *out)
{
    size_t units = 0;
    if (wide == NULL)
        return URIPC_INVALID_NAME;
    while (wide[units] != 0)
        units++;
    out->at = text;
    return uripc_name_from_utf16((const uint16_t *)wide, units, text, TEXT_MAX, &out->length);
}

/* Polls everything there is; true if the completion of `wanted` was among it. */
static _Bool collect(uint64_t wanted, struct uripc_completion *completion)
{
    struct uripc_completion one;
    _Bool found = 0;
    while (uripc_poll(current, &one) == URIPC_OK) {
        OVERLAPPED *block = (OVERLAPPED *)(uintptr_t)one.overlapped;
        block->Internal = win32(one.status);
        block->InternalHigh = one.bytes;
        if (one.overlapped == wanted) {
            *completion = one;
            found = 1;
        }
    }
    return found;
}

/* Runs the world until the started call is complete.  A world in which nothing can happen any more
 * leaves it pending. */
static ULONG finish(OVERLAPPED *block, enum uripc_status started, struct uripc_completion *result)
{
    if (started != URIPC_PENDING)
        return win32(started);
    while (!collect((uintptr_t)block, result))
        if (!uripc__port_run_one(current))
            return ERROR_IO_INCOMPLETE_;
    return win32(result->status);
}

/* The common end of a call with an optional OVERLAPPED. */
static ULONG end_call(LPOVERLAPPED given, OVERLAPPED *own, enum uripc_status started, PULONG bytes)
{
    struct uripc_completion result = {.bytes = 0};
    if (given != NULL) {
        if (started == URIPC_PENDING)
            *given = (OVERLAPPED){.Internal = win32(URIPC_PENDING), .hEvent = given->hEvent};
        return win32(started);
    }
    ULONG error = finish(own, started, &result);
    if (bytes != NULL)
        *bytes = result.bytes;
    return error;
}

static uint64_t id_of(LPOVERLAPPED given, OVERLAPPED *own)
{
    return (uintptr_t)(given != NULL ? given : own);
}

ULONG RegisterUri(PHANDLE UriHandle, HANDLE ParentUri, PWSTR pUri, ULONG Flags)
{
    char text[TEXT_MAX];
    struct uripc_text uri = {0};
    struct uripc_completion result = {.bytes = 0};
    OVERLAPPED own = {0};
    struct uripc_register_options options = {.size = sizeof options,
                                             .kind = (enum uripc_kind)Flags};
    if (current == NULL)
        return win32(URIPC_INVALID_HANDLE);
    if (UriHandle == NULL)
        return win32(URIPC_INVALID_ARGUMENT);
    enum uripc_status status = to_utf8(pUri, text, &uri);
    if (status == URIPC_OK)
        status = uripc_register(current, handle_of(ParentUri), uri, &options, id_of(NULL, &own));
    ULONG error = finish(&own, status, &result);
    if (error == 0)
        *UriHandle = (HANDLE)(uintptr_t)result.handle.id;
    return error;
}

ULONG SendMessage(HANDLE UriHandle, PWSTR pSourceSuffix, PWSTR pTargetUri, PVOID pData,
                  ULONG DataLength, PULONG pBytesSent, LPOVERLAPPED pOverlapped)
{
    char suffix_text[TEXT_MAX];
    char target_text[TEXT_MAX];
    struct uripc_text suffix = {0};
    struct uripc_text target = {0};
    OVERLAPPED own = {0};
    if (current == NULL)
        return win32(URIPC_INVALID_HANDLE);
    enum uripc_status status = to_utf8(pTargetUri, target_text, &target);
    if (status == URIPC_OK && pSourceSuffix != NULL)
        status = to_utf8(pSourceSuffix, suffix_text, &suffix);
    if (status == URIPC_OK)
        status = uripc_send(current, handle_of(UriHandle), pSourceSuffix != NULL ? &suffix : NULL,
                            target, pData, DataLength, NULL, id_of(pOverlapped, &own));
    return end_call(pOverlapped, &own, status, pBytesSent);
}

ULONG ReceiveMessage(HANDLE UriHandle, PMESSAGE pMessageBuffer, ULONG MessageBufferLength,
                     PULONG pBytesReceived, LPOVERLAPPED pOverlapped)
{
    OVERLAPPED own = {0};
    struct uripc_receive_options options = {.size = sizeof options, .flags = URIPC_UTF16};
    struct uripc_buffer buffer = {.id = (uintptr_t)pMessageBuffer, .size = MessageBufferLength};
    if (current == NULL)
        return win32(URIPC_INVALID_HANDLE);
    enum uripc_status status =
        uripc_receive(current, handle_of(UriHandle), buffer, &options, id_of(pOverlapped, &own));
    return end_call(pOverlapped, &own, status, pBytesReceived);
}

ULONG uripc_classic_close(HANDLE UriHandle)
{
    struct uripc_completion result = {.bytes = 0};
    OVERLAPPED own = {0};
    if (current == NULL)
        return win32(URIPC_INVALID_HANDLE);
    return finish(&own, uripc_close(current, handle_of(UriHandle), id_of(NULL, &own)), &result);
}

ULONG uripc_classic_result(LPOVERLAPPED pOverlapped, PULONG bytes, int wait)
{
    struct uripc_completion result;
    if (current == NULL || pOverlapped == NULL)
        return win32(URIPC_INVALID_ARGUMENT);
    while (pOverlapped->Internal == win32(URIPC_PENDING)) {
        if (collect((uintptr_t)pOverlapped, &result))
            break;
        if (!wait || !uripc__port_run_one(current))
            return ERROR_IO_INCOMPLETE_;
    }
    if (bytes != NULL)
        *bytes = (ULONG)pOverlapped->InternalHigh;
    return (ULONG)pOverlapped->Internal;
}
