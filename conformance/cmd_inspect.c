/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* argp */

#include <argp.h>
#include <errno.h>
#include <string.h>

#include "command.h"
#include "observer.h"
#include "verdict.h"

enum { WAIT_MS = 1000 };

static const char help[] =
    "Show who holds which name in a live realm, and what is queued there.\v"
    "REALM is the realm's directory.  Each node is asked for its state and given a second to "
    "answer; "
    "of one that does not, the names are shown that it holds.  Nothing is changed.\n\n"
    "Examples:\n"
    "  uripc inspect /tmp/realm\n"
    "  uripc inspect --json /tmp/realm";

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "a JSON array of nodes instead of lines", 0}, {0}};

struct arguments {
    const char *realm;
    bool json;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'j':
        arguments->json = true;
        break;
    case ARGP_KEY_ARG:
        if (arguments->realm)
            argp_error(state, "one REALM is enough, found \"%s\" as well", text);
        arguments->realm = text;
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "expected the directory of a realm");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* What can be told of one node. */
static json_t *look(const char *realm, const char *id)
{
    const char *reason = NULL;
    bool alive = cf_observed_alive(realm, id);
    json_t *state = alive ? cf_observed_state(realm, id, WAIT_MS, &reason) : NULL;
    json_t *node = json_pack("{s:s, s:b}", "node", id, "alive", alive);
    if (state) {
        json_object_update(node, state);
        json_decref(state);
        return node;
    }
    json_object_set_new(node, "names", cf_observed_names(realm, id));
    if (reason)
        json_object_set_new(node, "silent", json_string(reason));
    return node;
}

/* A text that a node told, as it may be shown. */
static const char *text_of(const json_t *object, const char *key, char to[CF_SHOWN_MAX])
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? cf_shown(text, strlen(text), to) : "?";
}

static long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static void print_registrations(json_t *list)
{
    size_t i;
    json_t *item;
    char name[CF_SHOWN_MAX];
    char kind[CF_SHOWN_MAX];
    json_array_foreach (list, i, item) {
        printf("  %s  %s  messages %lld  bytes %lld  receives %lld  waiting %lld  dropped %lld\n",
               text_of(item, "name", name), text_of(item, "kind", kind),
               number_of(item, "messages"), number_of(item, "bytes"), number_of(item, "receives"),
               number_of(item, "waiting"), number_of(item, "dropped"));
    }
}

static void print_counters(json_t *counters)
{
    const char *key;
    json_t *value;
    char shown[CF_SHOWN_MAX];
    if (json_object_size(counters) == 0)
        return;
    fputs(" ", stdout);
    json_object_foreach (counters, key, value)
        printf(" %s %lld", cf_shown(key, strlen(key), shown), (long long)json_integer_value(value));
    putchar('\n');
}

static void print_node(const json_t *node)
{
    const json_t *names = json_object_get(node, "names");
    const char *silent = json_string_value(json_object_get(node, "silent"));
    size_t i;
    json_t *name;
    char shown[CF_SHOWN_MAX];
    printf("node %s", text_of(node, "node", shown));
    if (!json_is_true(json_object_get(node, "alive")))
        fputs("  dead: what it held is free", stdout);
    else if (silent)
        printf("  %s", silent);
    else
        printf("  process %lld  %s", number_of(node, "process"),
               text_of(node, "implementation", shown));
    putchar('\n');
    json_array_foreach (names, i, name)
        printf("  %s\n", json_string_value(name));
    print_registrations(json_object_get(node, "registrations"));
    print_counters(json_object_get(node, "counters"));
}

int cf_cmd_inspect(int argc, char **argv)
{
    const struct argp argp = {options, parse, "REALM", help, NULL, NULL, NULL};
    struct arguments arguments = {0};
    size_t i;
    json_t *id;
    cf_arguments(&argp, argc, argv, &arguments);
    json_t *ids = cf_observed_nodes(arguments.realm);
    if (!ids) {
        char shown[CF_SHOWN_MAX];
        cf_complain_aloud("error: %s is not the directory of a realm: nodes/ in it: %s",
                          cf_shown(arguments.realm, strlen(arguments.realm), shown),
                          strerror(errno));
        return CF_EXIT_USAGE;
    }
    json_t *nodes = json_array();
    json_array_foreach (ids, i, id)
        json_array_append_new(nodes, look(arguments.realm, json_string_value(id)));
    if (arguments.json) {
        json_dumpf(nodes, stdout, JSON_INDENT(1));
        putchar('\n');
    } else {
        json_array_foreach (nodes, i, id)
            print_node(id);
        if (json_array_size(nodes) == 0)
            puts("no nodes");
    }
    json_decref(nodes);
    json_decref(ids);
    return CF_EXIT_OK;
}
