/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

static const struct cf_captured known[2] = {{.set = true, .incarnation = {1, 2}, .message = 7},
                                            {.set = true, .incarnation = {1, 2}, .message = 7}};
static struct cf_case *parsed;
static char *printed;

/* The last step of a small case with this line. */
static const struct cf_step *step_of(const char *line)
{
    struct cf_diagnostics diagnostics = {0};
    char text[1024];
    snprintf(text, sizeof(text),
             "case t\npromise It is tested.\nclause SND-1\nA: register \"ipc:/a\" as a\n%s\n",
             line);
    cf_case_free(parsed);
    parsed = cf_case_parse("t.case", text, strlen(text), &diagnostics);
    cf_diagnostics_print(&diagnostics, stderr);
    assert_non_null(parsed);
    return &parsed->steps[parsed->step_count - 1];
}

static struct cf_observed message(const char *source, const char *target, const char *data)
{
    return (struct cf_observed){.has_completion = true,
                                .completion = {.call = URIPC_CALL_RECEIVE,
                                               .bytes = 40,
                                               .certainty = URIPC_DEFINITE,
                                               .data_bytes = (uint32_t)strlen(data)},
                                .has_message = true,
                                .message = {.source = {source, strlen(source)},
                                            .target = {target, strlen(target)},
                                            .data = data,
                                            .data_bytes = (uint32_t)strlen(data)}};
}

static struct cf_observed ended(enum uripc_status status, enum uripc_certainty certainty)
{
    return (struct cf_observed){
        .status = status,
        .has_completion = true,
        .completion = {.call = URIPC_CALL_SEND, .status = status, .certainty = certainty}};
}

static bool holds(const char *line, const struct cf_observed *observed)
{
    struct cf_captured captured[4] = {{.set = false}};
    return cf_expect_match(step_of(line), observed, captured) != NULL;
}

static const char *shown(const char *line, const struct cf_observed *observed)
{
    size_t size = 0;
    const struct cf_step *step = step_of(line);
    free(printed);
    printed = NULL;
    FILE *out = open_memstream(&printed, &size);
    assert_non_null(out);
    cf_observed_print(observed, step, NULL, known, out);
    fclose(out);
    return printed;
}

static int tear_down(void **state)
{
    (void)state;
    cf_case_free(parsed);
    parsed = NULL;
    free(printed);
    printed = NULL;
    return 0;
}

static void a_status_fits_only_itself(void **state)
{
    const struct cf_observed full = ended(URIPC_FULL, URIPC_DEFINITE);
    (void)state;
    assert_true(holds("A: send a to \"ipc:/b\" -> full", &full));
    assert_true(holds("A: send a to \"ipc:/b\" -> ok | full", &full));
    assert_false(holds("A: send a to \"ipc:/b\"", &full));
    assert_false(holds("A: send a to \"ipc:/b\" -> timeout", &full));
}

static void certainty_is_compared_where_it_is_asked_for(void **state)
{
    const struct cf_observed gone = ended(URIPC_PEER_GONE, URIPC_INDEFINITE);
    (void)state;
    assert_true(holds("A: send a to \"ipc:/b\" -> peer-gone", &gone));
    assert_true(holds("A: send a to \"ipc:/b\" -> peer-gone indefinite", &gone));
    assert_false(holds("A: send a to \"ipc:/b\" -> peer-gone definite", &gone));
}

static void what_is_not_mentioned_of_a_message_is_not_checked(void **state)
{
    const struct cf_observed hello = message("ipc:/b", "ipc:/a", "hello");
    (void)state;
    assert_true(holds("A: receive a", &hello));
    assert_true(holds("A: receive a -> from \"ipc:/b\" any", &hello));
    assert_true(holds("A: receive a -> from \"ipc:/b\" to \"ipc:/a\" \"hello\"", &hello));
    assert_true(holds("A: receive a -> from \"ipc:/b\" \"hel\" + \"lo\" bytes 40", &hello));
    assert_false(holds("A: receive a -> from \"ipc:/b\" to \"ipc:/c\" any", &hello));
    assert_false(holds("A: receive a -> from \"ipc:/b\" \"hell\"", &hello));
    assert_false(holds("A: receive a -> from \"ipc:/b\" \"hello\" bytes 41", &hello));
    assert_false(holds("A: receive a -> timeout", &hello));
}

static void a_message_without_data_in_the_line_is_empty(void **state)
{
    const struct cf_observed hello = message("ipc:/b", "ipc:/a", "hello");
    const struct cf_observed empty = message("ipc:/b", "ipc:/a", "");
    (void)state;
    assert_false(holds("A: receive a -> from \"ipc:/b\"", &hello));
    assert_true(holds("A: receive a -> from \"ipc:/b\"", &empty));
    assert_true(holds("A: receive a -> from \"ipc:/b\" empty", &empty));
}

static void an_ending_that_is_none_fits_nothing(void **state)
{
    struct cf_observed observed = ended(URIPC_OK, URIPC_DEFINITE);
    (void)state;
    observed.ending = CF_NEVER_ENDS;
    assert_false(holds("A: send a to \"ipc:/b\"", &observed));
    assert_string_equal(shown("A: send a to \"ipc:/b\"", &observed), "never completes");
}

static void captures_take_and_compare(void **state)
{
    struct cf_captured captured[1] = {{.set = false}};
    struct cf_observed first = message("ipc:/b", "ipc:/a", "1");
    struct cf_observed second = first;
    (void)state;
    first.completion.incarnation = (struct uripc_incarnation){1, 2};
    second.completion.incarnation = (struct uripc_incarnation){1, 3};
    const struct cf_step *step = step_of("A: receive a -> ok incarnation as $i");
    const struct cf_alternative *as = cf_expect_match(step, &first, captured);
    assert_non_null(as);
    cf_expect_capture(as, &first, captured);
    struct cf_alternative same = *as;
    same.incarnation.use = CF_CAPTURE_EQUAL;
    assert_true(cf_expect_fits(&same, &first, captured));
    assert_false(cf_expect_fits(&same, &second, captured));
    same.incarnation.use = CF_CAPTURE_NOT;
    assert_false(cf_expect_fits(&same, &first, captured));
    assert_true(cf_expect_fits(&same, &second, captured));
    captured[0].set = false;
    assert_false(cf_expect_fits(&same, &second, captured));
}

static void data_is_shown_as_the_case_spells_it(void **state)
{
    char generated[100];
    (void)state;
    cf_data_fill(generated, 99, 1);
    generated[99] = '\0';
    struct cf_observed long_one = message("ipc:/b", "ipc:/a", "");
    long_one.message.data = generated;
    long_one.message.data_bytes = 99;
    assert_string_equal(shown("A: receive a -> from \"ipc:/b\" bytes 99", &long_one),
                        "from \"ipc:/b\" bytes 99 to \"ipc:/a\"");
    const struct cf_observed hello = message("ipc:/b", "ipc:/a", "a\n\"\\\x01\xc2\x9b\xff");
    assert_string_equal(shown("A: receive a -> timeout", &hello),
                        "from \"ipc:/b\" to \"ipc:/a\" \"a\\n\\\"\\\\\\x01\\xC2\\x9B\\xFF\"");
}

static void long_data_is_cut_and_says_so(void **state)
{
    char many[101];
    (void)state;
    memset(many, 'x', 100);
    many[100] = '\0';
    const struct cf_observed observed = message("ipc:/b", "ipc:/a", many);
    assert_non_null(strstr(shown("A: receive a", &observed), "x\"... (100 bytes)"));
}

static void statuses_are_shown_with_what_matters(void **state)
{
    struct cf_observed gone = ended(URIPC_PEER_GONE, URIPC_INDEFINITE);
    (void)state;
    assert_string_equal(shown("A: send a to \"ipc:/b\"", &gone), "peer-gone indefinite");
    gone.elapsed = 1500;
    assert_string_equal(shown("A: send a to \"ipc:/b\" -> ok at 2us", &gone),
                        "peer-gone at 1500ns indefinite");
}

/* What the expectation mentions stands first and in its order, so that the first word that differs
 * is where the two differ. */
static void what_was_observed_follows_what_was_expected(void **state)
{
    struct cf_observed hello = message("ipc:/b", "ipc:/a", "hello");
    (void)state;
    hello.elapsed = 2000;
    assert_string_equal(shown("A: receive a", &hello),
                        "ok from \"ipc:/b\" to \"ipc:/a\" \"hello\"");
    assert_string_equal(shown("A: receive a -> from \"ipc:/b\" \"hallo\"", &hello),
                        "from \"ipc:/b\" \"hello\" to \"ipc:/a\"");
    assert_string_equal(shown("A: receive a -> from \"ipc:/b\" any bytes 41", &hello),
                        "from \"ipc:/b\" any bytes 40 to \"ipc:/a\" \"hello\"");
    assert_string_equal(shown("A: receive a -> from \"ipc:/b\" to \"ipc:/a\" size 4", &hello),
                        "from \"ipc:/b\" to \"ipc:/a\" size 5 \"hello\"");
    assert_string_equal(shown("A: receive a -> from \"ipc:/b\"", &hello),
                        "from \"ipc:/b\" \"hello\" to \"ipc:/a\"");
    assert_string_equal(
        shown("A: receive a -> ok lengths 6 6 5 within 3us bytes 41 aligned", &hello),
        "ok lengths 0 0 5 within 3us bytes 40 aligned from \"ipc:/b\" to \"ipc:/a\" \"hello\" "
        "at 2us");
    assert_string_equal(shown("A: receive a -> ok within 1us bytes 40", &hello),
                        "ok at 2us bytes 40 from \"ipc:/b\" to \"ipc:/a\" \"hello\"");
}

static void the_nearest_alternative_leads(void **state)
{
    const struct cf_observed full = ended(URIPC_FULL, URIPC_DEFINITE);
    (void)state;
    assert_string_equal(shown("A: send a to \"ipc:/b\" -> ok bytes 3 | full indefinite", &full),
                        "full definite bytes 0");
    assert_string_equal(shown("A: send a to \"ipc:/b\" -> timeout | peer-gone bytes 0", &full),
                        "full definite bytes 0");
}

static void fields_are_shown_without_a_status(void **state)
{
    const struct cf_observed observed = {
        .has_info = true, .info = {.messages = 3, .dropped = 1, .next_source = URIPC_NO_MESSAGE}};
    const struct cf_observed refused = {.status = URIPC_INVALID_HANDLE};
    (void)state;
    assert_string_equal(shown("A: info a -> dropped 1 next none messages 2", &observed),
                        "dropped 1 next none messages 3");
    assert_string_equal(shown("A: info a -> record waiting messages", &observed),
                        "waiting 0 messages 3");
    assert_string_equal(shown("A: info a -> invalid-handle", &observed), "ok bytes 0 messages 3");
    assert_string_equal(shown("A: info a -> messages 3", &refused), "invalid-handle");
}

/* What a read of a session has got. */
static struct cf_observed got(enum uripc_status status, const char *data, uint32_t left)
{
    struct cf_observed observed = ended(status, URIPC_DEFINITE);
    observed.completion.call = URIPC_CALL_SESSION_RECEIVE;
    observed.completion.bytes = (uint32_t)strlen(data);
    observed.completion.data_bytes = left;
    observed.has_message = true;
    observed.message = (struct cf_message){.data = data, .data_bytes = (uint32_t)strlen(data)};
    return observed;
}

#define LINE "A: connect \"ipc:/d\" as s\n"

static void a_read_is_its_bytes_and_what_is_left(void **state)
{
    const struct cf_observed whole = got(URIPC_OK, "hello", 0);
    const struct cf_observed part = got(URIPC_MORE, "he", 3);
    const struct cf_observed empty = got(URIPC_OK, "", 0);
    const struct cf_observed end = ended(URIPC_DISCONNECTED, URIPC_DEFINITE);
    (void)state;
    assert_true(holds(LINE "A: read s -> \"hello\"", &whole));
    assert_true(holds(LINE "A: read s -> bytes 5 | ok", &whole));
    assert_false(holds(LINE "A: read s -> \"hallo\" | empty | more \"hello\"", &whole));
    assert_true(holds(LINE "A: read s -> more \"he\" left 3", &part));
    assert_false(holds(LINE "A: read s -> more \"he\" left 2 | \"he\"", &part));
    assert_true(holds(LINE "A: read s -> empty", &empty));
    assert_false(holds(LINE "A: read s -> empty", &end));
    assert_string_equal(shown(LINE "A: read s -> \"hallo\"", &whole), "\"hello\"");
    assert_string_equal(shown(LINE "A: read s", &whole), "ok \"hello\"");
    assert_string_equal(shown(LINE "A: read s -> empty", &part), "more \"he\" definite left 3");
}

static void where_a_session_stands_is_shown_in_fields(void **state)
{
    const struct cf_observed observed = {.has_peek = true,
                                         .peek = {.state = URIPC_SESSION_ENDED,
                                                  .status = URIPC_PEER_GONE,
                                                  .bytes = 7,
                                                  .left = URIPC_NO_MESSAGE,
                                                  .unread = 2}};
    (void)state;
    assert_true(holds(LINE "A: peek s -> state ended status peer-gone bytes 7 left none unread 2 "
                           "mode messages",
                      &observed));
    assert_false(holds(LINE "A: peek s -> state open | status ok | bytes 8 | left 3 | unread 1 | "
                            "mode bytes",
                       &observed));
    assert_string_equal(shown(LINE "A: peek s -> left 3 mode bytes", &observed),
                        "left none mode messages bytes 7 state ended");
}

static void captured_values_are_shown_by_their_names(void **state)
{
    struct cf_observed hello = message("ipc:/b", "ipc:/a", "");
    (void)state;
    hello.completion.incarnation = (struct uripc_incarnation){1, 2};
    hello.completion.message_id = 8;
    assert_string_equal(
        shown("A: receive a -> ok message as $m\nA: receive a -> ok message $m bytes 3", &hello),
        "ok message not $m bytes 40 from \"ipc:/b\" to \"ipc:/a\" empty message 8");
    assert_string_equal(
        shown("A: receive a -> ok incarnation as $i\nA: receive a -> ok incarnation not $i",
              &hello),
        "ok incarnation $i from \"ipc:/b\" to \"ipc:/a\" empty incarnation 0000000000000001.2");
    assert_string_equal(shown("A: receive a -> ok incarnation as $i", &hello),
                        "ok incarnation as $i from \"ipc:/b\" to \"ipc:/a\" empty incarnation "
                        "0000000000000001.2");
}

static void the_expectation_is_what_follows_the_last_arrow(void **state)
{
    (void)state;
    struct uripc_text text =
        cf_step_expected(step_of("A: send a to \"ipc:/->\" -> full | ok [SND-1]"));
    assert_int_equal(text.length, strlen("full | ok"));
    assert_memory_equal(text.at, "full | ok", text.length);
    text = cf_step_text(step_of("A: send a to \"ipc:/->\" -> full [SND-1]"));
    assert_int_equal(text.length, strlen("A: send a to \"ipc:/->\""));
    text = cf_step_expected(step_of("A: start receive a as x"));
    assert_memory_equal(text.at, "pending", text.length);
    text = cf_step_text(step_of("cut A -> A"));
    assert_memory_equal(text.at, "cut A -> A", text.length);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_status_fits_only_itself),
        TEST(certainty_is_compared_where_it_is_asked_for),
        TEST(what_is_not_mentioned_of_a_message_is_not_checked),
        TEST(a_message_without_data_in_the_line_is_empty),
        TEST(an_ending_that_is_none_fits_nothing),
        TEST(captures_take_and_compare),
        TEST(data_is_shown_as_the_case_spells_it),
        TEST(long_data_is_cut_and_says_so),
        TEST(statuses_are_shown_with_what_matters),
        TEST(what_was_observed_follows_what_was_expected),
        TEST(the_nearest_alternative_leads),
        TEST(fields_are_shown_without_a_status),
        TEST(a_read_is_its_bytes_and_what_is_left),
        TEST(where_a_session_stands_is_shown_in_fields),
        TEST(captured_values_are_shown_by_their_names),
        TEST(the_expectation_is_what_follows_the_last_arrow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
