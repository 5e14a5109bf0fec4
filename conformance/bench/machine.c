/* SPDX-License-Identifier: MIT */
#include "machine.h"

#include <string.h>

#include "conformance/results.h"

/* The rest of the first line of a file that begins like this, after a colon if there is one. */
static void read_line(const char *path, const char *begin, char *to, int size)
{
    char line[256];
    FILE *file = fopen(path, "r");
    snprintf(to, (size_t)size, "unknown");
    while (file && fgets(line, sizeof(line), file)) {
        if (strncmp(line, begin, strlen(begin)) != 0)
            continue;
        line[strcspn(line, "\n")] = '\0';
        const char *value = strchr(line, ':');
        snprintf(to, (size_t)size, "%.120s", value ? value + 2 : line);
        break;
    }
    if (file)
        fclose(file);
}

json_t *cf_bench_machine(enum cf_bench_pin pin)
{
    static const char *const pinned[] = {[CF_PIN_NONE] = "not pinned",
                                         [CF_PIN_1CPU] = "both drivers on one processor",
                                         [CF_PIN_2CPU] = "each driver on a processor of its own"};
    char text[128];
    json_t *machine = cf_results_machine();
    read_line("/proc/cpuinfo", "model name", text, sizeof(text));
    json_object_set_new(machine, "cpu", json_string(text));
    read_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "", text, sizeof(text));
    json_object_set_new(machine, "governor", json_string(text));
    json_object_set_new(machine, "pinned", json_string(pinned[pin]));
    return machine;
}
