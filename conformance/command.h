/* SPDX-License-Identifier: MIT */
/* What the commands have in common. */
#ifndef URIPC_CONFORMANCE_COMMAND_H
#define URIPC_CONFORMANCE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend.h"
#include "diagnostic.h"
#include "mutant.h"

struct argp;
struct argp_state;

/* The subcommands.  Each gets its own name as argv[0] and returns an exit status. */
int cf_cmd_bench(int argc, char **argv);
int cf_cmd_check(int argc, char **argv);
int cf_cmd_diff(int argc, char **argv);
int cf_cmd_explain(int argc, char **argv);
int cf_cmd_hunt(int argc, char **argv);
int cf_cmd_inspect(int argc, char **argv);
int cf_cmd_list(int argc, char **argv);
int cf_cmd_mutants(int argc, char **argv);
int cf_cmd_probe(int argc, char **argv);
int cf_cmd_report(int argc, char **argv);
int cf_cmd_sim(int argc, char **argv);
int cf_cmd_study(int argc, char **argv);

/* Runs a program of libexec/uripc in place of this one; words[0] is the name it goes by.  Returns
 * an exit status if that cannot be. */
int cf_run_engine(const char *program, char *const *words);

/* `uripc list studies` and `uripc list designs`. */
int cf_list_of_studies(const char *what);

/* "uripc 0.1.0 (spec 0.1)" */
extern const char cf_version[];

/* Parses the arguments, with the nearest right word for an option that does not exist.  True if
 * the command goes on; bad usage and --help have ended the program. */
bool cf_arguments(const struct argp *argp, int argc, char **argv, void *input);

/* The arguments, separated by spaces; to be freed.  NULL: no memory. */
char *cf_whole_command(int argc, char **argv);

/* How many of the words are the program's own; those after `--` are a command. */
int cf_own_words(int argc, char **argv);

/* Prints "uripc: …" on stderr. */
void cf_complain_aloud(const char *format, ...) CF_PRINTF(1, 2);

/* Words from outside as messages show them: cut where they are long, and without what a terminal
 * might obey.  Returns `to`. */
enum { CF_SHOWN_MAX = 96 };
const char *cf_shown(const char *word, size_t size, char to[CF_SHOWN_MAX]);

/* Prints that there is no such thing, with the nearest of `words`.  Returns the exit status. */
int cf_no_such(const char *what, const char *found, const char *const *words, size_t count,
               const char *hint);

/* The planted fault of that name; false, after a complaint, if there is none. */
bool cf_mutant_wanted(const char *id, struct cf_mutant *mutant);

/* The backend of that name; NULL, after a complaint, if there is none. */
const struct cf_backend *cf_backend_wanted(const char *name);

enum { CF_JOBS_MAX = 256 };

struct cf_seeds {
    uint64_t first, last;
};

enum { CF_NAME_MAX = 64 }; /* bytes of a process's name on the command line */

enum { CF_REPEAT_MAX = 1000000, CF_STOP_AFTER_MAX = 604800 /* seconds: a week */ };

/* What follows --seed ("7"), --seeds ("1..1000"), --jobs, --repeat and --stop-after.
 * Numbers are decimal, without sign, with nothing after them; anything else is bad usage. */
void cf_seed_argument(struct argp_state *state, const char *text, struct cf_seeds *seeds);
void cf_seeds_argument(struct argp_state *state, const char *text, struct cf_seeds *seeds);
void cf_jobs_argument(struct argp_state *state, const char *text, unsigned *jobs);
void cf_repeat_argument(struct argp_state *state, const char *text, uint64_t *repeat);
void cf_stop_after_argument(struct argp_state *state, const char *text, uint64_t *seconds);

/* What follows --crash: "P@N", or "all", which leaves `process` empty. */
struct cf_crash_point {
    char process[CF_NAME_MAX];
    uint64_t event;
};
void cf_crash_argument(struct argp_state *state, const char *text, struct cf_crash_point *point);

/* One for each processor, within that. */
unsigned cf_jobs_usual(void);

/* Replaces this process by the program with planted faults, given the same arguments.  Returns,
 * after a complaint, only if there is no such program. */
int cf_run_mutants_program(const char *command, int argc, char **argv);

#endif
