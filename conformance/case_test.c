/* SPDX-License-Identifier: MIT */
/* What the parser makes of every construct of the case language. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "case.h"

#define HEADER "case x\npromise p\nclause SND-1 RTE-1\n"
#define HANDLE HEADER "A: register \"ipc:/a\" as h\n"

#define MS UINT64_C(1000000)

static struct cf_case *parse(const char *text)
{
    static struct cf_diagnostics diagnostics;
    diagnostics = (struct cf_diagnostics){.count = 0};
    struct cf_case *const made = cf_case_parse("memory", text, strlen(text), &diagnostics);
    if (made == NULL)
        cf_diagnostics_print(&diagnostics, stderr);
    assert_non_null(made);
    return made;
}

/* The case and its step after the one that HANDLE makes. */
static struct cf_case *parse_one(const char *text, const struct cf_step **step)
{
    struct cf_case *const made = parse(text);
    assert_int_equal(made->step_count, 2);
    *step = &made->steps[1];
    return made;
}

static void assert_text(const struct cf_text *text, const char *expected, size_t size)
{
    assert_non_null(text->at);
    assert_int_equal(text->size, size);
    assert_memory_equal(text->at, expected, size);
}

#define ASSERT_TEXT(text, literal) assert_text(&(text), literal, sizeof(literal) - 1)

/* Headers. */

static void test_a_header_says_all_about_the_case(void **state)
{
    (void)state;
    struct cf_case *const made = parse("case a-2\npromise One # two.\nclause SND-1\nclause RTE-1\n"
                                       "profile mailslot-local\nneeds crash\ndeadline 2s\n"
                                       "limits operations 3\nlimits uri 9 pool 8\nwait 1s\n");
    assert_string_equal(made->name, "a-2");
    assert_string_equal(made->promise, "One # two.");
    assert_int_equal(made->clause_count, 2);
    assert_string_equal(made->clauses[1].id, "RTE-1");
    assert_int_equal(made->clauses[1].line, 4);
    assert_int_equal(made->clauses[1].column, 8);
    assert_string_equal(made->profile, "mailslot-local");
    assert_int_equal(made->profile_line, 5);
    assert_int_equal(made->profile_column, 9);
    assert_int_equal(made->needs_stated, CF_NEED_CRASH);
    assert_int_equal(made->needs, CF_NEED_CRASH | CF_NEED_PROFILES | CF_NEED_LIMITS);
    assert_int_equal(made->deadline, 2000 * MS);
    assert_int_equal(made->limits.operations, 3);
    assert_int_equal(made->limits.uri_units, 9);
    assert_int_equal(made->limits.pool_bytes, 8);
    assert_int_equal(made->limits.routes, 0);
    assert_false(made->limits.tiny);
    cf_case_free(made);
}

static void test_a_case_needs_what_it_probes(void **state)
{
    (void)state;
    struct cf_case *const made = parse(HEADER "probes discard\nwait 1s\n");
    assert_int_equal(made->probes, CF_NEED_DISCARD);
    assert_int_equal(made->needs, CF_NEED_DISCARD);
    assert_int_equal(made->needs_stated, 0);
    cf_case_free(made);
}

static void test_only_a_private_realm_asks_for_access(void **state)
{
    (void)state;
    static const char steps[] = "principal A 7\nA: register \"a\" as a\n";
    char text[256];
    snprintf(text, sizeof text, "%srealm open\n%s", HEADER, steps);
    struct cf_case *const open = parse(text);
    assert_true(open->open);
    assert_int_equal(open->needs, CF_NEED_USERS);
    cf_case_free(open);
    snprintf(text, sizeof text, "%srealm private\n%s", HEADER, steps);
    struct cf_case *const closed = parse(text);
    assert_false(closed->open);
    assert_int_equal(closed->needs, CF_NEED_USERS | CF_NEED_ACCESS);
    cf_case_free(closed);
}

static void test_what_a_header_leaves_out_has_a_default(void **state)
{
    (void)state;
    struct cf_case *const made = parse(HEADER "wait 1s\n");
    assert_string_equal(made->profile, "local");
    assert_int_equal(made->profile_line, 0);
    assert_int_equal(made->needs, 0);
    assert_int_equal(made->probes, 0);
    assert_false(made->open);
    assert_int_equal(made->deadline, CF_DEADLINE_DEFAULT);
    assert_int_equal(made->process_count, 0);
    cf_case_free(made);
}

static void test_crlf_comments_and_indentation_do_not_matter(void **state)
{
    (void)state;
    const struct cf_step *step;
    struct cf_case *const made =
        parse_one("# c\r\n\r\n\t case x # c\r\npromise p\r\nclause SND-1\r\n"
                  "A: register \"#\" as h\r\n  A: info h   # c\r\n",
                  &step);
    assert_string_equal(made->promise, "p");
    ASSERT_TEXT(made->steps[0].uri, "#");
    ASSERT_TEXT(step->source, "A: info h");
    assert_int_equal(step->line, 7);
    assert_int_equal(step->column, 3);
    cf_case_free(made);
}

static void test_steps_derive_what_the_case_needs(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        uint32_t needs;
    } list[] = {
        {"wait 1s\n", 0},
        {"quiet 1s\n", 0},
        {"A: receive h -> timeout within 1s\n", 0},
        {"A: receive h -> timeout at 1s\n", CF_NEED_VIRTUAL_TIME},
        {"A: receive h -> ok | timeout at 1s\n", CF_NEED_VIRTUAL_TIME},
        {"after 1s cut A A\n", CF_NEED_VIRTUAL_TIME | CF_NEED_FAULTS},
        {"after 1s crash A\n", CF_NEED_VIRTUAL_TIME | CF_NEED_CRASH},
        {"crash A\n", CF_NEED_CRASH},
        {"restart A\n", CF_NEED_CRASH},
        {"pause A\n", CF_NEED_PAUSE},
        {"resume A\n", CF_NEED_PAUSE},
        {"heal A A\n", CF_NEED_FAULTS},
        {"link all clear\n", CF_NEED_FAULTS},
        {"cut A A for 1s\n", CF_NEED_VIRTUAL_TIME | CF_NEED_FAULTS},
        {"pause A for 1s\n", CF_NEED_VIRTUAL_TIME | CF_NEED_PAUSE},
        {"crash A for 1s\n", CF_NEED_VIRTUAL_TIME | CF_NEED_CRASH},
        {"crash A at event 1\n", CF_NEED_TURNS | CF_NEED_CRASH},
        {"slow A 1ms\n", CF_NEED_TURNS},
        {"clock A clear\n", CF_NEED_CLOCKS},
        {"A: register \"b\" as b kind exclusive overflow reject\n", 0},
        {"A: register \"b\" as b kind shared\n", CF_NEED_SHARED},
        {"A: register \"b\" as b kind group\n", CF_NEED_GROUP},
        {"A: register \"b\" as b under h\n", CF_NEED_PARENTS},
        {"A: register \"b\" as b queue 1\n", CF_NEED_QUEUES},
        {"A: register \"b\" as b queue-bytes 1\n", CF_NEED_QUEUES},
        {"A: register \"b\" as b overflow block\n", CF_NEED_QUEUES},
        {"A: register \"b\" as b max 1\n", CF_NEED_QUEUES},
        {"A: register \"b\" as b -> ok incarnation as $b\n", CF_NEED_INCARNATIONS},
        {"A: receive h -> ok message as $m\n", 0},
        {"A: receive h -> ok principal 7\n", CF_NEED_PRINCIPALS},
        {"A: receive h -> ok aligned\n", CF_NEED_LAYOUT},
        {"A: receive h nowait -> timeout\n", 0},
        {"A: receive h utf16\n", CF_NEED_UTF16},
        {"A: receive h discard\n", CF_NEED_DISCARD},
        {"A: info h -> kind group\n", CF_NEED_INFO},
        {"A: info h -> incarnation as $b\n", CF_NEED_INFO | CF_NEED_INCARNATIONS},
        {"A: poll -> would-block\n", CF_NEED_POLLING},
        {"A: cancel all h -> not-found\n", CF_NEED_CANCEL},
        {"principal B 7\nB: register \"b\" as b\n", CF_NEED_USERS | CF_NEED_ACCESS},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        char text[256];
        snprintf(text, sizeof text, "%s%s", HANDLE, list[i].line);
        struct cf_case *const made = parse(text);
        assert_int_equal(made->needs, list[i].needs);
        assert_int_equal(made->needs_stated, 0);
        cf_case_free(made);
    }
}

/* Texts. */

static void test_texts_are_bytes(void **state)
{
    (void)state;
    const struct cf_step *step;
    struct cf_case *const made = parse_one(
        HANDLE "step \"\\\"\\\\\\n\\t\\r\\0\\xfF\\u{41}\\u{e9}\\u{20AC}\\u{10ffff}\\u{D800}\\#\""
               "+ \"ab\"*3 + \"\"\n",
        &step);
    ASSERT_TEXT(step->uri, "\"\\\n\t\r\0\xFF"
                           "A\xC3\xA9\xE2\x82\xAC\xF4\x8F\xBF\xBF\xED\xA0\x80"
                           "0ababab");
    cf_case_free(made);
}

static void test_a_text_may_be_a_mebibyte_long(void **state)
{
    (void)state;
    const struct cf_step *step;
    struct cf_case *const made = parse_one(HANDLE "step \"ab\"*524287 + \"cd\"\n", &step);
    assert_int_equal(step->uri.size, CF_TEXT_MAX);
    assert_memory_equal(step->uri.at + CF_TEXT_MAX - 4, "abcd", 4);
    assert_string_equal(step->uri.spelling, "\"ab\"*524287 + \"cd\"");
    cf_case_free(made);
}

static void test_generated_bytes_follow_their_formula(void **state)
{
    (void)state;
    unsigned char bytes[4];
    cf_data_fill(bytes, 4, 0);
    /* i + 1 times 0x9E3779B9, the top byte of 32 bits. */
    assert_int_equal(bytes[0], 0x9E);
    assert_int_equal(bytes[1], 0x3C);
    assert_int_equal(bytes[2], 0xDA);
    assert_int_equal(bytes[3], 0x78);
    cf_data_fill(bytes, 4, 1);
    assert_int_equal(bytes[0], 0xDA);
}

static void test_data_is_text_or_generated_or_nothing(void **state)
{
    (void)state;
    struct cf_case *const made =
        parse(HANDLE "A: send h to \"t\"\nA: send h to \"t\" empty\nA: send h to \"t\" \"d\"\n"
                     "A: send h to \"t\" bytes 3\nA: send h to \"t\" bytes 3 seed 0\n"
                     "A: send h to \"t\" null 9\nA: send h to \"t\" \"\"\n");
    const struct cf_step *const steps = made->steps;
    assert_int_equal(steps[1].data.kind, CF_DATA_NONE);
    assert_int_equal(steps[2].data.kind, CF_DATA_EMPTY);
    assert_int_equal(steps[3].data.kind, CF_DATA_TEXT);
    ASSERT_TEXT(steps[3].data.text, "d");
    assert_int_equal(steps[4].data.kind, CF_DATA_BYTES);
    assert_int_equal(steps[4].data.seed, 1);
    assert_int_equal(steps[4].data.text.size, 3);
    ASSERT_TEXT(steps[5].data.text, "\x9E\x3C\xDA");
    assert_int_equal(steps[6].data.kind, CF_DATA_NULL);
    assert_int_equal(steps[6].data.count, 9);
    ASSERT_TEXT(steps[7].data.text, "");
    cf_case_free(made);
}

/* Calls. */

static void test_register_takes_its_options_in_any_order(void **state)
{
    (void)state;
    const struct cf_step *step;
    struct cf_case *const made =
        parse_one(HANDLE "A: register \"s\" deadline 4ms max 3 queue-bytes 2 queue 1 overflow "
                         "drop-oldest kind shared under h as h2 -> exists\n",
                  &step);
    assert_int_equal(step->verb, CF_REGISTER);
    assert_false(step->started);
    ASSERT_TEXT(step->uri, "s");
    assert_string_equal(step->handle.name, "h2");
    assert_int_equal(step->handle.slot, 1);
    assert_string_equal(step->parent.name, "h");
    assert_int_equal(step->parent.slot, 0);
    assert_null(step->call.name);
    assert_int_equal(step->kind, URIPC_SHARED);
    assert_int_equal(step->overflow, URIPC_DROP_OLDEST);
    assert_int_equal(step->queue_messages, 1);
    assert_int_equal(step->queue_bytes, 2);
    assert_int_equal(step->message_max, 3);
    assert_int_equal(step->deadline, 4 * MS);
    assert_int_equal(step->alternatives[0].status, URIPC_EXISTS);
    cf_case_free(made);
}

static void test_send_and_receive_take_their_options(void **state)
{
    (void)state;
    struct cf_case *const made =
        parse(HANDLE "A: receive h buffer 7 utf16 discard nowait deadline 1us -> ok incarnation as "
                     "$i\nA: send h suffix \"s\" to \"t\" \"d\" nowait expecting $i\n"
                     "A: receive h\n");
    const struct cf_step *const receive = &made->steps[1], *const send = &made->steps[2];
    assert_int_equal(receive->buffer, 7);
    assert_int_equal(receive->flags, URIPC_UTF16 | URIPC_DISCARD | URIPC_NOWAIT);
    assert_int_equal(receive->deadline, 1000);
    ASSERT_TEXT(send->suffix, "s");
    ASSERT_TEXT(send->uri, "t");
    assert_int_equal(send->flags, URIPC_NOWAIT);
    assert_string_equal(send->expecting.name, "i");
    assert_int_equal(send->expecting.slot, 0);
    assert_int_equal(made->steps[3].buffer, CF_BUFFER_DEFAULT);
    assert_null(made->steps[3].suffix.at);
    cf_case_free(made);
}

static void test_started_calls_have_names_of_their_own(void **state)
{
    (void)state;
    struct cf_case *const made =
        parse(HANDLE "A: start register \"b\" as b\nA: start receive h as one deadline 1s\n"
                     "A: start send b to \"a\" as two -> in-use\nA: start close h as one\n"
                     "A: cancel one\nA: cancel all b\nA: await b\nB: start register \"c\" as b\n");
    const struct cf_step *const steps = made->steps;
    assert_true(steps[1].started);
    assert_string_equal(steps[1].handle.name, "b");
    assert_int_equal(steps[1].handle.slot, 1);
    assert_int_equal(steps[1].call.slot, 0);
    assert_int_equal(steps[1].alternatives[0].status, URIPC_PENDING);
    assert_string_equal(steps[2].handle.name, "h");
    assert_int_equal(steps[2].call.slot, 1);
    assert_int_equal(steps[3].alternatives[0].status, URIPC_IN_USE);
    assert_int_equal(steps[4].call.slot, 1);
    assert_int_equal(steps[5].verb, CF_CANCEL);
    assert_int_equal(steps[5].call.slot, 1);
    assert_int_equal(steps[6].verb, CF_CANCEL_ALL);
    assert_int_equal(steps[6].handle.slot, 1);
    assert_int_equal(steps[7].verb, CF_AWAIT);
    assert_int_equal(steps[7].call.slot, 0);
    assert_int_equal(steps[8].process, 1);
    assert_int_equal(steps[8].handle.slot, 0);
    assert_int_equal(made->process_count, 2);
    assert_int_equal(made->processes[0].handles, 2);
    assert_int_equal(made->processes[0].calls, 3);
    assert_string_equal(made->processes[1].name, "B");
    cf_case_free(made);
}

static void test_calls_of_sessions_take_their_options(void **state)
{
    (void)state;
    struct cf_case *const made =
        parse(HEADER "A: listen \"d\" as door mode bytes waiting 2 instances 1\n"
                     "B: connect \"d\" as line nowait deadline 1us silence 3us detector freshness "
                     "beat 2us\n"
                     "A: start accept door as end silence 4us notice\n"
                     "B: write line \"hi\" nowait\nB: read line buffer 3 deadline 5us\n"
                     "B: close line\n");
    const struct cf_step *const steps = made->steps;
    assert_int_equal(steps[0].verb, CF_LISTEN);
    ASSERT_TEXT(steps[0].uri, "d");
    assert_int_equal(steps[0].session.mode, URIPC_BYTES);
    assert_int_equal(steps[0].session.instances, 1);
    assert_int_equal(steps[0].session.waiting, 2);
    assert_int_equal(steps[1].flags, URIPC_NOWAIT);
    assert_int_equal(steps[1].deadline, 1000);
    assert_int_equal(steps[1].session.beat, 2000);
    assert_int_equal(steps[1].session.silence, 3000);
    assert_int_equal(steps[1].session.detector, CF_DETECTOR_FRESHNESS);
    assert_string_equal(steps[2].door.name, "door");
    assert_string_equal(steps[2].handle.name, "end");
    assert_string_equal(steps[2].call.name, "end");
    assert_int_equal(steps[2].session.silence, 4000);
    assert_int_equal(steps[2].flags, URIPC_NOTICE);
    assert_int_equal(steps[2].session.detector, CF_DETECTOR_TIMEOUT);
    ASSERT_TEXT(steps[3].data.text, "hi");
    assert_int_equal(steps[4].buffer, 3);
    assert_int_equal(steps[4].deadline, 5000);
    assert_int_equal(steps[5].verb, CF_CLOSE);
    assert_int_equal(made->needs, CF_NEED_SESSIONS);
    cf_case_free(made);
}

/* Expectations. */

static void test_what_was_read_stands_alone_or_after_more(void **state)
{
    (void)state;
    struct cf_case *const made =
        parse(HEADER "B: connect \"d\" as line\nB: read line -> more \"he\" left 3 | bytes 5 seed "
                     "2 within 1us | empty | timeout\n"
                     "B: peek line -> state ending left none status disconnected\n");
    const struct cf_alternative *const read = made->steps[1].alternatives;
    const struct cf_alternative *const peek = made->steps[2].alternatives;
    assert_int_equal(read[0].status, URIPC_MORE);
    assert_int_equal(read[0].checks, CF_CHECK_DATA | CF_CHECK_LEFT);
    ASSERT_TEXT(read[0].data.text, "he");
    assert_int_equal(read[0].left, 3);
    assert_int_equal(read[1].status, URIPC_OK);
    assert_int_equal(read[1].data.count, 5);
    assert_int_equal(read[1].checks, CF_CHECK_DATA | CF_CHECK_WITHIN);
    assert_int_equal(read[2].data.kind, CF_DATA_EMPTY);
    assert_int_equal(read[3].checks, 0);
    assert_int_equal(peek->checks, CF_CHECK_STATE | CF_CHECK_LEFT_NONE | CF_CHECK_STATUS);
    assert_int_equal(peek->state, URIPC_SESSION_ENDING);
    assert_int_equal(peek->ended, URIPC_DISCONNECTED);
    cf_case_free(made);
}

static void test_no_arrow_means_ok(void **state)
{
    (void)state;
    const struct cf_step *step;
    struct cf_case *const made = parse_one(HANDLE "A: info h\n", &step);
    assert_int_equal(step->alternative_count, 1);
    assert_int_equal(step->alternatives[0].status, URIPC_OK);
    assert_int_equal(step->alternatives[0].checks, 0);
    assert_int_equal(step->clause_count, 0);
    cf_case_free(made);
}

static void test_alternatives_have_a_strength_and_lines_have_clauses(void **state)
{
    (void)state;
    const struct cf_step *step;
    struct cf_case *const made = parse_one(
        HANDLE "A: receive h -> ok | nonstrict timeout | info aborted definite [RTE-1 SND-1]\n",
        &step);
    assert_int_equal(step->alternative_count, 3);
    assert_int_equal(step->alternatives[0].strength, CF_STRICT);
    assert_int_equal(step->alternatives[1].strength, CF_NONSTRICT);
    assert_int_equal(step->alternatives[1].status, URIPC_TIMEOUT);
    assert_int_equal(step->alternatives[2].strength, CF_RECORDED);
    assert_int_equal(step->alternatives[2].checks, CF_CHECK_DEFINITE);
    assert_int_equal(step->clause_count, 2);
    assert_string_equal(step->clauses[0].id, "RTE-1");
    assert_int_equal(step->clauses[1].column, 71);
    cf_case_free(made);
}

static void test_every_check_is_read(void **state)
{
    (void)state;
    const struct cf_step *step;
    struct cf_case *const made = parse_one(
        HANDLE "A: receive h -> ok indefinite within 1ms at 2ms bytes 3 lengths 4 5 6 size 7 "
               "incarnation as $i message as $m principal 8 aligned\n",
        &step);
    const struct cf_alternative *const only = &step->alternatives[0];
    assert_int_equal(only->checks, CF_CHECK_INDEFINITE | CF_CHECK_WITHIN | CF_CHECK_AT |
                                       CF_CHECK_BYTES | CF_CHECK_LENGTHS | CF_CHECK_SIZE |
                                       CF_CHECK_INCARNATION | CF_CHECK_MESSAGE |
                                       CF_CHECK_PRINCIPAL | CF_CHECK_ALIGNED);
    assert_int_equal(only->within, 1 * MS);
    assert_int_equal(only->at, 2 * MS);
    assert_int_equal(only->bytes, 3);
    assert_int_equal(only->lengths[0], 4);
    assert_int_equal(only->lengths[2], 6);
    assert_int_equal(only->size, 7);
    assert_int_equal(only->incarnation.use, CF_CAPTURE_AS);
    assert_int_equal(only->message.name.slot, 1);
    assert_int_equal(only->principal, 8);
    assert_int_equal(made->capture_count, 2);
    assert_string_equal(made->captures[1], "m");
    cf_case_free(made);
}

static void test_captures_are_compared_later(void **state)
{
    (void)state;
    struct cf_case *const made =
        parse(HANDLE "A: receive h -> ok incarnation as $i\n"
                     "A: receive h -> ok incarnation $i | timeout incarnation not $i\n");
    const struct cf_alternative *const both = made->steps[2].alternatives;
    assert_int_equal(both[0].incarnation.use, CF_CAPTURE_EQUAL);
    assert_int_equal(both[1].incarnation.use, CF_CAPTURE_NOT);
    assert_int_equal(both[1].incarnation.name.slot, 0);
    cf_case_free(made);
}

/* The one alternative of a receive that expects this. */
static struct cf_case *parse_message(const char *expectation, const struct cf_alternative **only)
{
    char text[512];
    const struct cf_step *step;
    snprintf(text, sizeof text, "%sA: receive h -> %s\n", HANDLE, expectation);
    struct cf_case *const made = parse_one(text, &step);
    *only = &step->alternatives[0];
    assert_int_equal((*only)->status, URIPC_OK);
    assert_true(((*only)->checks & CF_CHECK_SOURCE) != 0);
    return made;
}

static void test_from_checks_what_it_mentions(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t checks; /* besides the source */
        enum cf_data_kind data;
    } list[] = {
        {"from \"s\"", CF_CHECK_DATA, CF_DATA_NONE},
        {"from \"s\" empty", CF_CHECK_DATA, CF_DATA_EMPTY},
        {"from \"s\" any", 0, CF_DATA_ANY},
        {"from \"s\" \"d\"", CF_CHECK_DATA, CF_DATA_TEXT},
        {"from \"s\" to \"t\" \"d\"", CF_CHECK_DATA | CF_CHECK_TARGET, CF_DATA_TEXT},
        {"from \"s\" bytes 5", CF_CHECK_DATA, CF_DATA_BYTES},
        {"from \"s\" any bytes 5", CF_CHECK_BYTES, CF_DATA_ANY},
        {"from \"s\" bytes 5 bytes 6", CF_CHECK_DATA | CF_CHECK_BYTES, CF_DATA_BYTES},
        {"from \"s\" size 5", CF_CHECK_SIZE, CF_DATA_NONE},
        {"from \"s\" lengths 1 1 5", CF_CHECK_LENGTHS, CF_DATA_NONE},
        {"from \"s\" empty size 0", CF_CHECK_DATA | CF_CHECK_SIZE, CF_DATA_EMPTY},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        const struct cf_alternative *only;
        struct cf_case *const made = parse_message(list[i].text, &only);
        assert_int_equal(only->checks, CF_CHECK_SOURCE | list[i].checks);
        assert_int_equal(only->data.kind, list[i].data);
        cf_case_free(made);
    }
}

static void test_info_checks_or_records_fields(void **state)
{
    (void)state;
    struct cf_case *const made = parse(
        HANDLE "A: info h -> messages 1 bytes 2 next 3 4 5 receives 6 waiting 7 dropped 8 kind "
               "group incarnation as $i\nA: info h -> next none\nA: info h -> record dropped next\n"
               "A: info h -> invalid-handle\nA: info h -> info messages 1\n");
    const struct cf_alternative *const all = made->steps[1].alternatives;
    assert_int_equal(all->messages, 1);
    assert_int_equal(all->bytes, 2);
    assert_int_equal(all->next[2], 5);
    assert_int_equal(all->receives, 6);
    assert_int_equal(all->waiting, 7);
    assert_int_equal(all->dropped, 8);
    assert_int_equal(all->kind, URIPC_GROUP);
    assert_int_equal(made->steps[2].alternatives->checks, CF_CHECK_NEXT_NONE);
    const struct cf_alternative *const recorded = made->steps[3].alternatives;
    assert_true(recorded->record);
    assert_int_equal(recorded->strength, CF_RECORDED);
    assert_int_equal(recorded->checks, CF_CHECK_DROPPED | CF_CHECK_NEXT);
    assert_int_equal(made->steps[4].alternatives->status, URIPC_INVALID_HANDLE);
    assert_int_equal(made->steps[5].alternatives->strength, CF_RECORDED);
    assert_false(made->steps[5].alternatives->record);
    cf_case_free(made);
}

static void test_poll_names_the_call(void **state)
{
    (void)state;
    struct cf_case *const made =
        parse(HANDLE "A: start receive h as one\nA: poll -> would-block\n"
                     "A: poll -> one from \"s\" any | info one would-block | would-block\n");
    assert_null(made->steps[2].alternatives->call.name);
    assert_int_equal(made->steps[2].alternatives->status, URIPC_WOULD_BLOCK);
    const struct cf_alternative *const three = made->steps[3].alternatives;
    assert_string_equal(three[0].call.name, "one");
    assert_int_equal(three[0].checks, CF_CHECK_SOURCE);
    assert_string_equal(three[1].call.name, "one");
    assert_int_equal(three[1].status, URIPC_WOULD_BLOCK);
    assert_null(three[2].call.name);
    cf_case_free(made);
}

/* Blocks. */

static void test_a_repeat_becomes_plain_steps(void **state)
{
    (void)state;
    struct cf_case *const made = parse(HANDLE "repeat 2\nstep \"o\\#\"\nrepeat 3\nstep \"i\\#\"\n"
                                              "wait 1s\nend\nend\nstep \"\\#\"\n");
    const struct cf_step *const steps = made->steps;
    assert_int_equal(made->step_count, 1 + 2 * (1 + 3 * 2) + 1);
    ASSERT_TEXT(steps[1].uri, "o0");
    ASSERT_TEXT(steps[2].uri, "i0");
    ASSERT_TEXT(steps[6].uri, "i2");
    assert_int_equal(steps[6].iteration, 2);
    assert_int_equal(steps[7].verb, CF_WAIT);
    assert_int_equal(steps[7].iteration, 2);
    ASSERT_TEXT(steps[8].uri, "o1");
    assert_int_equal(steps[8].iteration, 1);
    ASSERT_TEXT(steps[13].uri, "i2");
    assert_int_equal(steps[13].line, 8);
    ASSERT_TEXT(steps[15].uri, "0");
    assert_int_equal(made->repeat_count, 2);
    assert_int_equal(made->repeats[0].body, 7);
    assert_int_equal(made->repeats[1].first, 2);
    cf_case_free(made);
}

static void test_the_largest_case_has_20000_steps(void **state)
{
    (void)state;
    struct cf_case *const made = parse(HEADER "repeat 100\nrepeat 200\nwait 1s\nend\nend\n");
    assert_int_equal(made->step_count, CF_STEPS_MAX);
    cf_case_free(made);
}

static void test_groups_are_one_for_each_iteration(void **state)
{
    (void)state;
    struct cf_case *const made =
        parse(HANDLE "repeat 2\nunordered\nA: receive h\nA: receive h -> timeout\nend\nend\n"
                     "subset\nA: receive h nowait\nend\n");
    assert_int_equal(made->group_count, 3);
    assert_int_equal(made->groups[1].first, 3);
    assert_int_equal(made->groups[1].count, 2);
    assert_false(made->groups[1].subset);
    assert_true(made->groups[2].subset);
    assert_int_equal(made->steps[0].group, CF_NONE);
    assert_int_equal(made->steps[2].group, 0);
    assert_int_equal(made->steps[4].group, 1);
    assert_int_equal(made->steps[5].group, 2);
    cf_case_free(made);
}

static void test_names_of_enums_are_the_words_of_the_language(void **state)
{
    (void)state;
    assert_string_equal(cf_verb_name(CF_REGISTER), "register");
    assert_string_equal(cf_verb_name(CF_CANCEL_ALL), "cancel");
    assert_string_equal(cf_verb_name(CF_QUIET), "quiet");
    assert_string_equal(cf_need_name(CF_NEED_PRINCIPALS), "principals");
    assert_string_equal(cf_need_name(CF_NEED_VIRTUAL_TIME), "virtual-time");
    assert_string_equal(cf_kind_name(URIPC_SHARED), "shared");
    assert_string_equal(cf_overflow_name(URIPC_DROP_NEWEST), "drop-newest");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_header_says_all_about_the_case),
        cmocka_unit_test(test_a_case_needs_what_it_probes),
        cmocka_unit_test(test_only_a_private_realm_asks_for_access),
        cmocka_unit_test(test_what_a_header_leaves_out_has_a_default),
        cmocka_unit_test(test_crlf_comments_and_indentation_do_not_matter),
        cmocka_unit_test(test_steps_derive_what_the_case_needs),
        cmocka_unit_test(test_texts_are_bytes),
        cmocka_unit_test(test_a_text_may_be_a_mebibyte_long),
        cmocka_unit_test(test_generated_bytes_follow_their_formula),
        cmocka_unit_test(test_data_is_text_or_generated_or_nothing),
        cmocka_unit_test(test_register_takes_its_options_in_any_order),
        cmocka_unit_test(test_send_and_receive_take_their_options),
        cmocka_unit_test(test_started_calls_have_names_of_their_own),
        cmocka_unit_test(test_calls_of_sessions_take_their_options),
        cmocka_unit_test(test_what_was_read_stands_alone_or_after_more),
        cmocka_unit_test(test_no_arrow_means_ok),
        cmocka_unit_test(test_alternatives_have_a_strength_and_lines_have_clauses),
        cmocka_unit_test(test_every_check_is_read),
        cmocka_unit_test(test_captures_are_compared_later),
        cmocka_unit_test(test_from_checks_what_it_mentions),
        cmocka_unit_test(test_info_checks_or_records_fields),
        cmocka_unit_test(test_poll_names_the_call),
        cmocka_unit_test(test_a_repeat_becomes_plain_steps),
        cmocka_unit_test(test_the_largest_case_has_20000_steps),
        cmocka_unit_test(test_groups_are_one_for_each_iteration),
        cmocka_unit_test(test_names_of_enums_are_the_words_of_the_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
