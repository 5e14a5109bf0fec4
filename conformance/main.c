/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "verdict.h"

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *text;
} commands[] = {
    {"check", cf_cmd_check, "test a backend against every clause of the spec"},
    {"list", cf_cmd_list, "list cases, clauses, backends, profiles, mutants, studies or designs"},
    {"explain", cf_cmd_explain, "tell what a case, clause, status or verdict means"},
    {"sim", cf_cmd_sim, "run one case in the simulator and show what happened"},
    {"bench", cf_cmd_bench, "measure backends of real processes side by side"},
    {"study", cf_cmd_study, "run designs under the same load and faults, and tell how they differ"},
    {"hunt", cf_cmd_hunt, "search for broken promises under every family of faults"},
    {"probe", cf_cmd_probe, "try a driver that is being written, and explain its first mistake"},
    {"report", cf_cmd_report, "make a page of one or more result folders"},
    {"inspect", cf_cmd_inspect, "show who holds which name in a live realm"},
    {"diff", cf_cmd_diff, "tell what changed from one result folder to another"},
    {"mutants", cf_cmd_mutants, "plant faults in the reference and see whether the suite notices"},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_help(FILE *out)
{
    fputs("Usage: uripc COMMAND [ARGUMENT...]\n"
          "Measures implementations of URI-based IPC against their spec.\n\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-8s  %s\n", commands[i].name, commands[i].text);
    fputs("\nExamples:\n"
          "  uripc check reference --out results\n"
          "  uripc report results --out report.html\n"
          "  uripc sim ten-step-exchange --trace text\n"
          "  uripc explain SND-1\n"
          "\n`uripc COMMAND --help` tells more about one command.\n"
          "\nExit status: 0 all as expected, 1 something unexpected, 2 something unresolved,\n"
          "3 usage, invalid file, unwritable output or nothing selected, 4 the suite itself\n"
          "broke, 130 interrupted.\n",
          out);
}

static int unknown_command(const char *word)
{
    const char *words[COMMANDS + 2] = {"--help", "--version"};
    for (size_t i = 0; i < COMMANDS; i++)
        words[i + 2] = commands[i].name;
    return cf_no_such("command", word, words, COMMANDS + 2, "`uripc --help` lists them");
}

/* What this program opens must not become its standard output because that was closed. */
static void open_standard_files(void)
{
    int fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = dup(fd);
    if (fd > STDERR_FILENO)
        close(fd);
}

/* Says so if what was printed did not arrive.  Where nobody reads any more, ends as other programs
 * do then, but only after everything else has been done. */
static int finish(int status)
{
    bool failed = fflush(stdout) != 0;
    int error = errno;
    if (!failed && !ferror(stdout))
        return status;
    struct pollfd reader = {.fd = STDOUT_FILENO, .events = POLLOUT};
    if (poll(&reader, 1, 0) == 1 && reader.revents & POLLERR) {
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
    cf_complain_aloud("error: standard output cannot be written%s%s", failed ? ": " : "",
                      failed ? strerror(error) : "");
    return status > CF_EXIT_USAGE ? status : CF_EXIT_USAGE;
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return CF_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return CF_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts(cf_version);
        return CF_EXIT_OK;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            char name[32];
            snprintf(name, sizeof(name), "uripc %s", commands[i].name);
            argv[1] = name;
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    return unknown_command(argv[1]);
}

int main(int argc, char **argv)
{
    open_standard_files();
    signal(SIGPIPE, SIG_IGN);
    return finish(run(argc, argv));
}
