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
    X(SLASH_KEPT, "slash-kept", "NAM-9", 0, "a registered name keeps its trailing slash")          \
    X(BAD_TEXT_REPLACED, "bad-text-replaced", "NAM-11", 0, "invalid UTF-8 is replaced")            \
    X(FRAGMENT_CUT, "fragment-cut", "NAM-13", 0, "a fragment is cut off silently")                 \
    X(QUERY_MATCHES, "query-matches", "NAM-14", 0, "a query takes part in matching")               \
    X(SUFFIX_RESOLVED, "suffix-resolved", "NAM-22", 0, "a suffix replaces the last segment")       \
    X(DOTS_IN_SUFFIX, "dots-in-suffix", "NAM-24", 0, "dot segments in a suffix vanish")            \
    X(TWO_OWNERS, "two-owners", "REG-2", 0, "a name can be held exclusively twice")                \
    X(MIXED_KINDS, "mixed-kinds", "REG-5", 0, "a name can be joined with another kind")            \
    X(JOIN_ALONE, "join-alone", "REG-7", 0, "joining a shared name gives a queue apart")           \
    X(ANY_OPTIONS, "any-options", "REG-8", 0, "a name can be joined with other options")           \
    X(FOREIGN_JOIN, "foreign-join", "REG-9", 0, "who joins a queue elsewhere gets one apart")      \
    X(CHILD_ANYWHERE, "child-anywhere", "REG-11", 0, "a child may lie beside its parent")          \
    X(SHORTEST_WINS, "shortest-wins", "RTE-1", 0, "the shortest matching name gets the message")   \
    X(PREFIX_BY_CHARACTERS, "prefix-by-characters", "RTE-2", 0, "names match by characters")       \
    X(SUFFIX_DROPPED, "suffix-dropped", "RTE-7", 0, "the source URI lacks the suffix")             \
    X(LONGER_UNSEEN, "longer-unseen", "RTE-10", 0, "senders go on with the shorter name")          \
    X(OLD_ABSENCE, "old-absence", "RTE-10", 0, "an answer counts for sends that began after it")   \
    X(STALE_ROUTES, "stale-routes", "RTE-11", 0, "nobody is told that a route has gone")           \
    X(ROUTES_STOLEN, "routes-stolen", "RTE-13", 0, "a send that waits loses its route to others")  \
    X(STUCK_ASK_AGAIN, "stuck-ask-again", "RTE-13", 0, "a send that cannot go asks on and on")     \
    X(NULL_DATA_TAKEN, "null-data-taken", "SND-4", 0, "no data with a length is a message")        \
    X(BYTES_ON_ERROR, "bytes-on-error", "SND-5", 0, "a refused send reports its bytes")            \
    X(OUTBOX_OVERTAKEN, "outbox-overtaken", "SND-7", 0, "a send passes one without a route yet")   \
    X(LIMIT_ONE_MORE, "limit-one-more", "SND-8", 0, "one byte above the maximum is accepted")      \
    X(QUEUE_ONE_SHORT, "queue-one-short", "SND-11", 0, "a queue of N takes N-1")                   \
    X(FULL_SAYS_OK, "full-says-ok", "SND-12", 0, "a full queue loses the message and says ok")     \
    X(BLOCKED_FOREVER, "blocked-forever", "SND-13", 0, "blocked sends are never let in")           \
    X(SMALL_OVERTAKES, "small-overtakes", "SND-14", 0, "a small message passes a blocked one")     \
    X(NOWAIT_WAITS, "nowait-waits", "SND-15", 0, "a send with nowait blocks all the same")         \
    X(DROPS_UNCOUNTED, "drops-uncounted", "SND-16", 0, "dropped messages are not counted")         \
    X(BYTES_UNLIMITED, "bytes-unlimited", "SND-17", 0, "the limit in bytes is not looked at")      \
    X(ANY_INCARNATION, "any-incarnation", "SND-19", 0, "a demanded incarnation is not compared")   \
    X(GROUP_DEMAND_TAKEN, "group-demand-taken", "SND-20", 0,                                       \
      "a group takes a demanded incarnation")                                                      \
    X(TIMEOUT_IS_CERTAIN, "timeout-is-certain", "SND-21", 0,                                       \
      "a sent message's time-out is definite")                                                     \
    X(REFUSED_BUT_KEPT, "refused-but-kept", "SND-22", 0, "a message refused as full is queued")    \
    X(NO_MEMORY_SAYS_OK, "no-memory-says-ok", "SND-23", 0,                                         \
      "without memory a message is lost, with ok")                                                 \
    X(LAST_FIRST, "last-first", "RCV-1", 0, "the third and later messages go to the front")        \
    X(BYTES_WITHOUT_HEADER, "bytes-without-header", "RCV-2", 0, "a receive reports data bytes")    \
    X(RECEIVES_REVERSED, "receives-reversed", "RCV-3", 0,                                          \
      "the receive posted last is served first")                                                   \
    X(EMPTY_VANISHES, "empty-vanishes", "RCV-4", 0, "queued messages without data vanish")         \
    X(SHORT_CONSUMES, "short-consumes", "RCV-5", 0, "a short buffer consumes the message")         \
    X(FIRST_RECEIVE_ONLY, "first-receive-only", "RCV-6", 0,                                        \
      "only the first posted receive is tried")                                                    \
    X(EXACT_IS_SHORT, "exact-is-short", "RCV-7", 0, "a buffer of exactly the size is too short")   \
    X(HASTY_RECEIVE_WAITS, "hasty-receive-waits", "RCV-9", 0, "a receive with nowait is posted")   \
    X(NO_DEADLINES, "no-deadlines", "RCV-10", 0, "deadlines never pass")                           \
    X(INFO_COUNTS_BLOCKED, "info-counts-blocked", "RCV-11", 0, "info counts blocked messages too") \
    X(DATA_UNALIGNED, "data-unaligned", "RCV-13", 0, "data follow the URIs without padding")       \
    X(NEVER_WIDE, "never-wide", "RCV-14", 0, "16-bit units are not written")                       \
    X(WIDE_LENGTHS, "wide-lengths", "RCV-12", 0, "the source length is in bytes, not units")       \
    X(RESERVED_NOISE, "reserved-noise", "RCV-15", 0, "the reserved field is not zero")             \
    X(NEIGHBOURS_ID, "neighbours-id", "RCV-16", 0, "a receive reports the message id before")      \
    X(TWO_COMPLETIONS, "two-completions", "CMP-1", 0, "a cancelled call completes twice")          \
    X(LOST_COMPLETION, "lost-completion", "CMP-1", 0, "calls ended by close never complete")       \
    X(OTHERS_OVERLAPPED, "others-overlapped", "CMP-3", 0, "receives complete another block")       \
    X(NEWEST_FIRST, "newest-first", "CMP-4", 0, "the latest completion is polled first")           \
    X(REUSED_OVERLAPPED, "reused-overlapped", "CMP-7", 0, "a block in flight can be used again")   \
    X(ABORTED_BUT_SENT, "aborted-but-sent", "CMP-9", 0, "a cancelled send is delivered")           \
    X(CANCEL_ALWAYS_OK, "cancel-always-ok", "CMP-11", 0, "cancelling nothing says ok")             \
    X(TIMEOUT_FIRST, "timeout-first", "CMP-15", 0, "a deadline beats an arrival of its instant")   \
    X(CLOSE_REVERSED, "close-reversed", "CMP-16", 0, "close ends the latest call first")           \
    X(CLOSED_IS_OPEN, "closed-is-open", "CMP-17", 0, "calls on a closed handle are accepted")      \
    X(ONE_MESSAGE_ID, "one-message-id", "DLV-3", 0, "all messages of a node have one id")          \
    X(GROUP_FIRST_ONLY, "group-first-only", "DLV-6", 0, "only a group's first member gets a copy") \
    X(CAP_ONE_MORE, "cap-one-more", "DLV-8", 0, "one byte above the route's limit is accepted")    \
    X(NAME_NOT_COUNTED, "name-not-counted", "DLV-10", 0, "the name does not count in the budget")  \
    X(MEMBER_LOSS_UNCOUNTED, "member-loss-uncounted", "DLV-11", 0, "a full member counts nothing") \
    X(NO_OWN_COPY, "no-own-copy", "DLV-12", 0, "a sender's own copy is dropped")                   \
    X(ANY_SIZE_UNCONFIRMED, "any-size-unconfirmed", "DLV-16", 0,                                   \
      "only confirmed messages have a maximum")                                                    \
    X(NAME_SURVIVES_DEATH, "name-survives-death", "LIF-1", 0, "the names of the dead stay taken")  \
    X(HANDLE_BY_SLOT, "handle-by-slot", "LIF-2", 0, "an old handle means its slot's new owner")    \
    X(SAME_INCARNATION, "same-incarnation", "LIF-3", 0, "a name's next life has the same id")      \
    X(WRONG_LIFE, "wrong-life", "LIF-4", 0, "a receive reports another incarnation")               \
    X(QUEUE_INHERITED, "queue-inherited", "LIF-6", 0, "the next holder finds the old messages")    \
    X(CHILDREN_STAY, "children-stay", "LIF-7", 0, "closing a parent leaves its children")          \
    X(BLOCKED_FORGOTTEN, "blocked-forgotten", "LIF-8", 0, "blocked sends outlive their target")    \
    X(JOINED_STAY, "joined-stay", "LIF-9", 0, "handles outlive the shared queue")                  \
    X(DEATH_UNNOTICED, "death-unnoticed", "LIF-11", 0, "a target's death leaves sends pending")    \
    X(AWAY_REFUSES, "away-refuses", "RES-2", 0, "while the resolver is away, look-ups fail")       \
    X(HOLDERS_GIVE_UP, "holders-give-up", "RES-3", 0, "a name ends with the resolver's life")      \
    X(NEVER_AGAIN, "never-again", "RES-4", 0, "nobody claims again what a lost resolver knew")     \
    X(GRACE_FOR_ALL, "grace-for-all", "RES-5", 0, "in its grace a resolver gives any name away")   \
    X(SILENT_KEEP_PLACE, "silent-keep-place", "RES-5", 0,                                          \
      "in its grace a resolver takes the word of who had been given up")                           \
    X(GRACE_DENIES, "grace-denies", "RES-6", 0, "in its grace a resolver answers look-ups")        \
    X(GRACE_ENDLESS, "grace-endless", "RES-7", 0, "a grace never ends")                            \
    X(SILENT_KEEP_NAMES, "silent-keep-names", "RES-8", 0, "who is cut off keeps its names")        \
    X(LOSS_UNNOTICED, "loss-unnoticed", "RES-9", 0, "who has lost its name is not told")           \
    X(ROUTES_OUTLIVE_GRACE, "routes-outlive-grace", "RES-10", 0,                                   \
      "what a lost resolver told is used for ever")                                                \
    X(CLOSE_UNHEARD, "close-unheard", "RES-11", 0, "what is closed meanwhile is claimed again")    \
    X(LOCK_IGNORED, "lock-ignored", "RES-13", 0, "nobody waits for the lock of a rendezvous")      \
    X(GENERATION_STAYS, "generation-stays", "RES-14", 0, "a change does not raise the generation") \
    X(REALM_FOR_ALL, "realm-for-all", "ACC-1", 0, "a private realm admits everybody")              \
    X(DENIAL_TELLS, "denial-tells", "ACC-2", 0, "who is not admitted learns which names are held") \
    X(DENIED_KEEPS_NAME, "denied-keeps-name", "ACC-3", 0, "a denied registration takes its name")  \
    X(STRANGERS_REFUSED, "strangers-refused", "ACC-4", 0, "an open realm admits only its owner")   \
    X(ABOVE_IS_FREE, "above-is-free", "ACC-5", 0, "a name above another principal's can be held")  \
    X(BELOW_IS_FREE, "below-is-free", "ACC-6", 0, "a name below another principal's can be held")  \
    X(ANYBODYS_GROUP, "anybodys-group", "ACC-6", 0, "another principal's group can be joined")     \
    X(MESSAGE_SAYS_WHO, "message-says-who", "ACC-7", 0, "the principal is read out of the data")   \
    X(FOREIGN_RELEASE, "foreign-release", "ACC-8", 0, "a close frees another process's name")      \
    X(FOREIGN_WITHDRAW, "foreign-withdraw", "ACC-8", 0,                                            \
      "a cancel takes back another process's message")                                             \
    X(DEMAND_UNTOLD, "demand-untold", "DSP-1", 0, "a waiter is not told of what arrives")          \
    X(DEMAND_BY_EDGE, "demand-by-edge", "DSP-2", 0, "a waiter waits although a message is there")  \
    X(DEMAND_HIDDEN, "demand-hidden", "DSP-3", 0, "a waiter is not told of what a worker takes")   \
    X(ONE_WAITER_TOLD, "one-waiter-told", "DSP-4", 0, "of several waiters only the first is told") \
    X(LAST_MOMENT_TAKEN, "last-moment-taken", "DSP-5", 0,                                          \
      "a waiter takes what comes at its very deadline")                                            \
    X(HOME_FIRST, "home-first", "DSP-6", 0, "receives at the home pass those of workers")          \
    X(GIVEN_FROM_HOME, "given-from-home", "DSP-7", 0, "a worker is told the home as the source")   \
    X(CANCEL_KEEPS_MESSAGE, "cancel-keeps-message", "DSP-8", 0,                                    \
      "a message on its way to a receive that was cancelled is lost")                              \
    X(RETURNED_LAST, "returned-last", "DSP-8", 0, "a message that comes back is the last one")     \
    X(DIES_WITH_WORKER, "dies-with-worker", "DSP-9", 0,                                            \
      "a message on its way to a worker dies with it")                                             \
    X(TAKEN_IS_ANY, "taken-is-any", "DSP-9", 0,                                                    \
      "what a worker says of a message counts for the next one of the same receive")               \
    X(TAKES_REPEATED, "takes-repeated", "DSP-9", 0,                                                \
      "a receive that comes again takes another message")                                          \
    X(LEAVING_UNHEARD, "leaving-unheard", "DSP-10", 0, "who leaves a queue is kept in mind")       \
    X(HOME_LEFT_ALONE, "home-left-alone", "DSP-11", 0, "workers are not told of the home's close") \
    X(BEYOND_LIMIT_UNTOLD, "beyond-limit-untold", "DSP-12", 0,                                     \
      "a worker beyond the limit is not answered")                                                 \
    X(LIFE_OF_QUEUE, "life-of-queue", "DSP-13", 0, "a worker's handle has the queue's life")       \
    X(TAKES_UNCOUNTED, "takes-uncounted", "DSP-14", 0, "info does not count a worker's receives")  \
    X(LAYERS_NEWEST_FIRST, "layers-newest-first", "LAY-1", 0,                                      \
      "the latest completion of layers is polled first")                                           \
    X(OWN_FAILURES_KEPT, "own-failures-kept", "LAY-2", 0,                                          \
      "layers keep the application's time-outs for themselves")                                    \
    X(LAYERS_REMEMBER, "layers-remember", "LAY-3", 0,                                              \
      "what layers did before makes them slower to send again")                                    \
    X(LAYER_PLACE_LOST, "layer-place-lost", "LAY-4", 0,                                            \
      "the place of a cancelled call of a layer is never free again")                              \
    X(LAYER_BLOCK_TWICE, "layer-block-twice", "LAY-5", 0,                                          \
      "a block can be used again before it is polled")                                             \
    X(LAYER_CANCEL_DEAF, "layer-cancel-deaf", "LAY-6", 0, "a cancelled call of a layer goes on")   \
    X(LAYER_NO_DEADLINES, "layer-no-deadlines", "LAY-7", 0, "deadlines of layers never pass")      \
    X(LAYER_HANDLE_BY_SLOT, "layer-handle-by-slot", "LAY-8", 0,                                    \
      "a session's handle comes again with its place")                                             \
    X(STRAY_DEAFENS, "stray-deafens", "LAY-9", 0, "what is no record ends the receiving")          \
    X(TIMEOUT_LATE, "timeout-late", "LAY-10", 0, "the timeout detector allows a microsecond more") \
    X(FRESHNESS_FROM_LAST, "freshness-from-last", "LAY-11", 0,                                     \
      "the freshness detector counts from the last beat")                                          \
    X(BEGINNING_FIXED, "beginning-fixed", "LAY-12", 0,                                             \
      "the peer's beginning is when it was first heard")                                           \
    X(ANSWER_NEVER_DUE, "answer-never-due", "LAY-13", 0,                                           \
      "messages of layers wait for their answer without end")                                      \
    X(ITEMS_OVERTAKE, "items-overtake", "SES-1", 0, "an item is taken before one that was lost")   \
    X(END_BEFORE_REST, "end-before-rest", "SES-2", 0, "the end is told before what is unread")     \
    X(WINDOW_ENDLESS, "window-endless", "SES-3", 0, "a writer takes no account of the window")     \
    X(REST_LOST, "rest-lost", "SES-4", 0, "what does not fit into the buffer is lost")             \
    X(INSTANCES_ENDLESS, "instances-endless", "SES-5", 0, "instances are not counted")             \
    X(NOBODY_AWAITED, "nobody-awaited", "SES-6", 0, "a connect goes on although nobody is there")  \
    X(DEATH_UNTOLD, "death-untold", "SES-7", 0, "a peer's death ends no session")                  \
    X(ANY_LIFE, "any-life", "SES-8", 0, "the next life of a peer has its sessions")                \
    X(SILENCE_IS_DEATH, "silence-is-death", "SES-9", 0, "a silent peer is called dead")            \
    X(CLOSE_DROPS, "close-drops", "SES-10", 0, "a close drops what is on its way")                 \
    X(CLOSED_IS_JUDGED, "closed-is-judged", "SES-10", 0,                                           \
      "a detector ends what a close has left to do")                                               \
    X(FLUSH_ON_ARRIVAL, "flush-on-arrival", "SES-11", 0, "a flush completes when all has arrived") \
    X(DISCONNECT_SPARES, "disconnect-spares", "SES-12", 0,                                         \
      "a disconnect leaves what is unread at the peer")                                            \
    X(DISCONNECT_OVERTAKEN, "disconnect-overtaken", "SES-12", 0,                                   \
      "what a disconnect has overtaken can be read")                                               \
    X(BIG_UNTRIED, "big-untried", "SES-13", 0,                                                     \
      "a message is sent without trying whether the way carries it")                               \
    X(NEVER_ASKS, "never-asks", "SES-14", 0, "what was read is told once, and may be lost")        \
    X(SUFFIX_AGAIN, "suffix-again", "REQ-1", 0, "two requests have the same suffix")               \
    X(TRY_RENUMBERED, "try-renumbered", "REQ-2", 0, "each try has a suffix of its own")            \
    X(REPLY_TO_ANY_LIFE, "reply-to-any-life", "REQ-3", 0, "a reply demands no incarnation")        \
    X(REPLIES_BY_ORDER, "replies-by-order", "REQ-4", 0,                                            \
      "a reply goes to the request that waits longest")                                            \
    X(ANYBODYS_REPLY, "anybodys-reply", "REQ-5", 0, "a reply counts from whatever name")           \
    X(NO_BACKOFF, "no-backoff", "REQ-6", 0, "every wait is as long as the first")                  \
    X(REFUSAL_IS_LAST, "refusal-is-last", "REQ-7", 0, "a refused try is not made up for")          \
    X(NEVER_SERVED, "never-served", "REQ-8", 0, "a request that times out is definite")            \
    X(LATE_REPLY_TAKEN, "late-reply-taken", "REQ-9", 0, "a late reply goes to another request")    \
    X(CANCELLED_UNSERVED, "cancelled-unserved", "REQ-10", 0, "a cancelled request is definite")    \
    X(SHORT_REPLY_UNTOLD, "short-reply-untold", "REQ-11", 0,                                       \
      "the length of a reply that does not fit is not told")                                       \
    X(ASKED_TWICE, "asked-twice", "REQ-12", 0, "every try is sent twice")                          \
    X(SERVED_NAMELESS, "served-nameless", "REQ-13", 0, "a served request lacks its suffix")        \
    X(BUSY_SERVED_AGAIN, "busy-served-again", "REQ-14", 0,                                         \
      "a repetition is served beside the first")                                                   \
    X(REPLY_NOT_KEPT, "reply-not-kept", "REQ-15", 0, "no reply is kept")                           \
    X(REPETITION_UNTOLD, "repetition-untold", "REQ-16", 0, "every serve is definite")              \
    X(REPLIED_TWICE, "replied-twice", "REQ-17", 0, "a request can be answered twice")              \
    X(SERVE_GOES_ON, "serve-goes-on", "REQ-18", 0,                                                 \
      "a registration is received from without a serve")                                           \
    X(SHORT_SERVE_CONSUMES, "short-serve-consumes", "REQ-19", 0,                                   \
      "a request that does not fit is lost")                                                       \
    X(WAITING_GIVES_PLACE, "waiting-gives-place", "REQ-20", 0,                                     \
      "a serve that cannot receive yet loses its place to another registration")                   \
    X(SERVE_UNCLOSED, "serve-unclosed", "REQ-20", 0, "a serve outlives its registration")          \
    X(LISTENER_MUTE, "listener-mute", "REQ-21", 0, "a listener says nothing to requests")          \
    X(SESSION_TARGETLESS, "session-targetless", "REQ-22", 0,                                       \
      "the target does not go along in a session")                                                 \
    X(REQUEST_OUTLIVES, "request-outlives", "REQ-23", 0, "a request outlives its session")         \
    X(SERVE_OUTLIVES, "serve-outlives", "REQ-24", 0, "a serve outlives its session's shutdown")    \
    X(FULL_UNTOLD, "full-untold", "REQ-25", 0, "a request without a place is dropped in silence")  \
    X(ASKED_TOO_LATE, "asked-too-late", "REQ-26", 0, "a survey is sent though it is over")         \
    X(SURVEY_OF_NO_TIME, "survey-of-no-time", "REQ-26", 0, "a survey can last no time")            \
    X(ONE_MEMBER_COUNTS, "one-member-counts", "REQ-27", 0,                                         \
      "only the first reply to a survey is taken")                                                 \
    X(REPLIES_UNCOUNTED, "replies-uncounted", "REQ-28", 0, "the number of replies is not told")    \
    X(NOTICE_UNHEARD, "notice-unheard", "SES-15", 0, "nobody holds a peer to hear of its death")   \
    X(HOLD_KEPT, "hold-kept", "SES-16", 0, "a peer is held beyond the end of the session")         \
    X(ACKS_TWICE, "acks-twice", "", 1, "sessions acknowledge everything twice")                    \
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
