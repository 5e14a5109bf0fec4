/* SPDX-License-Identifier: MIT */
/* The program uripc-driver: a driver for an implementation in a shared object. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "drive.h"

enum { EXIT_USAGE = 3 };

static const char help[] =
    "Usage: uripc-driver FILE.so\n"
    "Loads an implementation, a shared object that exports the table of uripc/backend.h, and\n"
    "answers the commands of the driver protocol on standard input with it.  `uripc check "
    "FILE.so`\n"
    "starts it by itself.\n\n"
    "Example:\n"
    "  printf '%s\\n' '{\"id\":1,\"do\":\"hello\",\"protocol\":1}' | uripc-driver ./libmine.so\n\n"
    "Exit status: 0 at the end of the conversation, 3 wrong usage, or the object cannot be used.\n";

/* POSIX promises that a function fits in a pointer to data, C does not. */
typedef const struct uripc_backend *get_table(void);
static get_table *function_of(void *object)
{
    get_table *function = NULL;
    void *symbol = dlsym(object, "uripc_backend");
    memcpy(&function, &symbol, sizeof(function));
    return function;
}

static int drive_object(const char *path)
{
    char error[512];
    char here[4096];
    snprintf(here, sizeof(here), "%s%s", strchr(path, '/') ? "" : "./", path);
    void *object = dlopen(here, RTLD_NOW | RTLD_LOCAL); /* a name without '/' is searched for */
    if (!object) {
        snprintf(error, sizeof(error), "%s", dlerror());
        return cf_drive_nothing(error, STDIN_FILENO, STDOUT_FILENO);
    }
    get_table *get = function_of(object);
    if (!get) {
        snprintf(error, sizeof(error), "%s does not export the function uripc_backend", path);
        return cf_drive_nothing(error, STDIN_FILENO, STDOUT_FILENO);
    }
    return cf_drive(get(), STDIN_FILENO, STDOUT_FILENO);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        return 0;
    }
    if (argc != 2 || argv[1][0] == '-') {
        fputs("uripc-driver: expected the path of one shared object; --help tells more\n", stderr);
        return EXIT_USAGE;
    }
    return drive_object(argv[1]);
}
