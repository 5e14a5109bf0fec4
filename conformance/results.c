/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700

#include "results.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "signal_name.h"
#include "words.h"

/* How much of a transcript and a trace is kept: the beginning where all is well, the end where it
 * is not. */
enum { STEPS_KEPT = 400, EVENTS_KEPT_PASS = 400, EVENTS_KEPT_FAIL = 2000 };

static void set_number(json_t *object, const char *key, uint64_t value)
{
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

/* Text that may be no UTF-8: what is not is replaced, for it is there to be read. */
static json_t *lossy_string(const char *at, size_t size)
{
    json_t *text = json_stringn(at, size);
    if (text)
        return text;
    char *ascii = malloc(size + 1);
    if (!ascii)
        return json_null();
    for (size_t i = 0; i < size; i++)
        ascii[i] = at[i] >= ' ' && at[i] <= '~' ? at[i] : '?';
    text = json_stringn(ascii, size);
    free(ascii);
    return text;
}

static void set_text(json_t *object, const char *key, const char *at, size_t size)
{
    json_object_set_new(object, key, lossy_string(at, size));
}

/* NULL: null. */
static void set_string(json_t *object, const char *key, const char *value)
{
    json_object_set_new(object, key, value ? lossy_string(value, strlen(value)) : json_null());
}

static void set_hex(json_t *object, const char *key, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "%016" PRIx64, value);
    set_string(object, key, text);
}

/* Header. */

static const char *compiler(void)
{
#if defined(__clang__)
    return "clang " __clang_version__;
#elif defined(__GNUC__)
    return "gcc " __VERSION__;
#else
    return "unknown";
#endif
}

static const char *sanitizers(void)
{
#if defined(__SANITIZE_ADDRESS__)
    return "address";
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
    return "address";
#else
    return "";
#endif
#else
    return "";
#endif
}

json_t *cf_results_machine(void)
{
    struct utsname names;
    char text[256] = "unknown";
    json_t *object = json_object();
    if (uname(&names) == 0)
        snprintf(text, sizeof(text), "%s %s %s", names.sysname, names.release, names.machine);
    set_string(object, "system", text);
    set_number(object, "cpus", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
    set_string(object, "compiler", compiler());
    set_string(object, "sanitizers", sanitizers());
    return object;
}

/* What a real one declares; a simulated one declares nothing. */
static json_t *capabilities(const struct cf_backend *backend)
{
    json_t *array = backend->real ? json_array() : json_null();
    for (size_t i = 0; backend->real && i < cf_capability_words.count; i++) {
        const struct cf_word *word = &cf_capability_words.list[i];
        if (backend->capabilities & (uint32_t)word->value)
            json_array_append_new(array, json_string(word->text));
    }
    return array;
}

static json_t *header_object(const struct cf_results_header *header)
{
    json_t *object = json_object();
    char started[32] = "";
    time_t now = time(NULL);
    struct tm parts;
    if (gmtime_r(&now, &parts))
        strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", &parts);
    set_string(object, "kind", "header");
    if (header->of)
        set_string(object, "of", header->of);
    set_number(object, "format", 1);
    set_string(object, "uripc", URIPC_VERSION);
    set_string(object, "spec", header->clauses->spec);
    set_string(object, "backend", header->backend->name);
    set_string(object, "world", header->backend->real ? "real" : "simulated");
    set_string(object, "version", header->backend->version);
    set_string(object, "binding", header->backend->binding);
    json_object_set_new(object, "capabilities", capabilities(header->backend));
    set_string(object, "driver", header->backend->driver);
    set_string(object, "mutant", header->mutant);
    set_string(object, "profile", header->profile);
    set_string(object, "filter", header->filter);
    set_string(object, "rerun", header->rerun);
    if (header->shuffle)
        json_object_set_new(object, "shuffle", json_true());
    set_number(object, "seed", header->seeds.first);
    json_object_set_new(
        object, "seeds",
        json_pack("[I, I]", (json_int_t)header->seeds.first, (json_int_t)header->seeds.last));
    set_hex(object, "suite", header->suite);
    set_number(object, "jobs", header->jobs);
    set_string(object, "command", header->command);
    set_string(object, "started", started);
    json_object_set_new(object, "machine", cf_results_machine());
    return object;
}

static json_t *clause_object(const struct cf_clause_entry *clause)
{
    json_t *object = json_object();
    set_string(object, "kind", "clause");
    set_string(object, "id", clause->id);
    set_string(object, "level", clause->level);
    set_string(object, "text", clause->text);
    set_number(object, "chapter", (uint64_t)clause->chapter);
    set_string(object, "chapter_name", clause->chapter_name);
    json_object_set_new(object, "sources", json_deep_copy(clause->sources));
    return object;
}

/* Writes an object as a line and gives it up. */
static bool write_object(FILE *file, json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    bool good = text && cf_results_line(file, text);
    json_decref(object);
    free(text);
    return good;
}

static bool write_clauses(FILE *file, const struct cf_clauses *clauses)
{
    bool good = true;
    for (size_t i = 0; i < clauses->count; i++)
        good = write_object(file, clause_object(&clauses->list[i])) && good;
    json_t *sources = json_object();
    set_string(sources, "kind", "sources");
    json_object_set_new(sources, "sources", json_deep_copy(clauses->sources));
    return write_object(file, sources) && good;
}

/* Every missing folder of the path. */
static bool make_folders(const char *path)
{
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof(part)) {
        errno = length ? ENAMETOOLONG : ENOENT;
        return false;
    }
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return false;
    }
    return true;
}

static void complain_of(const char *path)
{
    cf_complain_aloud("error: \"%s\" cannot be written: %s; expected --out to name a folder to "
                      "create or to write into",
                      path, strerror(errno));
}

FILE *cf_results_create(const char *folder, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = make_folders(folder) ? fopen(path, "w") : NULL;
    if (!file)
        complain_of(path);
    return file;
}

FILE *cf_results_open(const char *folder, const char *name, const struct cf_results_header *header)
{
    FILE *file = cf_results_create(folder, name);
    bool good = file && write_object(file, header_object(header));
    if (good && !header->of)
        good = write_clauses(file, header->clauses);
    if (good || !file)
        return file;
    complain_of(name);
    fclose(file);
    return NULL;
}

bool cf_results_line(FILE *file, const char *text)
{
    return fputs(text, file) >= 0 && fputc('\n', file) != EOF && fflush(file) == 0;
}

static json_t *counts_object(const uint64_t *by_verdict)
{
    json_t *counts = json_object();
    for (int i = 0; i < CF_VERDICT_COUNT; i++)
        if (by_verdict[i])
            set_number(counts, cf_verdict_name((enum cf_verdict)i), by_verdict[i]);
    return counts;
}

bool cf_results_footer(FILE *file, const struct cf_results_footer *footer)
{
    json_t *object = json_object();
    set_string(object, "kind", "footer");
    json_object_set_new(object, "counts", counts_object(footer->counts));
    set_number(object, "unexpected", footer->unexpected);
    if (footer->fingerprint)
        set_hex(object, "fingerprint", footer->fingerprint);
    json_object_set_new(object, "partial", json_boolean(footer->partial));
    set_number(object, "wall_ms", footer->wall_ms);
    return write_object(file, object);
}

/* Cases. */

static void set_process(json_t *object, const char *key, uint32_t process,
                        const struct cf_case *test_case)
{
    if (process < test_case->process_count)
        set_string(object, key, test_case->processes[process].name);
    else if (process == CF_RESOLVER)
        set_string(object, key, "resolver");
}

json_t *cf_results_event(const struct cf_trace_record *record, const struct cf_case *test_case)
{
    json_t *object = json_object();
    set_number(object, "at", record->at);
    set_string(object, "kind", cf_trace_name(record->kind));
    set_process(object, "process", record->process, test_case);
    set_process(object, "peer", record->peer, test_case);
    if (record->flight)
        set_number(object, "flight", record->flight);
    if (record->frame)
        set_string(object, "frame", record->frame);
    if (record->message_id)
        set_number(object, "message", record->message_id);
    if (record->bytes || (record->frame && strcmp(record->frame, "message") == 0))
        set_number(object, "bytes", record->bytes);
    if (record->has_status)
        set_string(object, "status", uripc_status_name(record->status));
    if (record->source.length)
        set_text(object, "source", record->source.at, record->source.length);
    if (record->target.length)
        set_text(object, "target", record->target.at, record->target.length);
    if (record->line)
        set_number(object, "line", record->line);
    if (record->text)
        set_text(object, "text", record->text, strlen(record->text));
    return object;
}

static json_t *clause_ids(const struct cf_clause *clauses, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_string(clauses[i].id));
    return array;
}

static json_t *step_object(const struct cf_recorded_step *recorded, const struct cf_case *test_case)
{
    const struct cf_step *step = &test_case->steps[recorded->step];
    json_t *object = json_object();
    set_number(object, "line", step->line);
    set_text(object, "text", step->source.at, step->source.size);
    set_number(object, "at", recorded->at);
    set_number(object, "until", recorded->until);
    set_string(object, "verdict", cf_verdict_name(recorded->verdict));
    json_object_set_new(object, "clauses", clause_ids(step->clauses, step->clause_count));
    if (step->alternative_count) {
        struct uripc_text expected = cf_step_expected(step);
        set_text(object, "expected", expected.at, expected.length);
    }
    if (recorded->observed)
        set_text(object, "observed", recorded->observed, strlen(recorded->observed));
    return object;
}

static void set_steps(json_t *object, const struct cf_result *result, bool passed)
{
    const struct cf_recording *recording = result->recording;
    size_t count = recording->step_count;
    size_t kept = count < STEPS_KEPT ? count : STEPS_KEPT;
    size_t first = passed ? 0 : count - kept;
    json_t *array = json_array();
    for (size_t i = first; i < first + kept; i++)
        json_array_append_new(array, step_object(&recording->steps[i], result->entry->test_case));
    json_object_set_new(object, "steps", array);
    if (kept < count)
        set_number(object, "steps_omitted", count - kept);
}

static void set_trace(json_t *object, const struct cf_result *result, bool passed)
{
    const struct cf_recording *recording = result->recording;
    const struct cf_outcome *outcome = result->outcome;
    size_t limit = passed ? EVENTS_KEPT_PASS : EVENTS_KEPT_FAIL;
    size_t count = recording->trace_count;
    size_t kept = count < limit ? count : limit;
    size_t first = passed ? 0 : count - kept;
    json_t *array = json_array();
    json_t *evidence = json_array();
    for (size_t i = first; i < first + kept; i++) {
        json_array_append_new(
            array, cf_results_event(&recording->trace[i].record, result->entry->test_case));
    }
    for (size_t i = 0; i < outcome->evidence_count; i++) {
        if (outcome->evidence[i] >= first) {
            json_array_append_new(evidence,
                                  json_integer((json_int_t)(outcome->evidence[i] - first)));
        }
    }
    json_object_set_new(object, "trace", array);
    if (kept < count)
        set_number(object, "trace_omitted", count - kept);
    if (outcome->rule) {
        set_string(object, "rule", outcome->rule);
        json_object_set(object, "evidence", evidence);
    }
    json_decref(evidence);
}

static void set_recorded(json_t *object, const struct cf_result *result)
{
    json_t *values = json_object();
    for (size_t i = 0; i < result->recording->step_count; i++) {
        const struct cf_recorded_step *step = &result->recording->steps[i];
        char key[128];
        if (step->verdict != CF_VERDICT_INFO || !step->observed)
            continue;
        struct uripc_text text = cf_step_text(&result->entry->test_case->steps[step->step]);
        snprintf(key, sizeof(key), "%.*s", (int)text.length, text.at);
        set_text(values, key, step->observed, strlen(step->observed));
    }
    if (json_object_size(values))
        json_object_set(object, "recorded", values);
    json_decref(values);
}

static void set_clause_verdicts(json_t *object, const struct cf_result *result)
{
    const struct cf_case *test_case = result->entry->test_case;
    const struct cf_outcome *outcome = result->outcome;
    json_t *verdicts = json_object();
    for (size_t i = 0; i < test_case->clause_count; i++) {
        const char *id = test_case->clauses[i].id;
        enum cf_verdict verdict =
            outcome ? cf_clause_verdict(test_case, outcome, id) : result->verdict;
        set_string(verdicts, id, cf_verdict_name(verdict));
    }
    if (outcome && outcome->rule_clause)
        set_string(verdicts, outcome->rule_clause, cf_verdict_name(CF_VERDICT_FAIL));
    json_object_set_new(object, "clauses", clause_ids(test_case->clauses, test_case->clause_count));
    json_object_set_new(object, "clause_verdicts", verdicts);
}

static void set_expectation(json_t *object, const struct cf_result *result)
{
    const struct cf_expectation *expectation = result->expectation;
    bool met = cf_expectation_met(expectation, result->verdict);
    json_t *said = expectation ? json_object() : json_null();
    if (expectation) {
        set_string(said, "verdict", expectation->words);
        set_string(said, "reason", expectation->reason);
    }
    json_object_set_new(object, "expected", json_boolean(met));
    json_object_set_new(object, "expectation", said);
}

static void set_outcome(json_t *object, const struct cf_result *result)
{
    const struct cf_outcome *outcome = result->outcome;
    json_t *faults = json_object();
    set_number(object, "draws", outcome->draws);
    set_number(object, "ns", outcome->ns);
    for (size_t i = 0; i < outcome->fired_count; i++)
        set_number(faults, outcome->fired[i].name, outcome->fired[i].count);
    json_object_set_new(object, "faults", faults);
}

static void set_processes(json_t *object, const struct cf_case *test_case)
{
    json_t *processes = json_array();
    for (uint32_t i = 0; i < test_case->process_count; i++)
        json_array_append_new(processes, json_string(test_case->processes[i].name));
    json_object_set_new(object, "processes", processes);
}

char *cf_results_case(const struct cf_result *result)
{
    const struct cf_case *test_case = result->entry->test_case;
    const struct cf_outcome *outcome = result->outcome;
    json_t *object = json_object();
    set_string(object, "kind", "case");
    set_string(object, "name", test_case->name);
    set_string(object, "chapter", result->entry->chapter);
    set_string(object, "promise", test_case->promise);
    set_string(object, "verdict", cf_verdict_name(result->verdict));
    set_expectation(object, result);
    set_clause_verdicts(object, result);
    set_string(object, "profile", test_case->profile);
    set_number(object, "seed", result->seed);
    set_number(object, "runs", result->runs);
    if (result->fingerprint)
        set_hex(object, "fingerprint", result->fingerprint);
    set_string(object, "reason", result->reason);
    json_object_set_new(object, "failed_line",
                        outcome && outcome->failed_line
                            ? json_integer((json_int_t)outcome->failed_line)
                            : json_null());
    set_string(object, "repro", result->repro);
    set_text(object, "source", test_case->text, test_case->text_size);
    set_processes(object, test_case);
    if (result->verdict == CF_VERDICT_CRASH) {
        set_string(object, "signal", result->signal ? cf_signal_name(result->signal) : NULL);
        json_object_set_new(object, "exit",
                            result->signal ? json_null() : json_integer(result->exit));
    }
    if (result->log)
        set_text(object, "stderr", result->log, strlen(result->log));
    if (outcome)
        set_outcome(object, result);
    if (outcome && result->recording) {
        bool passed =
            !cf_verdict_breaks(result->verdict) && result->verdict != CF_VERDICT_UNRESOLVED;
        set_steps(object, result, passed);
        set_trace(object, result, passed);
        set_recorded(object, result);
    }
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

char *cf_results_completed(const char *text, uint64_t runs, const uint64_t *verdicts,
                           const char *reason)
{
    json_t *object = json_loads(text, 0, NULL);
    if (!object)
        return NULL;
    set_number(object, "runs", runs);
    if (verdicts)
        json_object_set_new(object, "verdicts", counts_object(verdicts));
    if (reason[0])
        set_text(object, "reason", reason, strlen(reason));
    char *changed = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return changed;
}
