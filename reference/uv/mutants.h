/* SPDX-License-Identifier: MIT */
/* Planted faults that bite only between real processes; those of the core are in
 * reference/mutants.h.  Only a second build of this folder, which is never installed, contains
 * them; there the environment variable URIPC_UV_MUTANT switches one on.
 * conformance/uv_mutants_test.py says what notices each of them. */
#ifndef URIPC_UV_MUTANTS_H
#define URIPC_UV_MUTANTS_H

/* X(NAME, "id", "clause", "what is planted") */
#define URIPC__UV_MUTANT_MAP(X)                                                                    \
    X(SHORT_WRITE, "short-write", "SND-3", "what the kernel did not take is forgotten")            \
    X(TAIL_DROPPED, "tail-dropped", "SND-3", "a frame that was not read whole is forgotten")       \
    X(NAMES_CONFUSED, "names-confused", "RTE-1", "an entry is taken for any name of its hash")     \
    X(GENERATION_IGNORED, "generation-ignored", "RTE-10", "routes are used without a look at it")  \
    X(DEAD_HOLD_NAMES, "dead-hold-names", "LIF-1", "entries of dead nodes count")                  \
    X(NAMES_STOLEN, "names-stolen", "REG-2", "a claim clears the entries of living nodes, too")    \
    X(LOCK_KEPT, "lock-kept", "REG-3", "a claim that fails leaves the realm locked")               \
    X(FIRST_MEMBER_ONLY, "first-member-only", "DLV-6", "a look-up finds one member of a group")    \
    X(DOWN_FIRST, "down-first", "LIF-12", "an end is told before who waits is accepted")           \
    X(WITHDRAWALS_IGNORED, "withdrawals-ignored", "CMP-9", "what is withdrawn stays blocked")      \
    X(ANSWERS_LUMPED, "answers-lumped", "SND-11", "answers are gathered whatever they say")        \
    X(PRINCIPAL_FROM_DATA, "principal-from-data", "ACC-7", "the data say who has sent them")       \
    X(OK_TOO_SOON, "ok-too-soon", "LIF-10", "a send to a group does not wait for the kernel")      \
    X(TAKEN_TOLD_LATE, "taken-told-late", "DSP-9", "that a message was taken is told at leisure")  \
    X(TAKEN_UNHEARD, "taken-unheard", "DSP-9", "what is given is taken while nothing can be said") \
    X(ANYBODY_JOINS, "anybody-joins", "ACC-6", "nodes of another user are workers, too")           \
    X(WORKERS_MISSED, "workers-missed", "DSP-9", "the end of a worker's connection means nothing") \
    X(LAYERS_ASLEEP, "layers-asleep", "LAY-7", "the turn that layers ask for does not come")       \
    X(LAYERS_STALE, "layers-stale", "LAY-7", "a call of layers counts from their last work")       \
    X(LAYERS_UNTOLD, "layers-untold", "LAY-1", "only completions of the node are told")

#ifdef URIPC_UV_MUTANTS

enum uripc__uv_mutant {
    URIPC__UV_MUTANT_NONE,
#define URIPC__UV_MUTANT_ENUM(NAME, id, clause, text) URIPC__UV_MUTANT_##NAME,
    URIPC__UV_MUTANT_MAP(URIPC__UV_MUTANT_ENUM)
#undef URIPC__UV_MUTANT_ENUM
};

/* The one that is switched on. */
enum uripc__uv_mutant uripc__uv_mutant(void);

#define URIPC__UV_MUTANT(NAME) (uripc__uv_mutant() == URIPC__UV_MUTANT_##NAME)

#else

#define URIPC__UV_MUTANT(NAME) 0

#endif

#endif
