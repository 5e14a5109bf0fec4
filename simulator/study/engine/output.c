/* SPDX-License-Identifier: MIT */
#include "simulator/study/engine/output.h"

#include <inttypes.h>
#include <string.h>

#include "simulator/study/engine/law.h"

const char *study_end_name(enum study_end end)
{
    static const char *const names[] = {"tight", "runs", "budget", "interrupted", "broken"};
    return names[end];
}

static void write_text(FILE *out, const char *text)
{
    (void)fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            (void)fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < ' ')
            (void)fprintf(out, "\\u%04x", (unsigned)(unsigned char)*text);
        else
            (void)fputc(*text, out);
    }
    (void)fputc('"', out);
}

static void write_member(FILE *out, const char *name, const char *text)
{
    (void)fprintf(out, ", \"%s\": ", name);
    write_text(out, text);
}

static void write_lines(FILE *out, const char *of, uint32_t lines)
{
    if (lines != 0)
        (void)fprintf(out, ", \"%s\": %" PRIu32, of, lines);
}

static const char *const unit_names[] = {"count", "ns", "millionth"}; /* of enum study_unit */

static void write_arm(FILE *out, const struct study_arm *arm)
{
    (void)fputs("{\"kind\": \"design\"", out);
    write_member(out, "name", arm->name);
    write_member(out, "design", arm->base);
    write_member(out, "text", arm->design->text);
    write_member(out, "resolver", study_resolver_name(arm->resolver));
    write_lines(out, "liveness_lines", arm->design->liveness_lines);
    write_lines(out, "recovery_lines", arm->design->recovery_lines);
    write_lines(out, "client_lines", arm->design->client_lines);
    write_lines(out, "worker_lines", arm->design->worker_lines);
    (void)fputs(", \"parameters\": {", out);
    for (size_t i = 0; i < arm->design->parameter_count; i++) {
        (void)fputs(i == 0 ? "" : ", ", out);
        write_text(out, arm->design->parameters[i].name);
        (void)fprintf(out, ": %" PRIu64, arm->parameters[i]);
    }
    (void)fputs("}, \"units\": {", out);
    for (size_t i = 0; i < arm->design->parameter_count; i++) {
        const bool time = arm->design->parameters[i].unit == URIPC_UNIT_TIME;
        (void)fputs(i == 0 ? "" : ", ", out);
        write_text(out, arm->design->parameters[i].name);
        (void)fprintf(out, ": \"%s\"", unit_names[time ? STUDY_TIME : STUDY_COUNT]);
    }
    (void)fputs("}}\n", out);
}

void study_write_header(FILE *out, const struct study_title *title, const struct study_file *file)
{
    if (!out)
        return;
    (void)fputs("{\"kind\": \"header\", \"format\": 1, \"uripc\": \"" URIPC_VERSION "\"", out);
    write_member(out, "study", title->name);
    write_member(out, "command", title->command);
    write_member(out, "question", file->question);
    (void)fprintf(out, ", \"seed\": %" PRIu64 ", \"points\": %zu", title->seed, title->points);
    if (file->budget != 0)
        (void)fprintf(out, ", \"budget\": %" PRIu64, file->budget);
    (void)fputs("}\n", out);
    for (size_t i = 0; i < file->arm_count; i++)
        write_arm(out, &file->arms[i]);
    (void)fflush(out);
}

static void write_knobs(FILE *out, const struct study_scenario *scenario)
{
    (void)fputs(", \"knobs\": {", out);
    for (size_t i = 0; i < STUDY_KNOBS; i++)
        (void)fprintf(out, "%s\"%s\": %" PRIu64, i == 0 ? "" : ", ", study_knob_names[i],
                      scenario->knobs[i]);
    (void)fputs("}, \"units\": {", out);
    for (size_t i = 0; i < STUDY_KNOBS; i++)
        (void)fprintf(out, "%s\"%s\": \"%s\"", i == 0 ? "" : ", ", study_knob_names[i],
                      unit_names[study_knob_units[i]]);
    (void)fputs("}", out);
}

void study_write_scenario(FILE *out, const struct study_scenario *scenario)
{
    if (!out)
        return;
    (void)fputs("{\"kind\": \"scenario\"", out);
    write_member(out, "name", scenario->name);
    write_member(out, "question", scenario->question);
    write_member(out, "profile", scenario->profile);
    (void)fprintf(out, ", \"runs\": [%zu, %zu]", scenario->runs_min, scenario->runs_max);
    if (scenario->tight != 0)
        (void)fprintf(out, ", \"tight\": %" PRIu64, scenario->tight);
    write_knobs(out, scenario);
    (void)fputs(", \"metrics\": [", out);
    for (size_t i = 0; i < scenario->metric_count; i++)
        (void)fprintf(out, "%s\"%s\"", i == 0 ? "" : ", ",
                      study_metric_names[scenario->metrics[i]]);
    (void)fputs("], \"sweeps\": [", out);
    for (size_t i = 0; i < scenario->sweep_count; i++)
        (void)fprintf(out, "%s\"%s\"", i == 0 ? "" : ", ", scenario->sweeps[i].name);
    (void)fputs("]}\n", out);
}

static void write_place(FILE *out, const struct study_point *point)
{
    const struct study_scenario *scenario = point->scenario;
    write_member(out, "scenario", scenario->name);
    (void)fputs(", \"point\": [", out);
    for (size_t i = 0; i < scenario->sweep_count; i++) {
        const struct study_sweep *sweep = &scenario->sweeps[i];
        (void)fprintf(
            out, "%s{\"name\": \"%s\", \"text\": \"%s\", \"value\": %" PRIu64 ", \"unit\": \"%s\"}",
            i == 0 ? "" : ", ", sweep->name, sweep->texts[point->at[i]],
            sweep->values[point->at[i]], unit_names[sweep->unit]);
    }
    (void)fputs("]", out);
}

static void write_estimate(FILE *out, struct study_estimate estimate)
{
    (void)fprintf(out, "\"n\": %zu", estimate.n);
    if (estimate.n > 0)
        (void)fprintf(out, ", \"mean\": %.9g", estimate.mean);
    if (estimate.n > 1)
        (void)fprintf(out, ", \"low\": %.9g, \"high\": %.9g", estimate.low, estimate.high);
}

enum { CURVE = 8 }; /* steps between two points */

/* The law from here to the next point along the first sweep. */
static void write_curve(FILE *out, const struct study_point *point, struct study_setup setup,
                        enum study_metric metric)
{
    const struct study_scenario *scenario = point->scenario;
    const struct study_sweep *sweep = &scenario->sweeps[0];
    if (scenario->sweep_count == 0 || point->at[0] + 1 >= sweep->count)
        return;
    const double from = (double)sweep->values[point->at[0]];
    const double to = (double)sweep->values[point->at[0] + 1];
    for (unsigned i = 0; i <= CURVE; i++) {
        const uint64_t place = (uint64_t)(from + (to - from) * i / CURVE);
        study_setup_sweep(&setup, sweep, place);
        const struct study_law law = study_law(&setup, metric);
        if (!law.name)
            return;
        (void)fprintf(out, "%s[%" PRIu64 ", %.9g]", i == 0 ? "" : ", ", place, law.value);
    }
}

/* What mathematics says, where it says anything. */
static void write_law(FILE *out, const struct study_point *point, size_t arm,
                      enum study_metric metric)
{
    const struct study_setup setup = study_point_setup(point, arm, 0);
    const struct study_law law = study_law(&setup, metric);
    if (!law.name)
        return;
    (void)fprintf(out, ", \"law\": {\"value\": %.9g, \"tolerance\": %.9g", law.value,
                  law.tolerance);
    write_member(out, "name", law.name);
    write_member(out, "source", study_law_source(law.name));
    (void)fputs(", \"curve\": [", out);
    write_curve(out, point, setup, metric);
    (void)fputs("]}", out);
}

static void write_value(FILE *out, const struct study_point *point, size_t arm,
                        enum study_metric metric)
{
    (void)fputs("{\"kind\": \"value\"", out);
    write_place(out, point);
    write_member(out, "design", point->file->arms[arm].name);
    write_member(out, "metric", study_metric_names[metric]);
    write_member(out, "unit", study_metric_units[metric]);
    (void)fputs(", ", out);
    write_estimate(out, study_point_mean(point, arm, metric));
    write_law(out, point, arm, metric);
    if (arm > 0) {
        (void)fputs(", \"difference\": {", out);
        write_estimate(out, study_point_difference(point, arm, metric));
        write_member(out, "from", point->file->arms[0].name);
        (void)fputs("}", out);
    }
    (void)fputs("}\n", out);
}

static void write_fired(FILE *out, const struct study_point *point, size_t arm)
{
    struct study_result sum = {.ran = true};
    for (size_t i = 0; i < point->runs; i++) {
        const struct study_result *one = &point->results[i * point->file->arm_count + arm];
        sum.requests += one->requests;
        sum.lost += one->lost;
        sum.duplicated += one->duplicated;
        sum.crashes += one->crashes;
        sum.restarts += one->restarts;
        sum.pauses += one->pauses;
        sum.resolver_crashes += one->resolver_crashes;
        sum.resolver_cuts += one->resolver_cuts;
        sum.events += one->events;
    }
    (void)fputs("{\"kind\": \"fired\"", out);
    write_place(out, point);
    write_member(out, "design", point->file->arms[arm].name);
    (void)fprintf(out,
                  ", \"runs\": %zu, \"requests\": %" PRIu64 ", \"lost\": %" PRIu64
                  ", \"duplicated\": %" PRIu64 ", \"crashes\": %" PRIu64 ", \"restarts\": %" PRIu64
                  ", \"pauses\": %" PRIu64 ", \"resolver_crashes\": %" PRIu64
                  ", \"resolver_cuts\": %" PRIu64 ", \"events\": %" PRIu64 "}\n",
                  point->runs, sum.requests, sum.lost, sum.duplicated, sum.crashes, sum.restarts,
                  sum.pauses, sum.resolver_crashes, sum.resolver_cuts, sum.events);
}

void study_write_point(FILE *out, const struct study_point *point, enum study_end end)
{
    if (!out || point->runs == 0)
        return;
    for (size_t arm = 0; arm < point->file->arm_count; arm++) {
        for (size_t i = 0; i < point->scenario->metric_count; i++)
            write_value(out, point, arm, point->scenario->metrics[i]);
        write_fired(out, point, arm);
    }
    (void)fputs("{\"kind\": \"end\"", out);
    write_place(out, point);
    (void)fprintf(out, ", \"runs\": %zu", point->runs);
    write_member(out, "because", study_end_name(end));
    (void)fputs("}\n", out);
    (void)fflush(out);
}

void study_write_footer(FILE *out, size_t points, size_t wanted, enum study_end end,
                        uint64_t fingerprint)
{
    if (!out)
        return;
    (void)fprintf(out, "{\"kind\": \"footer\", \"points\": %zu, \"wanted\": %zu, \"partial\": %s",
                  points, wanted, points < wanted || end >= STUDY_BUDGET ? "true" : "false");
    write_member(out, "because", study_end_name(end));
    (void)fprintf(out, ", \"fingerprint\": \"%016" PRIx64 "\"}\n", fingerprint);
    (void)fflush(out);
}

static void print_arm(const struct study_arm *arm)
{
    printf("  %-16s %s", arm->name, arm->design->text);
    if (arm->design->liveness_lines != 0)
        printf(" (%" PRIu32 " lines of it deal with liveness)", arm->design->liveness_lines);
    printf("\n");
}

void study_print_question(const struct study_file *file)
{
    printf("%s\n", file->question);
    for (size_t i = 0; i < file->arm_count; i++)
        print_arm(&file->arms[i]);
}

/* "0.412 +-0.01" */
static void print_estimate(struct study_estimate estimate)
{
    char text[64] = "-";
    if (estimate.n > 0)
        (void)snprintf(text, sizeof text, "%.4g +-%.2g", estimate.mean,
                       (estimate.high - estimate.low) / 2);
    printf(" %20s", text);
}

static void print_metric(const struct study_point *point, enum study_metric metric)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s%s%s", study_metric_names[metric],
                   *study_metric_units[metric] ? ", " : "", study_metric_units[metric]);
    printf("  %-18s", name);
    for (size_t i = 0; i < point->file->arm_count; i++)
        print_estimate(study_point_mean(point, i, metric));
    for (size_t i = 1; i < point->file->arm_count; i++) {
        const struct study_estimate found = study_point_difference(point, i, metric);
        print_estimate(found);
        printf("%s", found.n > 1 && (found.low > 0 || found.high < 0) ? " *" : "  ");
    }
    printf("\n");
}

void study_print_scenario(const struct study_file *file, const struct study_scenario *scenario)
{
    if (file->scenario_count > 1)
        printf("\n%s: %s\n", scenario->name, scenario->question);
}

void study_print_point(const struct study_point *point, enum study_end end)
{
    const struct study_file *file = point->file;
    const struct study_scenario *scenario = point->scenario;
    printf("\n");
    for (size_t i = 0; i < scenario->sweep_count; i++)
        printf("%s%s = %s", i == 0 ? "" : ", ", scenario->sweeps[i].name,
               scenario->sweeps[i].texts[point->at[i]]);
    printf("%s%zu runs each (%s)\n  %-18s", scenario->sweep_count == 0 ? "" : ": ", point->runs,
           study_end_name(end), "");
    for (size_t i = 0; i < file->arm_count; i++)
        printf(" %20s", file->arms[i].name);
    for (size_t i = 1; i < file->arm_count; i++) {
        char title[STUDY_NAME * 2 + 4];
        (void)snprintf(title, sizeof title, "%s - %s", file->arms[i].name, file->arms[0].name);
        printf(" %20s  ", title);
    }
    printf("\n");
    for (size_t i = 0; i < scenario->metric_count; i++)
        print_metric(point, scenario->metrics[i]);
    (void)fflush(stdout);
}
