/* SPDX-License-Identifier: MIT */
/* The simulator: a deterministic world of processes, each with one node, in virtual time.
 *
 * A world is stepped from outside: sim_step executes exactly one event, so whoever embeds it may
 * run application turns, inject faults and look at anything between two events.  Everything that
 * could go one way or the other is a choice or a draw of one source, so a run is a function of
 * its configuration and of what the embedding program does.
 *
 * Events are ordered by (time, class, creation).  At one instant frames and answers of the
 * resolver come first, then application work, then alarms (CMP-15).
 *
 * Memory: everything is reserved at creation; events, links and messages in flight grow later in
 * doubling blocks of the simulator's own.  A backend's memory never grows. */
#ifndef URIPC_SIMULATOR_SIM_H
#define URIPC_SIMULATOR_SIM_H

#include <stdbool.h>

#include "reference/node.h"
#include "reference/table.h"

struct sim_world;
struct sim_fault;

#define SIM_NOBODY UINT32_MAX /* no process */
#define SIM_NEVER UINT64_MAX

/* An implementation under test. */
struct sim_backend {
    const char *name;
    const struct uripc_node_ops *node;
    const struct uripc_table_ops *table;
};

/* What the resolver says about a name nobody holds. */
enum sim_absence {
    SIM_ABSENCE_ERROR,      /* no-receiver */
    SIM_ABSENCE_SILENT,     /* ok, and nobody gets it (DLV-7) */
    SIM_ABSENCE_UNREACHABLE /* unreachable, after absence_delay (DLV-15) */
};

/* A delivery profile: data only.  Zero sizes mean no limit. */
struct sim_profile {
    const char *name;
    const char *text;
    bool confirmed;             /* of single targets */
    uint32_t payload_max;       /* of single targets */
    uint32_t group_payload_max; /* of groups, and of absent names where absence is silent */
    uint32_t group_budget;      /* target URI + data, of the same */
    enum sim_absence absence;
    uint64_t resolve_delay; /* from every request to the resolver to its effect and answer */
    uint64_t absence_delay; /* more, before an absent name is told */
};

size_t sim_profile_count(void);
const struct sim_profile *sim_profile_at(size_t index);       /* the first is `local` */
const struct sim_profile *sim_profile_find(const char *name); /* NULL: there is none such */

/* Who keeps the names (spec/12-resolution.md). */
enum sim_resolver_kind {
    SIM_RESOLVER_TABLE,     /* as a kernel does: it is there as long as the world is */
    SIM_RESOLVER_DAEMON,    /* a process, to which every other one has a connection */
    SIM_RESOLVER_RENDEZVOUS /* no process: entries that live as their owners, and one lock */
};

/* Times are nanoseconds.  A table has none but the profile's resolve_delay. */
struct sim_resolver {
    enum sim_resolver_kind kind;
    uint64_t delay;   /* daemon: of each message to it and from it; rendezvous: to look up, and
                         how long the lock is held for a change */
    uint64_t retry;   /* between two attempts to connect, or to lock */
    uint64_t grace;   /* daemon: from its restart on; 0: none */
    uint64_t silence; /* daemon: a connection that is cut for so long is given up; more than
                         `delay`; 0: never */
};

/* {0}: a table.  The usual times of the others: 10 us; 100 ms, 1 s, 500 ms; 50 us, 1 ms. */
struct sim_resolver sim_resolver_usual(enum sim_resolver_kind kind);

/* A daemon as a process: sim_crash, sim_restart, sim_pause and sim_resume take it, and sim_cut,
 * sim_heal and sim_is_cut as one end; a cut is one of both directions, as a connection needs both.
 * Where there is no daemon nothing comes of it.  It has no node, and no number below this one. */
#define SIM_RESOLVER (SIM_NOBODY - 1)

/* Choices. */

/* What is being chosen.  Programs number their own kinds from SIM_KIND_USER; those below 32 are
 * a little faster. */
enum sim_kind {
    SIM_KIND_LOSS = 1, /* actor: sim_link_actor(from, to) */
    SIM_KIND_DUPLICATE,
    SIM_KIND_DELAY,
    SIM_KIND_IDENTITY, /* actor: the life's number; neither counted nor in the fingerprint */
    SIM_KIND_PLAN,     /* actor: the fault's family and number in it (fault.h) */
    SIM_KIND_USER = 16
};

/* Where a run stands when something is chosen: the `counter`th time for this (kind, actor). */
struct sim_point {
    uint64_t actor;
    uint64_t counter;
    uint32_t kind;
    uint64_t stream; /* the random source's key of (seed, kind, actor) */
};

/* Where choices come from.  choose returns 0..n-1, 0 being the dull outcome; a weight of
 * numerator/denominator for everything but 0 is a hint that only a random source heeds
 * (denominator 0: all n alike).  draw returns 64 bits, of which an exhaustive search tries only
 * the least and the greatest. */
struct sim_source {
    uint32_t (*choose)(void *state, const struct sim_point *at, uint32_t n, uint32_t numerator,
                       uint32_t denominator);
    uint64_t (*draw)(void *state, const struct sim_point *at);
    void *state;
};

/* The random source.  It has no state: keyed by the point's stream and counter. */
extern const struct sim_source sim_random;

/* Links. */

/* What a link does to frames.  {0} is a link without delay and without faults. */
struct sim_link_faults {
    uint64_t delay_min, delay_max; /* nanoseconds, both included */
    uint32_t loss_num, loss_den;   /* of every frame; den 0: none */
    uint32_t duplicate_num, duplicate_den;
    bool reorder;        /* otherwise frames arrive in the order they were sent */
    uint32_t size_max;   /* data bytes; more is too-big, of a group: lost; 0: no limit */
    uint32_t capacity;   /* frames in flight; full: messages would-block, of a group are lost */
    uint32_t transports; /* copies of an unconfirmed message; 0 means 1 */
};

/* What links are unless told otherwise: 10 us between two processes, nothing to oneself. */
extern const struct sim_link_faults sim_link_dull;

/* How often each thing really happened. */
struct sim_counters {
    uint64_t events;     /* executed */
    uint64_t choices;    /* choices and draws */
    uint64_t carried;    /* frames accepted from nodes; a group's copies count each */
    uint64_t bytes;      /* of these, and of those for the dead and for nobody; as on the wire */
    uint64_t delivered;  /* frames given to nodes */
    uint64_t lost;       /* by loss */
    uint64_t duplicated; /* second copies made by duplication */
    uint64_t copies;     /* further copies made by further transports */
    uint64_t reordered;  /* arrivals before a frame that was sent earlier */
    uint64_t delayed;    /* delays that were drawn */
    uint64_t cut;        /* frames dropped at a cut */
    uint64_t oversize;   /* frames refused or lost for size_max */
    uint64_t blocked;    /* frames refused or lost for capacity */
    uint64_t dead;       /* frames for a life that has ended */
    uint64_t nowhere;    /* frames for nobody, as the profile allows */
    uint64_t deferred;   /* events that waited for a process, paused or slow */
    uint64_t crashes, restarts, pauses, resumes, cuts, heals; /* of the resolver apart: */
    uint64_t resolver_crashes, resolver_restarts, resolver_pauses, resolver_cuts;
    uint64_t lookups;           /* answered */
    uint64_t lookups_again;     /* done over, as names changed while they were read */
    uint64_t lookups_failed;    /* of those: without a route */
    uint64_t resolver_messages; /* to and from a daemon */
    uint64_t connects;          /* to a daemon, after the first */
    uint64_t held_back;         /* claims and lookups that a daemon met in its grace */
    uint64_t reclaims;          /* names that a holder got again */
    uint64_t revoked;           /* and that it did not */
    uint64_t lock_waits;        /* attempts to lock that failed */
    uint64_t stale_used;        /* messages sent over a route to a life that had ended */
    uint64_t stale, stale_time; /* such routes given up; nanoseconds from those ends, summed */
    uint64_t slow;              /* turns that took time */
    uint64_t clocks;            /* clocks that were set */
    uint64_t quotas;            /* lives begun with less than the world's limits */
    uint64_t lock_stops;        /* processes that stopped with the lock of a rendezvous */
};

/* Rules of host.h that a backend broke. */
struct sim_violations {
    uint64_t buffer_unknown; /* copy_out to a buffer that is not open, or another process's */
    uint64_t buffer_bounds;  /* copy_out beyond its end */
    uint64_t peer_unknown;   /* carry to a peer number that was never given out */
    uint64_t total;
};

/* Tracing. */

enum sim_trace {
    SIM_TRACE_START, /* process */
    SIM_TRACE_CRASH,
    SIM_TRACE_RESTART,
    SIM_TRACE_PAUSE,
    SIM_TRACE_RESUME,
    SIM_TRACE_CARRY,     /* process -> peer: the link took the frame; `flight` is its number */
    SIM_TRACE_DELIVER,   /* peer -> process: the node gets it; same number */
    SIM_TRACE_LOSE,      /* process -> peer: it does not arrive; same number */
    SIM_TRACE_DUPLICATE, /* process -> peer: one more copy is on its way; a number of its own */
    SIM_TRACE_CUT_DROP,  /* as LOSE, by a cut */
    SIM_TRACE_OVERSIZE,  /* process -> peer: refused or lost; no number */
    SIM_TRACE_BLOCKED,   /* process -> peer: refused or lost; no number */
    SIM_TRACE_DEAD_DROP, /* as LOSE: that life has ended; no number if it had when sent */
    SIM_TRACE_NOWHERE,   /* process: accepted, and nobody there */
    SIM_TRACE_ROOM,      /* process is told that peer has room */
    SIM_TRACE_PEER_DOWN, /* process is told that peer has ended */
    SIM_TRACE_CLAIM,     /* process: the resolver's answer, with the name as target */
    SIM_TRACE_RELEASE,
    SIM_TRACE_LOOKUP,     /* process: the answer; peer is who holds the name */
    SIM_TRACE_ROUTE_GONE, /* process is told to forget routes to a life of peer */
    SIM_TRACE_WORK,       /* process: application work */
    SIM_TRACE_WAKE,       /* process: alarm */
    SIM_TRACE_CUT,        /* process -> peer */
    SIM_TRACE_HEAL,
    SIM_TRACE_LINK,       /* process -> peer: its faults were set */
    SIM_TRACE_CONNECT,    /* process, to a daemon */
    SIM_TRACE_DISCONNECT, /* process: its connection is over */
    SIM_TRACE_HELD_BACK,  /* process: its claim or lookup waits for the end of the grace */
    SIM_TRACE_RECLAIM,    /* process: the daemon's answer, with the name as target */
    SIM_TRACE_FORGET,     /* process gives up all routes it was told */
    SIM_TRACE_GRACE_OVER,
    SIM_TRACE_PLAN, /* a fault was drawn or asked for; `fault` says it */
    SIM_TRACE_SLOW, /* process: turns take `fault`'s value from now on */
    SIM_TRACE_CLOCK /* process: its clock was set as `fault` says */
};

/* "deliver" and so on. */
const char *sim_trace_name(enum sim_trace kind);

/* One thing that happened.  Texts are borrowed until the callback returns. */
struct sim_event_record {
    uint64_t time;
    enum sim_trace kind;
    uint32_t process;            /* SIM_NOBODY: none */
    uint32_t peer;               /* a process, SIM_NOBODY: none */
    enum uripc_frame_kind frame; /* 0: it is no frame */
    enum uripc_status status;
    uint64_t message_id;
    uint64_t flight; /* 0: none */
    uint32_t data_bytes;
    struct uripc_text source;
    struct uripc_text target;
    const struct sim_fault *fault; /* NULL: none; see fault.h */
};

/* The world. */

/* `size` is sizeof(struct sim_config); zero fields mean the default said here. */
struct sim_config {
    size_t size;
    uint64_t seed;
    const struct sim_backend *backend;
    const struct sim_profile *profile;  /* local */
    const struct sim_link_faults *link; /* of every link not set otherwise; sim_link_dull */
    const struct sim_source *source;    /* sim_random */
    struct uripc_limits limits;         /* of every node; size 0: uripc_limits_default */
    struct uripc_realm realm;           /* private, of principal 0 */
    struct sim_resolver resolver;       /* a table */
    uint32_t processes;                 /* at most; 16 */
    uint32_t names;                     /* at most, in the resolver; 4 for each process */
    uint32_t holdings;                  /* holders and watchers at most; 8 for each name */
    uint64_t event_budget;              /* no limit */
    uint64_t instant_budget;            /* events at one instant; no limit */
    bool foreign_buffers; /* buffer ids are addresses in the embedding program, not looked at */
    void (*trace)(void *user, const struct sim_event_record *record);
    void (*work)(void *user, struct sim_world *world, uint32_t process, uint64_t word);
    /* In a large world: whose turn is likely to be the next, so that what it needs can be fetched.
     */
    void (*next)(void *user, uint32_t process);
    /* A process gives up a route to a life of `peer` that ended at `since`. */
    void (*stale)(void *user, uint32_t process, uint32_t peer, uint64_t since);
    /* A process crashed, or began another life, by a fault that came with time (fault.h). */
    void (*lived)(void *user, struct sim_world *world, uint32_t process, bool alive);
    void *user;
};

/* Keeps the backend, profile and source.  NULL: no memory, or a limit the backend refuses. */
struct sim_world *sim_create(const struct sim_config *config);
void sim_destroy(struct sim_world *world);

/* Begins another run as if the world had just been created, in the memory it has; costs what the
 * last run touched.  False, and the world can then only be destroyed: as NULL above. */
bool sim_reset(struct sim_world *world, const struct sim_config *config);

/* Processes.  Numbers count from 0. */

/* Returns the new process's number, SIM_NOBODY if there are too many. */
uint32_t sim_start(struct sim_world *world, uint64_t principal);
uint32_t sim_processes(const struct sim_world *world); /* started so far */
bool sim_alive(const struct sim_world *world, uint32_t process);
bool sim_paused(const struct sim_world *world, uint32_t process);

/* The node of a living process; NULL of a dead one. */
struct uripc_node *sim_node(struct sim_world *world, uint32_t process);
const struct uripc_node_ops *sim_node_ops(const struct sim_world *world);

/* Begins an application turn: from here calls of that node may follow. */
void sim_enter(struct sim_world *world, uint32_t process);

/* Goes on with the turn of the last event of the process, or of the last sim_enter: one that takes
 * its time (fault.h) takes no more. */
void sim_reenter(struct sim_world *world, uint32_t process);

/* The life that bears this node identity, as its process; SIM_NOBODY: none ever did. */
uint32_t sim_process_of(const struct sim_world *world, uint64_t identity);

/* Time. */

enum sim_step {
    SIM_STEP,         /* one event was executed */
    SIM_IDLE,         /* nothing can happen any more, or (sim_advance) not before that time */
    SIM_OVER_BUDGET,  /* event_budget is used up */
    SIM_INSTANT_LOOP, /* instant_budget is used up: events cause each other without time passing */
    SIM_NO_MEMORY     /* the simulator's own memory could not grow; the run cannot go on */
};

uint64_t sim_now(const struct sim_world *world);
uint64_t sim_next_time(struct sim_world *world); /* of the next event; SIM_NEVER: there is none */
enum sim_step sim_step(struct sim_world *world);

/* The process that the last event was for; SIM_NOBODY: none.  Its node may have completions. */
uint32_t sim_touched(const struct sim_world *world);

/* Executes all events up to and at `until`, then sets the time to it.  SIM_IDLE, or a verdict. */
enum sim_step sim_advance(struct sim_world *world, uint64_t until);

/* Has config.work called for a process, or for SIM_NOBODY, at that time or now if it is past;
 * a process that has ended by then gets nothing. */
void sim_at(struct sim_world *world, uint64_t at, uint32_t process, uint64_t word);

/* Buffers of processes, for uripc_receive.  Ids are never used twice in a run; a crash closes the
 * process's buffers. */

uint64_t sim_buffer_create(struct sim_world *world, uint32_t process, uint32_t size);
void *sim_buffer_bytes(struct sim_world *world, uint64_t id, uint32_t *size); /* NULL: not open */
void sim_buffer_release(struct sim_world *world, uint64_t id);

/* Faults.  All take effect at once, and between turns only. */

/* The process's memory is gone and its names are free; frames it sent still arrive, and after the
 * last one its peers are told. */
void sim_crash(struct sim_world *world, uint32_t process);
void sim_restart(struct sim_world *world, uint32_t process); /* crashes it if it lives */
void sim_pause(struct sim_world *world, uint32_t process);   /* its events wait, in order */
void sim_resume(struct sim_world *world, uint32_t process);

void sim_cut(struct sim_world *world, uint32_t from, uint32_t to);
void sim_heal(struct sim_world *world, uint32_t from, uint32_t to);
bool sim_is_cut(const struct sim_world *world, uint32_t from, uint32_t to);

/* Sets the faults of one direction; NULL: the default again.  sim_link_all changes the default. */
void sim_link(struct sim_world *world, uint32_t from, uint32_t to,
              const struct sim_link_faults *faults);
void sim_link_all(struct sim_world *world, const struct sim_link_faults *faults);

/* No more faults: cuts heal, all links become dull, the paused resume, the slow are quick, clocks
 * gain nothing any more (but show what they show), and no fault of fault.h begins.  The dead stay
 * dead, but for those that were to start again at some time. */
void sim_calm(struct sim_world *world);

const struct sim_counters *sim_counters(const struct sim_world *world);
const struct sim_violations *sim_violations(const struct sim_world *world);

/* Randomness. */

/* Returns 0..n-1; n <= 1 chooses nothing. */
uint32_t sim_choose(struct sim_world *world, uint32_t kind, uint64_t actor, uint32_t n);

/* True with probability num/den; never (den 0 or num 0) and always (num >= den) choose nothing. */
bool sim_chance(struct sim_world *world, uint32_t kind, uint64_t actor, uint32_t num, uint32_t den);
uint64_t sim_draw(struct sim_world *world, uint32_t kind, uint64_t actor);

/* min..max, both included, with one draw; none if they are equal. */
uint64_t sim_between(struct sim_world *world, uint32_t kind, uint64_t actor, uint64_t min,
                     uint64_t max);
uint64_t sim_link_actor(uint32_t from, uint32_t to);

/* Fingerprint: of every event and choice so far, and of what the program notes; never of the seed,
 * and node identities enter as numbers of lives. */
uint64_t sim_fingerprint(const struct sim_world *world);
void sim_note(struct sim_world *world, const void *bytes, size_t length);
void sim_note_word(struct sim_world *world, uint64_t word);

#endif
