/* SPDX-License-Identifier: MIT */
/* All that the runner asks of the world in which an implementation is tested: processes, their
 * calls, time, faults and what happened.  A simulated world and one of real processes stand behind
 * the same table, so nothing here belongs to either.
 *
 * A world serves one run at a time; cf_world_ops.begin starts the next one in the same memory. */
#ifndef URIPC_CONFORMANCE_WORLD_H
#define URIPC_CONFORMANCE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uripc/session.h>

#include "verdict.h"

struct cf_world;

#define CF_NOBODY UINT32_MAX
#define CF_NEVER UINT64_MAX

/* Every kind of trace record: what a world reports, and what the runner adds. */
#define CF_TRACE_MAP(X)                                                                            \
    X(START, "start")                                                                              \
    X(CRASH, "crash")                                                                              \
    X(RESTART, "restart")                                                                          \
    X(PAUSE, "pause")                                                                              \
    X(RESUME, "resume")                                                                            \
    X(CARRY, "carry")                                                                              \
    X(DELIVER, "deliver")                                                                          \
    X(LOSE, "lose")                                                                                \
    X(DUPLICATE, "duplicate")                                                                      \
    X(CUT_DROP, "cut-drop")                                                                        \
    X(OVERSIZE, "oversize")                                                                        \
    X(BLOCKED, "blocked")                                                                          \
    X(DEAD_DROP, "dead-drop")                                                                      \
    X(NOWHERE, "nowhere")                                                                          \
    X(ROOM, "room")                                                                                \
    X(PEER_DOWN, "peer-down")                                                                      \
    X(CLAIM, "claim")                                                                              \
    X(RELEASE, "release")                                                                          \
    X(LOOKUP, "lookup")                                                                            \
    X(ROUTE_GONE, "route-gone")                                                                    \
    X(WAKE, "wake")                                                                                \
    X(CUT, "cut")                                                                                  \
    X(HEAL, "heal")                                                                                \
    X(LINK, "link")                                                                                \
    X(CONNECT, "connect")                                                                          \
    X(DISCONNECT, "disconnect")                                                                    \
    X(HELD_BACK, "held-back")                                                                      \
    X(RECLAIM, "reclaim")                                                                          \
    X(FORGET, "forget")                                                                            \
    X(GRACE_OVER, "grace-over")                                                                    \
    X(PLAN, "plan")                                                                                \
    X(SLOW, "slow")                                                                                \
    X(CLOCK, "clock")                                                                              \
    X(CALL, "call")                                                                                \
    X(COMPLETION, "completion")

enum cf_trace_kind {
#define CF_TRACE_ENUM(NAME, name) CF_TRACE_##NAME,
    CF_TRACE_MAP(CF_TRACE_ENUM)
#undef CF_TRACE_ENUM
};

/* "cut-drop" and so on. */
const char *cf_trace_name(enum cf_trace_kind kind);

/* One thing that happened.  Texts are borrowed until the hook returns. */
struct cf_trace_record {
    uint64_t at;
    enum cf_trace_kind kind;
    uint32_t process; /* CF_NOBODY: none */
    uint32_t peer;
    uint64_t flight;   /* pairs a carry with what became of it; 0: none */
    const char *frame; /* "message", "answer", "withdraw"; NULL: it is no frame */
    uint64_t message_id;
    uint32_t bytes;
    bool has_status;
    enum uripc_status status;
    struct uripc_text source;
    struct uripc_text target;
    uint32_t line;    /* call and completion: of the case, the one that made the call; 0: none */
    const char *text; /* NULL: none */
};

/* What a run begins with. */
struct cf_world_setup {
    uint64_t seed;
    uint32_t processes; /* how many the case has; they start dead */
    const char *profile;
    uint32_t resolver; /* enum cf_resolver of case.h */
    bool open; /* the realm admits every principal, not only its owner's, which is 0 (ACC-1) */
    bool has_limits; /* the case asks for some of these */
    struct uripc_limits limits;
    bool layers;      /* calls of layers will be made */
    bool layers_tiny; /* with tiny limits, as those of the nodes */
    void (*trace)(void *user, const struct cf_trace_record *record); /* NULL: nobody looks */
    void (*work)(void *user, uint32_t word);                         /* what was scheduled is due */
    void (*died)(void *user, uint32_t process); /* as crash_after said; crash itself tells nobody */
    void *user;
};

struct cf_world_faults {
    bool has_delay; /* otherwise as in a world that was told nothing */
    uint64_t delay_min, delay_max;
    uint32_t loss_num, loss_den;
    uint32_t duplicate_num, duplicate_den;
    bool reorder;
    uint32_t size_max;
    uint32_t capacity;
    uint32_t transports;
};

/* What calls of layers take; each uses some of it.  Zeros mean the default. */
struct cf_world_layer_options {
    uint32_t flags;       /* URIPC_NOWAIT, URIPC_NOTICE */
    uint64_t deadline;    /* nanoseconds */
    enum uripc_mode mode; /* listen */
    uint32_t instances;
    uint32_t waiting;
    uint64_t beat; /* accept, connect: nanoseconds */
    uint64_t silence;
    uint64_t retry; /* request: nanoseconds */
    uint32_t retries;
    bool backoff;
    uint64_t remember;    /* serve */
    uint64_t duration;    /* survey */
    const char *detector; /* who judges it: "timeout" or "freshness"; NULL: nobody does */
};

/* One start of a call.  Texts and data are borrowed until it returns. */
struct cf_world_call {
    enum uripc_call call;
    uint64_t overlapped;
    struct uripc_handle handle; /* register: the parent or {0}; accept: the listener; request: the
                                   session or {0} */
    struct uripc_text text;     /* register, listen: the name; send, connect, request, survey: the
                                   target */
    bool has_suffix;
    struct uripc_text suffix;
    const void *data;
    uint32_t length;
    uint64_t message; /* reply: the id of the request */
    uint64_t buffer;  /* receive, session receive, request, serve, survey receive: as given by
                         cf_world_ops.buffer */
    uint32_t buffer_size;
    const struct uripc_register_options *register_options; /* NULL: none given */
    const struct uripc_send_options *send_options;
    const struct uripc_receive_options *receive_options;
    const struct cf_world_layer_options *layer_options;
};

enum cf_progress {
    CF_STEPPED, /* something happened */
    CF_REACHED, /* nothing more until the time asked for, which it is now */
    CF_IDLE,    /* nothing can happen any more, at no time */
    CF_OVERRUN, /* events without end: the world gave up */
    CF_LOST     /* the world itself broke, or an implementation did; see cf_world_ops.trouble */
};

/* What went wrong with an implementation, beside what any line sees of it. */
struct cf_world_trouble {
    enum cf_verdict verdict;
    uint32_t process;   /* whose; CF_NOBODY: of all together */
    const char *rule;   /* that it broke; NULL: none */
    const char *reason; /* a sentence about it, such as "its process died of SIGSEGV" */
    int signal;         /* of a crash: 0 if it ended by itself */
    int exit;           /* of a crash without a signal: its exit status */
    const char *log;    /* the last that it said on standard error; "": nothing */
};

/* A counter of something that really fired. */
struct cf_world_count {
    const char *name;
    uint64_t count;
};

struct cf_world_ops {
    /* False, with a reason of the world's own, if it cannot give what the setup asks. */
    bool (*begin)(struct cf_world *world, const struct cf_world_setup *setup, const char **reason);
    void (*destroy)(struct cf_world *world);

    /* principal 0: the realm's owner. */
    void (*start)(struct cf_world *world, uint32_t process, const char *name, uint64_t principal);
    enum uripc_status (*call)(struct cf_world *world, uint32_t process,
                              const struct cf_world_call *call);
    enum uripc_status (*cancel)(struct cf_world *world, uint32_t process, uint64_t overlapped);
    enum uripc_status (*cancel_all)(struct cf_world *world, uint32_t process,
                                    struct uripc_handle handle);
    enum uripc_status (*info)(struct cf_world *world, uint32_t process, struct uripc_handle handle,
                              struct uripc_info *info);

    enum uripc_status (*peek)(struct cf_world *world, uint32_t process, struct uripc_handle session,
                              struct uripc_session_info *info);

    /* The oldest completion of a process that nobody took yet. */
    bool (*completion)(struct cf_world *world, uint32_t process,
                       struct uripc_completion *completion);

    /* Returns when all that is under way has arrived where it can, and has been dealt with. */
    void (*fence)(struct cf_world *world);

    /* The run is over: processes end in good order. */
    void (*end)(struct cf_world *world);

    /* The first thing that went wrong with an implementation in this run; NULL: nothing did. */
    const struct cf_world_trouble *(*trouble)(struct cf_world *world);

    /* Buffers for receives.  Bytes are NULL once it is released or its process has died. */
    uint64_t (*buffer)(struct cf_world *world, uint32_t process, uint32_t size);
    unsigned char *(*bytes)(struct cf_world *world, uint64_t buffer);
    void (*release)(struct cf_world *world, uint64_t buffer);

    /* Time.  `advance` lets at most one thing happen, and nothing later than `until`; `pass` only
     * moves the time, when nothing can happen before.  `schedule` has setup.work called at that
     * time: after what arrives then and before what times out then (CMP-15).  The work is a
     * process's own, and ends with it, or CF_NOBODY's. */
    uint64_t (*now)(struct cf_world *world);
    enum cf_progress (*advance)(struct cf_world *world, uint64_t until);
    void (*pass)(struct cf_world *world, uint64_t until);
    void (*schedule)(struct cf_world *world, uint64_t at, uint32_t process, uint32_t word);

    /* The first six take CF_RESOLVER of case.h, too; it stands at one end of a cut at most. */
    void (*crash)(struct cf_world *world, uint32_t process);
    void (*restart)(struct cf_world *world, uint32_t process);
    void (*pause)(struct cf_world *world, uint32_t process);
    void (*resume)(struct cf_world *world, uint32_t process);
    void (*cut)(struct cf_world *world, uint32_t from, uint32_t to);
    void (*heal)(struct cf_world *world, uint32_t from, uint32_t to);
    /* from CF_NOBODY: every link; faults NULL: as it was at the beginning. */
    void (*link)(struct cf_world *world, uint32_t from, uint32_t to,
                 const struct cf_world_faults *faults);

    /* The process dies right after so many events from now, before anybody has looked at what the
     * last brought; setup.died tells when. */
    void (*crash_after)(struct cf_world *world, uint32_t process, uint64_t events);
    /* Every turn of the process takes so long from now on; 0: as usual. */
    void (*slow)(struct cf_world *world, uint32_t process, uint64_t turn);
    /* The process's clock shows the world's time plus `offset`, and gains `drift` millionths. */
    void (*clock)(struct cf_world *world, uint32_t process, int64_t offset, int32_t drift);

    /* Mixes what the runner observed into the fingerprint. */
    void (*note)(struct cf_world *world, uint64_t word);
    uint64_t (*fingerprint)(struct cf_world *world);
    uint64_t (*draws)(struct cf_world *world);
    /* Writes of the implementation into memory that was not, or no longer, its to write. */
    uint64_t (*violations)(struct cf_world *world);
    /* The counters of faults, one per index; false beyond the last. */
    bool (*count)(struct cf_world *world, size_t index, struct cf_world_count *count);
};

/* Every world begins with this. */
struct cf_world {
    const struct cf_world_ops *ops;
    uint32_t capabilities; /* set of enum cf_need, as in case.h */
    bool repeatable;       /* the same seed gives the same run */
    uint64_t settle;       /* how long it goes on after the last line, in its own nanoseconds */
    uint64_t slack;        /* how much longer than `within` says a line may take */
    uint64_t patience;     /* how long a line waits where the case does not say; 0: its default */
};

#endif
