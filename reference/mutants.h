/* SPDX-License-Identifier: MIT */
/* Planted faults.  Only a second build of the core, which is never installed, contains them; there
 * one can be switched on at run time to see whether the conformance suite notices.  Each names the
 * clause it breaks; a benign one breaks none and must go unnoticed. */
#ifndef URIPC_MUTANTS_H
#define URIPC_MUTANTS_H

/* X(NAME, "id", "clause", benign, "what is planted") */
#define URIPC_MUTANT_MAP(X)                                                                        \
    X(PATH_FOLDED, "path-folded", "NAM-3", 0, "paths are compared without regard to case")         \
    X(SLASH_DECODED, "slash-decoded", "NAM-5", 0, "an encoded slash becomes a slash")              \
    X(PORT_KEPT, "port-kept", "NAM-7", 0, "the default port is kept")                              \
    X(BAD_TEXT_REPLACED, "bad-text-replaced", "NAM-11", 0, "invalid UTF-8 is replaced")            \
    X(CHILD_ANYWHERE, "child-anywhere", "REG-11", 0, "a child may lie beside its parent")          \
    X(TWO_OWNERS, "two-owners", "REG-2", 0, "a name can be held exclusively twice")                \
    X(MIXED_KINDS, "mixed-kinds", "REG-5", 0, "a name can be joined with another kind")            \
    X(ANY_OPTIONS, "any-options", "REG-8", 0, "a name can be joined with other options")           \
    X(SHORTEST_WINS, "shortest-wins", "RTE-1", 0, "the shortest matching name gets the message")   \
    X(PREFIX_BY_CHARACTERS, "prefix-by-characters", "RTE-2", 0, "names match by characters")       \
    X(SUFFIX_DROPPED, "suffix-dropped", "RTE-7", 0, "the source URI lacks the suffix")             \
    X(STALE_ROUTES, "stale-routes", "RTE-11", 0, "nobody is told that a route has gone")           \
    X(NULL_DATA_TAKEN, "null-data-taken", "SND-4", 0, "no data with a length is a message")        \
    X(BYTES_ON_ERROR, "bytes-on-error", "SND-5", 0, "a refused send reports its bytes")            \
    X(LIMIT_ONE_MORE, "limit-one-more", "SND-8", 0, "one byte above the maximum is accepted")      \
    X(QUEUE_ONE_SHORT, "queue-one-short", "SND-11", 0, "a queue of N takes N-1")                   \
    X(FULL_SAYS_OK, "full-says-ok", "SND-12", 0, "a full queue loses the message and says ok")     \
    X(SMALL_OVERTAKES, "small-overtakes", "SND-14", 0, "a small message passes a blocked one")     \
    X(NOWAIT_WAITS, "nowait-waits", "SND-15", 0, "a send with nowait blocks all the same")         \
    X(DROPS_UNCOUNTED, "drops-uncounted", "SND-16", 0, "dropped messages are not counted")         \
    X(ANY_INCARNATION, "any-incarnation", "SND-19", 0, "a demanded incarnation is not compared")   \
    X(TIMEOUT_IS_CERTAIN, "timeout-is-certain", "SND-21", 0,                                       \
      "a sent message's time-out is definite")                                                     \
    X(LAST_FIRST, "last-first", "RCV-1", 0, "the third and later messages go to the front")        \
    X(BYTES_WITHOUT_HEADER, "bytes-without-header", "RCV-2", 0, "a receive reports data bytes")    \
    X(RECEIVES_REVERSED, "receives-reversed", "RCV-3", 0,                                          \
      "the receive posted last is served first")                                                   \
    X(EMPTY_VANISHES, "empty-vanishes", "RCV-4", 0, "queued messages without data vanish")         \
    X(SHORT_CONSUMES, "short-consumes", "RCV-5", 0, "a short buffer consumes the message")         \
    X(NO_DEADLINES, "no-deadlines", "RCV-10", 0, "deadlines never pass")                           \
    X(DATA_UNALIGNED, "data-unaligned", "RCV-13", 0, "data follow the URIs without padding")       \
    X(RESERVED_NOISE, "reserved-noise", "RCV-15", 0, "the reserved field is not zero")             \
    X(NEIGHBOURS_ID, "neighbours-id", "RCV-16", 0, "a receive reports the message id before")      \
    X(TWO_COMPLETIONS, "two-completions", "CMP-1", 0, "a cancelled call completes twice")          \
    X(LOST_COMPLETION, "lost-completion", "CMP-1", 0, "calls ended by close never complete")       \
    X(OTHERS_OVERLAPPED, "others-overlapped", "CMP-3", 0, "receives complete another block")       \
    X(REUSED_OVERLAPPED, "reused-overlapped", "CMP-7", 0, "a block in flight can be used again")   \
    X(ABORTED_BUT_SENT, "aborted-but-sent", "CMP-9", 0, "a cancelled send is delivered")           \
    X(CANCEL_ALWAYS_OK, "cancel-always-ok", "CMP-11", 0, "cancelling nothing says ok")             \
    X(CLOSE_REVERSED, "close-reversed", "CMP-16", 0, "close ends the latest call first")           \
    X(ONE_MESSAGE_ID, "one-message-id", "DLV-3", 0, "all messages of a node have one id")          \
    X(GROUP_FIRST_ONLY, "group-first-only", "DLV-6", 0, "only a group's first member gets a copy") \
    X(CAP_ONE_MORE, "cap-one-more", "DLV-8", 0, "one byte above the route's limit is accepted")    \
    X(NAME_NOT_COUNTED, "name-not-counted", "DLV-10", 0, "the name does not count in the budget")  \
    X(MEMBER_LOSS_UNCOUNTED, "member-loss-uncounted", "DLV-11", 0, "a full member counts nothing") \
    X(NAME_SURVIVES_DEATH, "name-survives-death", "LIF-1", 0, "the names of the dead stay taken")  \
    X(HANDLE_BY_SLOT, "handle-by-slot", "LIF-2", 0, "an old handle means its slot's new owner")    \
    X(SAME_INCARNATION, "same-incarnation", "LIF-3", 0, "a name's next life has the same id")      \
    X(CHILDREN_STAY, "children-stay", "LIF-7", 0, "closing a parent leaves its children")          \
    X(BLOCKED_FORGOTTEN, "blocked-forgotten", "LIF-8", 0, "blocked sends outlive their target")    \
    X(JOINED_STAY, "joined-stay", "LIF-9", 0, "handles outlive the shared queue")                  \
    X(DEATH_UNNOTICED, "death-unnoticed", "LIF-11", 0, "a target's death leaves sends pending")    \
    X(SPARSE_IDS, "sparse-ids", "", 1, "ids are given out with gaps")                              \
    X(NEVER_DIRECT, "never-direct", "", 1, "every message waits in the outbox for a moment")       \
    X(FORGETFUL_ROUTES, "forgetful-routes", "", 1, "routes are forgotten at every frame")          \
    X(ROUGH_POOL, "rough-pool", "", 1, "pool chunks are rounded up to 64 bytes")                   \
    X(ONE_ROUTE, "one-route", "", 1, "only one route is remembered")

#ifdef URIPC_MUTANTS

enum uripc_mutant_id {
    URIPC_MUTANT_NONE,
#define URIPC_MUTANT_ENUM(NAME, id, clause, benign, text) URIPC_MUTANT_##NAME,
    URIPC_MUTANT_MAP(URIPC_MUTANT_ENUM)
#undef URIPC_MUTANT_ENUM
};

/* The one that is switched on. */
extern int uripc_mutant;

#define URIPC_MUTANT(NAME) (uripc_mutant == URIPC_MUTANT_##NAME)

#else

#define URIPC_MUTANT(NAME) 0

#endif

#endif
