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

/* The id of a synchronous call: odd, so it is no address, and nothing is left to write to if the
 * call should outlive its caller. */
static uint64_t own_id(void)
{
    static uint64_t last = 1;
    last += 2;
    return last;
}

/* Polls everything there is; true if the completion of `wanted` was among it. */
static bool collect(uint64_t wanted, struct uripc_completion *completion)
{
    struct uripc_completion one;
    bool found = false;
    while (uripc_poll(current, &one) == URIPC_OK) {
        if (one.overlapped == wanted) {
            *completion = one;
            found = true;
        }
        if (one.overlapped % 2 != 0)
            continue;
        OVERLAPPED *block = (OVERLAPPED *)(uintptr_t)one.overlapped;
        block->Internal = win32(one.status);
        block->InternalHigh = one.bytes;
    }
    return found;
}

/* Runs the world until a synchronous call is complete.  Where nothing can happen any more it is
 * cancelled, so that no buffer of its caller is written later. */
static ULONG finish(uint64_t id, enum uripc_status started, struct uripc_completion *result)
{
    if (started != URIPC_PENDING)
        return win32(started);
    while (!collect(id, result)) {
        if (uripc__port_run_one(current))
            continue;
        uripc_cancel(current, id);
        if (!collect(id, result))
            result->status = URIPC_ABORTED;
        break;
    }
    return win32(result->status);
}

/* The common end of a call with an optional OVERLAPPED. */
static ULONG end_call(LPOVERLAPPED given, uint64_t id, enum uripc_status started, PULONG bytes)
{
    struct uripc_completion result = {.bytes = 0};
    if (given != NULL) {
        if (started == URIPC_PENDING)
            *given = (OVERLAPPED){.Internal = win32(URIPC_PENDING), .hEvent = given->hEvent};
        return win32(started);
    }
    ULONG error = finish(id, started, &result);
    if (bytes != NULL)
        *bytes = result.bytes;
    return error;
}

static uint64_t id_of(LPOVERLAPPED given)
{
    return given != NULL ? (uintptr_t)given : own_id();
}

ULONG RegisterUri(PHANDLE UriHandle, HANDLE ParentUri, PWSTR pUri, ULONG Flags)
{
    char text[TEXT_MAX];
    struct uripc_text uri = {0};
    struct uripc_completion result = {.bytes = 0};
    uint64_t id = own_id();
    struct uripc_register_options options = {.size = sizeof options,
                                             .kind = (enum uripc_kind)Flags};
    if (current == NULL)
        return win32(URIPC_INVALID_HANDLE);
    if (UriHandle == NULL)
        return win32(URIPC_INVALID_ARGUMENT);
    enum uripc_status status = to_utf8(pUri, text, &uri);
    if (status == URIPC_OK)
        status = uripc_register(current, handle_of(ParentUri), uri, &options, id);
    ULONG error = finish(id, status, &result);
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
    uint64_t id = id_of(pOverlapped);
    if (current == NULL)
        return win32(URIPC_INVALID_HANDLE);
    enum uripc_status status = to_utf8(pTargetUri, target_text, &target);
    if (status == URIPC_OK && pSourceSuffix != NULL)
        status = to_utf8(pSourceSuffix, suffix_text, &suffix);
    if (status == URIPC_OK)
        status = uripc_send(current, handle_of(UriHandle), pSourceSuffix != NULL ? &suffix : NULL,
                            target, pData, DataLength, NULL, id);
    return end_call(pOverlapped, id, status, pBytesSent);
}

ULONG ReceiveMessage(HANDLE UriHandle, PMESSAGE pMessageBuffer, ULONG MessageBufferLength,
                     PULONG pBytesReceived, LPOVERLAPPED pOverlapped)
{
    uint64_t id = id_of(pOverlapped);
    struct uripc_receive_options options = {.size = sizeof options, .flags = URIPC_UTF16};
    struct uripc_buffer buffer = {.id = (uintptr_t)pMessageBuffer, .size = MessageBufferLength};
    if (current == NULL)
        return win32(URIPC_INVALID_HANDLE);
    enum uripc_status status = uripc_receive(current, handle_of(UriHandle), buffer, &options, id);
    return end_call(pOverlapped, id, status, pBytesReceived);
}

ULONG uripc_classic_close(HANDLE UriHandle)
{
    struct uripc_completion result = {.bytes = 0};
    uint64_t id = own_id();
    if (current == NULL)
        return win32(URIPC_INVALID_HANDLE);
    return finish(id, uripc_close(current, handle_of(UriHandle), id), &result);
}

ULONG uripc_classic_result(LPOVERLAPPED pOverlapped, PULONG bytes, int wait)
{
    struct uripc_completion result;
    if (current == NULL)
        return win32(URIPC_INVALID_HANDLE);
    if (pOverlapped == NULL)
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
