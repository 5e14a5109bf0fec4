/* SPDX-License-Identifier: MIT */
/* uripc-baseline NAME: the driver of a baseline. */
#define _POSIX_C_SOURCE 200809L

#include "baseline.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_LENGTH_MAX = 100 }; /* of a socket, with what a baseline may append */

struct driver {
    const struct cf_baseline *baseline;
    char realm[PATH_LENGTH_MAX];
};

static void say(json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT);
    if (text)
        puts(text);
    fflush(stdout);
    free(text);
    json_decref(line);
}

/* The socket that stands for a name.  False: there is no realm, or the path would be too long. */
static bool path_of(const struct driver *driver, const json_t *name, char path[PATH_LENGTH_MAX])
{
    const char *text = json_string_value(name);
    if (!text || driver->realm[0] == '\0')
        return false;
    int length = snprintf(path, PATH_LENGTH_MAX, "%s/%s", driver->realm, text);
    if (length < 0 || length >= PATH_LENGTH_MAX)
        return false;
    for (char *at = path + strlen(driver->realm) + 1; *at; at++)
        if (*at == '/')
            *at = '-';
    return true;
}

static json_t *hello(const struct driver *driver)
{
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:[s]}", "status", "ok", "protocol", 1, "name",
                     driver->baseline->name, "version", driver->baseline->version(), "binding",
                     "api", "capabilities", "load");
}

static json_t *open_realm(struct driver *driver, const json_t *command)
{
    const char *realm = json_string_value(json_object_get(command, "realm"));
    if (!realm || strlen(realm) + 20 > sizeof(driver->realm))
        return cf_load_job_refusal("`realm` is to be a path of at most 80 bytes");
    strcpy(driver->realm, realm);
    return json_pack("{s:s}", "status", "ok");
}

static json_t *listen_there(const struct driver *driver, const json_t *command)
{
    char path[PATH_LENGTH_MAX];
    if (!path_of(driver, json_object_get(command, "name"), path))
        return cf_load_job_refusal("`name` is to be a short name, in a realm that is open");
    if (!driver->baseline->listen(path))
        return cf_load_job_refusal(strerror(errno));
    return json_pack("{s:s}", "status", "pending");
}

static json_t *load(const struct driver *driver, const json_t *command)
{
    char path[PATH_LENGTH_MAX] = "";
    struct cf_load_job *job = malloc(sizeof(*job));
    json_t *reply = NULL;
    const char *wrong = job ? cf_load_job_read(job, command) : "there is no memory";
    if (!wrong && job->target.at && !path_of(driver, json_object_get(command, "target"), path))
        wrong = "`target` is to be a short name";
    if (wrong) {
        reply = cf_load_job_refusal(wrong);
    } else {
        cf_load_job_begin(job);
        driver->baseline->load(job, path);
        cf_load_job_end(job);
        reply = cf_load_job_reply(job);
    }
    if (job)
        cf_load_job_free(job);
    free(job);
    return reply;
}

static json_t *answer(struct driver *driver, const char *what, const json_t *command)
{
    if (strcmp(what, "hello") == 0)
        return hello(driver);
    if (strcmp(what, "open") == 0)
        return open_realm(driver, command);
    if (strcmp(what, "register") == 0)
        return listen_there(driver, command);
    if (strcmp(what, "load") == 0)
        return load(driver, command);
    return json_pack("{s:s}", "status", strcmp(what, "end") == 0 ? "ok" : "not-supported");
}

/* What a registration completes with: a handle that is as good as any. */
static void complete(const json_t *command, const json_t *reply)
{
    const char *status = json_string_value(json_object_get(reply, "status"));
    if (status && strcmp(status, "pending") == 0)
        say(json_pack("{s:s, s:O, s:s, s:i}", "event", "completion", "overlapped",
                      json_object_get(command, "overlapped"), "status", "ok", "handle", 1));
}

/* False: that was the last one. */
static bool obey(struct driver *driver, const char *line)
{
    json_t *command = json_loads(line, 0, NULL);
    const char *what = json_string_value(json_object_get(command, "do"));
    json_t *id = json_object_get(command, "id");
    json_t *reply = what ? answer(driver, what, command)
                         : cf_load_job_refusal("expected a command: an object with `id` and `do`");
    bool last = what && strcmp(what, "end") == 0;
    json_object_set_new(reply, "id", id ? json_incref(id) : json_integer(0));
    say(json_incref(reply));
    complete(command, reply);
    json_decref(reply);
    json_decref(command);
    return !last;
}

int main(int argc, char **argv)
{
    const struct cf_baseline *const baselines[] = {&cf_baseline_uv, &cf_baseline_zeromq};
    struct driver driver = {0};
    char *line = NULL;
    size_t size = 0;
    for (size_t i = 0; argc == 2 && i < sizeof(baselines) / sizeof(baselines[0]); i++)
        if (strcmp(argv[1], baselines[i]->name) == 0)
            driver.baseline = baselines[i];
    if (!driver.baseline) {
        fputs("Usage: uripc-baseline baseline-uv-pipe|baseline-zeromq\n"
              "Speaks the driver protocol on its standard input and output.\n",
              stderr);
        return 3;
    }
    signal(SIGPIPE, SIG_IGN);
    while (getline(&line, &size, stdin) > 0 && obey(&driver, line))
        continue;
    free(line);
    return 0;
}
