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

static const char *const unit_names[] = {"count", "ns", "millionth"}; /* of enum study_unit */

static void write_setting(FILE *out, const struct study_arm *arm, size_t which)
{
    const struct uripc_parameter *parameter = &arm->design->parameters[which];
    (void)fprintf(out, "%s{\"value\": %" PRIu64 ", \"unit\": \"%s\", \"idle\": %s",
                  which == 0 ? "" : ", ", arm->parameters[which],
                  unit_names[study_unit_of(parameter)],
                  study_arm_is_without(arm, parameter->with) ? "true" : "false");
    write_member(out, "name", parameter->name);
    write_member(out, "text", parameter->text);
    if (parameter->zero)
        write_member(out, "zero", parameter->zero);
    (void)fputs("}", out);
}

/* Only what this design needs counts; all of a program is less what it does not need. */
static uint32_t lines_of(const struct study_arm *arm, const struct uripc_program *program,
                         const struct uripc_source *source)
{
    uint32_t lines = study_arm_is_without(arm, source->with) ? 0 : source->lines;
    for (size_t i = 0; !source->concern && i < program->source_count; i++) {
        const struct uripc_source *part = &program->sources[i];
        lines -= part->concern && study_arm_is_without(arm, part->with) ? part->lines : 0;
    }
    return lines;
}

static void write_sources(FILE *out, const struct study_arm *arm, const char *side,
                          const struct uripc_program *program, bool *first)
{
    for (size_t i = 0; program && i < program->source_count; i++) {
        const struct uripc_source *source = &program->sources[i];
        (void)fprintf(out, "%s{\"lines\": %" PRIu32, *first ? "" : ", ",
                      lines_of(arm, program, source));
        write_member(out, "side", side);
        if (source->concern)
            write_member(out, "concern", source->concern);
        (void)fputs("}", out);
        *first = false;
    }
}

static void write_claim(FILE *out, const struct study_claim *claim)
{
    (void)fputs("{\"kind\": \"claim\"", out);
    write_member(out, "better", claim->better->name);
    write_member(out, "worse", claim->worse->name);
    write_member(out, "question", claim->question);
    (void)fputs("}\n", out);
}

static void write_arm(FILE *out, const struct study_arm *arm)
{
    (void)fputs("{\"kind\": \"design\"", out);
    write_member(out, "name", arm->name);
    write_member(out, "design", arm->base);
    write_member(out, "text", arm->design->text);
    write_member(out, "resolver", study_resolver_name(arm->resolver));
    (void)fputs(", \"settings\": [", out);
    for (size_t i = 0; i < arm->design->parameter_count; i++)
        write_setting(out, arm, i);
    (void)fputs("], \"sources\": [", out);
    bool first = true;
    write_sources(out, arm, "client", arm->design->client, &first);
    write_sources(out, arm, "worker", arm->design->worker, &first);
    write_sources(out, arm, "listener", arm->design->listener, &first);
    write_sources(out, arm, "service", arm->design->service, &first);
    (void)fputs("]}\n", out);
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
    for (size_t i = 0; i < file->claim_count; i++)
        write_claim(out, &file->claims[i]);
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
    const struct sim_profile *profile = sim_profile_find(scenario->profile);
    write_member(out, "profile", profile->name);
    write_member(out, "profile_text", profile->text);
    (void)fprintf(out, ", \"confirmed\": %s", profile->confirmed ? "true" : "false");
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

/* What each run measured, in the order of the seeds, so that anybody can pair runs of two designs;
 * and what a share was a share of. */
static void write_runs(FILE *out, const struct study_point *point, size_t arm,
                       enum study_metric metric)
{
    uint64_t count = 0;
    uint64_t of = 0;
    (void)fputs(", \"runs\": [", out);
    for (size_t i = 0; i < point->runs; i++) {
        const struct study_result *run = study_point_result(point, arm, i);
        (void)fputs(i == 0 ? "" : ", ", out);
        if (run->has[metric])
            (void)fprintf(out, "%.9g", (double)run->value[metric] / 1e6);
        else
            (void)fputs("null", out);
        count += run->count[metric];
        of += run->of[metric];
    }
    (void)fputs("]", out);
    if (of > 0)
        (void)fprintf(out, ", \"count\": %" PRIu64 ", \"of\": %" PRIu64, count, of);
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
    write_runs(out, point, arm, metric);
    write_law(out, point, arm, metric);
    (void)fputs("}\n", out);
}

static void write_fired(FILE *out, const struct study_point *point, size_t arm)
{
    struct study_result sum = {.ran = true};
    for (size_t i = 0; i < point->runs; i++) {
        const struct study_result *one = study_point_result(point, arm, i);
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
    printf("  %-16s %s\n", arm->name, arm->design->text);
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
