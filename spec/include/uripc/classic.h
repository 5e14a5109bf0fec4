/* SPDX-License-Identifier: MIT */
/* The three calls of the 1999 design note, as the note declares them, on any platform.  Opt-in:
 * nothing else of uripc includes this header, because it takes the names of Windows types.
 *
 * The calls work on a *current node* that the application names first.  While it is used in this
 * way, no other calls may be made on it: every completion is polled here and every overlapped
 * number taken for the address of an OVERLAPPED.
 *
 * A NULL pOverlapped makes a call synchronous, as RegisterUri always is: the node's host runs until
 * the call is complete; where nothing can happen any more the call is cancelled, and 995
 * (ERROR_OPERATION_ABORTED) is its result.  Results are the nearest Win32 errors of the status
 * table: 0 for ok, 997 for a call that was accepted; a call refused at once leaves its OVERLAPPED
 * alone.  Texts end in a NUL and have at most 4096 bytes of UTF-8; ParentUri, pSourceSuffix and the
 * byte counters may be NULL.
 */
#ifndef URIPC_CLASSIC_H
#define URIPC_CLASSIC_H

#include <stdint.h>
#include <uchar.h>

#include <uripc/uripc.h>

#ifdef _WIN32
#include <windows.h>
#undef SendMessage
#else
typedef uint32_t ULONG;
typedef ULONG *PULONG;
typedef void *HANDLE;
typedef HANDLE *PHANDLE;
typedef void *PVOID;
typedef unsigned char UCHAR;
typedef char16_t WCHAR;
typedef WCHAR *PWSTR;

typedef struct _OVERLAPPED {
    uintptr_t Internal;     /* a Win32 error; 997 while the call is pending */
    uintptr_t InternalHigh; /* bytes transferred */
    ULONG Offset;           /* the three below are not used here */
    ULONG OffsetHigh;
    HANDLE hEvent;
} OVERLAPPED, *LPOVERLAPPED;
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _MESSAGE {
    ULONG SourceUriLength; /* in WCHARs */
    ULONG TargetUriLength; /* in WCHARs */
    ULONG DataLength;      /* in bytes */
    ULONG Reserved;
    /* WCHAR SourceUri[SourceUriLength];
       WCHAR TargetUri[TargetUriLength];
       UCHAR Alignment[up to a multiple of 8 from the start];
       UCHAR Data[DataLength]; */
} MESSAGE, *PMESSAGE;

/* The note's calls.  Flags of RegisterUri: 0 exclusive, 1 shared, 2 group. */
ULONG RegisterUri(PHANDLE UriHandle, HANDLE ParentUri, PWSTR pUri, ULONG Flags);

ULONG SendMessage(HANDLE UriHandle, PWSTR pSourceSuffix, PWSTR pTargetUri, PVOID pData,
                  ULONG DataLength, PULONG pBytesSent, LPOVERLAPPED pOverlapped);

ULONG ReceiveMessage(HANDLE UriHandle, PMESSAGE pMessageBuffer, ULONG MessageBufferLength,
                     PULONG pBytesReceived, LPOVERLAPPED pOverlapped);

/* What the note takes for granted.  The current node is one per process, set here; NULL for none
 * makes every call fail with invalid-handle. */
void uripc_classic_use(struct uripc_node *node);

/* Ends a registration (the note has no call for it).  Synchronous. */
ULONG uripc_classic_close(HANDLE UriHandle);

/* The result of an overlapped call: with `wait` runs the host until it is complete, without it
 * returns 996 (ERROR_IO_INCOMPLETE) while it is pending.  *bytes may be NULL. */
ULONG uripc_classic_result(LPOVERLAPPED pOverlapped, PULONG bytes, int wait);

#ifdef __cplusplus
}
#endif

#endif
