/* SPDX-License-Identifier: MIT */
/* Drivers are played by shell scripts: whatever a driver does wrong gets its verdict. */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <signal.h>
#include <string.h>

#include <cmocka.h>

#include "driver.h"

#define OK1 "read line; echo '{\"id\":1,\"status\":\"ok\"}'; "
#define PENDING1 "read line; echo '{\"id\":1,\"status\":\"pending\"}'; "
#define DONE "echo '{\"event\":\"completion\",\"overlapped\":5,\"status\":\"ok\"}'; "
#define WAITS "read line"

static struct cf_drivers *drivers;

static int set_up(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    drivers = cf_drivers_create();
    return drivers ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    cf_drivers_free(drivers);
    return 0;
}

static struct cf_driver *play(const char *script)
{
    char text[1024];
    char shell[] = "/bin/sh";
    char flag[] = "-c";
    char *command[] = {shell, flag, text, NULL};
    assert_true(strlen(script) < sizeof(text));
    strcpy(text, script);
    struct cf_driver *driver =
        cf_driver_start(drivers, &(struct cf_driver_setup){.command = command, .run = "test"});
    assert_non_null(driver);
    return driver;
}

static json_t *command(const char *verb)
{
    return json_pack("{s:s}", "do", verb);
}

static json_t *call(const char *verb)
{
    return json_pack("{s:s, s:i}", "do", verb, "overlapped", 5);
}

/* Waits for its trouble, which must be this one. */
static void expect_trouble(struct cf_driver *driver, enum cf_verdict verdict, const char *words)
{
    while (!cf_driver_trouble(driver))
        assert_true(cf_drivers_wait(drivers, cf_clock() + 20 * CF_SECOND));
    const struct cf_trouble *trouble = cf_driver_trouble(driver);
    if (trouble->verdict != verdict || !strstr(trouble->reason, words))
        fail_msg("%s: %s; expected %s: ...%s...", cf_verdict_name(trouble->verdict),
                 trouble->reason, cf_verdict_name(verdict), words);
}

static void expect_status(json_t *reply, const char *status)
{
    assert_non_null(reply);
    assert_string_equal(status, json_string_value(json_object_get(reply, "status")));
    json_decref(reply);
}

static void a_command_gets_its_reply_and_events_wait_their_turn(void **state)
{
    (void)state;
    struct cf_driver *driver = play(PENDING1 DONE "echo '{\"event\":\"later\"}'; " WAITS);
    expect_status(cf_driver_ask(driver, call("send")), "pending");
    json_t *event = NULL;
    while (!(event = cf_driver_event(driver)))
        assert_true(cf_drivers_wait(drivers, cf_clock() + 20 * CF_SECOND));
    assert_int_equal(5, json_integer_value(json_object_get(event, "overlapped")));
    json_decref(event);
    while (!(event = cf_driver_event(driver)))
        assert_true(cf_drivers_wait(drivers, cf_clock() + 20 * CF_SECOND));
    json_decref(event);
    assert_null(cf_driver_event(driver));
    assert_null(cf_driver_trouble(driver));
}

static void replies_may_come_in_any_order(void **state)
{
    (void)state;
    struct cf_driver *driver = play("read a; read b; echo '{\"id\":2,\"status\":\"full\"}'; "
                                    "echo '{\"id\":1,\"status\":\"ok\"}'; " WAITS);
    uint64_t first = cf_driver_send(driver, command("fence"), CF_DRIVER_PATIENCE);
    expect_status(cf_driver_ask(driver, command("fence")), "full");
    json_t *reply = NULL;
    while (!(reply = cf_driver_reply(driver, first)))
        assert_true(cf_drivers_wait(drivers, cf_clock() + 20 * CF_SECOND));
    expect_status(reply, "ok");
    assert_null(cf_driver_reply(driver, first));
}

static void it_finds_the_name_of_the_run_in_its_environment(void **state)
{
    (void)state;
    struct cf_driver *driver =
        play("read line; echo \"{\\\"id\\\":1,\\\"status\\\":\\\"ok\\\",\\\"run\\\":"
             "\\\"$URIPC_RUN\\\"}\"; " WAITS);
    json_t *reply = cf_driver_ask(driver, command("fence"));
    assert_string_equal("test", json_string_value(json_object_get(reply, "run")));
    json_decref(reply);
}

static void hello_tells_who_it_is(void **state)
{
    struct cf_driver_hello hello;
    (void)state;
    struct cf_driver *driver =
        play("read line; echo '{\"id\":1,\"status\":\"ok\",\"protocol\":1,\"name\":\"toy\","
             "\"version\":\"2\",\"binding\":\"user\",\"capabilities\":[\"group\",\"load\","
             "\"of-the-future\"]}'; " WAITS);
    assert_true(cf_driver_hello(driver, &hello));
    assert_string_equal("toy", hello.name);
    assert_string_equal("2", hello.version);
    assert_int_equal(URIPC_BINDING_USER, hello.binding);
    assert_int_equal(URIPC_CAN_GROUP, hello.capabilities);
    assert_true(hello.load);
}

static void hello_can_be_wrong(void **state)
{
    static const struct {
        const char *reply;
        enum cf_verdict verdict;
        const char *words;
    } wrong[] = {
        {"\"status\":\"ok\"", CF_VERDICT_FAIL, "`protocol`"},
        {"\"status\":\"ok\",\"protocol\":1,\"name\":\"x\",\"version\":\"1\",\"binding\":\"all\","
         "\"capabilities\":[]",
         CF_VERDICT_FAIL, "`binding`"},
        {"\"status\":\"ok\",\"protocol\":2,\"name\":\"x\",\"version\":\"1\",\"binding\":\"api\","
         "\"capabilities\":[]",
         CF_VERDICT_FAIL, "protocol 2"},
        {"\"status\":\"not-supported\"", CF_VERDICT_UNRESOLVED, "refuses `hello`"},
        {"\"error\":\"no\"", CF_VERDICT_UNRESOLVED, "no"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct cf_driver_hello hello;
        char script[512];
        snprintf(script, sizeof(script), "read line; echo '{\"id\":1,%s}'; " WAITS, wrong[i].reply);
        struct cf_driver *driver = play(script);
        assert_false(cf_driver_hello(driver, &hello));
        expect_trouble(driver, wrong[i].verdict, wrong[i].words);
    }
}

static void what_breaks_the_protocol_fails(void **state)
{
    static const char *const wrong[][2] = {
        {"echo hello; " WAITS, "not JSON"},
        {"echo '[1]'; " WAITS, "no JSON object"},
        {"echo '{}'; " WAITS, "neither `event` nor"},
        {"echo '{\"id\":9,\"status\":\"ok\"}'; " WAITS, "command 9, which was never sent"},
        {OK1 "echo '{\"id\":1,\"status\":\"ok\"}'; " WAITS, "command 1 twice"},
        {"read line; echo '{\"id\":1,\"status\":\"splendid\"}'; " WAITS, "`status`"},
        {"read line; echo '{\"id\":1}'; " WAITS, "`status`"},
        {"echo '{\"event\":7}'; " WAITS, "`event`"},
        {"echo '{\"event\":\"completion\",\"status\":\"ok\"}'; " WAITS, "`overlapped`"},
        {"echo '{\"event\":\"completion\",\"overlapped\":6,\"status\":\"ok\"}'; " WAITS,
         "overlapped 6, of which no call"},
        {PENDING1 DONE DONE WAITS, "overlapped 5, of which no call"},
        {"read line; " DONE "echo '{\"id\":1,\"status\":\"full\"}'; " WAITS, "returned full"},
        {"exec >&-; read line; read line", "closed its standard output"},
        {"head -c 9000000 /dev/zero | tr '\\0' x; " WAITS, "more than 8388608 bytes"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct cf_driver *driver = play(wrong[i][0]);
        cf_driver_send(driver, call("send"), CF_DRIVER_PATIENCE);
        expect_trouble(driver, CF_VERDICT_FAIL, wrong[i][1]);
        cf_driver_free(driver);
    }
}

static void a_block_that_is_used_twice_completes_once_for_each_call(void **state)
{
    (void)state;
    struct cf_driver *driver =
        play(PENDING1 "read line; echo '{\"id\":2,\"status\":\"in-use\"}'; " DONE DONE WAITS);
    expect_status(cf_driver_ask(driver, call("send")), "pending");
    expect_status(cf_driver_ask(driver, call("send")), "in-use");
    expect_trouble(driver, CF_VERDICT_FAIL, "overlapped 5, of which no call");
    json_t *event = cf_driver_event(driver);
    assert_non_null(event);
    json_decref(event);
}

static void an_end_unasked_is_a_crash(void **state)
{
    static const struct {
        const char *script;
        const char *words;
        int number;
    } ends[] = {{"exit 3", "status 3", 0},
                {"exit 0", "unasked, with status 0", 0},
                {"kill -SEGV $$", "SIGSEGV", SIGSEGV},
                {"sleep 5 & exit 4", "status 4", 0},
                {"read line; exit 0", "unasked, with status 0", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct cf_driver *driver = play(ends[i].script);
        assert_null(cf_driver_ask(driver, command("end")));
        expect_trouble(driver, CF_VERDICT_CRASH, ends[i].words);
        assert_int_equal(ends[i].number, cf_driver_trouble(driver)->signal);
    }
}

static void a_reply_that_never_comes_is_a_timeout(void **state)
{
    (void)state;
    struct cf_driver *driver = play("read line; " WAITS);
    cf_driver_send(driver, command("fence"), 20 * CF_MILLISECOND);
    expect_trouble(driver, CF_VERDICT_TIMEOUT, "`fence`");
    assert_null(cf_driver_ask(driver, command("fence")));
}

static void what_cannot_be_started_is_unresolved(void **state)
{
    char missing[] = "/nowhere/driver";
    char *words[] = {missing, NULL};
    (void)state;
    struct cf_driver *driver =
        cf_driver_start(drivers, &(struct cf_driver_setup){.command = words, .run = "test"});
    expect_trouble(driver, CF_VERDICT_UNRESOLVED, "/nowhere/driver: No such file");
    assert_int_equal(0, cf_driver_process(driver));
}

static void the_last_of_its_log_is_kept(void **state)
{
    (void)state;
    struct cf_driver *driver = play("head -c 3000000 /dev/zero | tr '\\0' x >&2; "
                                    "echo 'last words' >&2; exit 1");
    expect_trouble(driver, CF_VERDICT_CRASH, "status 1");
    const char *log = cf_driver_log(driver);
    assert_int_equal(CF_LOG_MAX, strlen(log));
    assert_non_null(strstr(log, "xlast words\n"));
}

static void the_orderly_end_is_status_0_after_a_reply(void **state)
{
    (void)state;
    assert_true(cf_driver_end(play(OK1)));
    struct cf_driver *driver = play(OK1 "exit 7");
    assert_false(cf_driver_end(driver));
    expect_trouble(driver, CF_VERDICT_CRASH, "asked to end, its process ended with status 7");
}

static void a_killed_one_is_in_no_trouble_and_its_last_words_count(void **state)
{
    (void)state;
    struct cf_driver *driver = play(PENDING1 DONE "read line; " WAITS);
    expect_status(cf_driver_ask(driver, call("send")), "pending");
    pid_t pid = cf_driver_process(driver);
    uint64_t lost = cf_driver_send(driver, command("fence"), CF_DRIVER_PATIENCE);
    while (!cf_drivers_wait(drivers, cf_clock() + 20 * CF_SECOND)) {
    }
    cf_driver_kill(driver);
    assert_int_equal(-1, kill(pid, 0));
    assert_int_equal(0, cf_driver_process(driver));
    assert_null(cf_driver_trouble(driver));
    assert_null(cf_driver_reply(driver, lost));
    assert_int_equal(0, cf_driver_send(driver, command("fence"), CF_DRIVER_PATIENCE));
    assert_null(cf_driver_ask(driver, command("fence")));
}

static void a_stopped_one_goes_on_where_it_was(void **state)
{
    (void)state;
    struct cf_driver *driver = play(OK1 "read line; echo '{\"id\":2,\"status\":\"ok\"}'; " WAITS);
    expect_status(cf_driver_ask(driver, command("fence")), "ok");
    cf_driver_stop(driver);
    uint64_t id = cf_driver_send(driver, command("fence"), 60 * CF_SECOND);
    while (cf_drivers_wait(drivers, cf_clock() + 20 * CF_MILLISECOND)) {
    }
    assert_null(cf_driver_reply(driver, id));
    cf_driver_continue(driver);
    json_t *reply = NULL;
    while (!(reply = cf_driver_reply(driver, id)))
        assert_true(cf_drivers_wait(drivers, cf_clock() + 20 * CF_SECOND));
    expect_status(reply, "ok");
}

static void a_driver_that_reads_nothing_holds_nobody_up(void **state)
{
    (void)state;
    struct cf_driver *deaf = play("exec sleep 600");
    struct cf_driver *other = play(OK1 WAITS);
    for (int i = 0; i < 40; i++) {
        char data[8192];
        memset(data, 'x', sizeof(data));
        cf_driver_send(deaf, json_pack("{s:s, s:s#}", "do", "send", "data", data, sizeof(data)),
                       60 * CF_SECOND);
    }
    expect_status(cf_driver_ask(other, command("fence")), "ok");
    assert_null(cf_driver_trouble(deaf));
}

static void calls_on_no_driver_do_nothing(void **state)
{
    (void)state;
    assert_int_equal(0, cf_driver_send(NULL, command("fence"), 0));
    assert_null(cf_driver_ask(NULL, command("fence")));
    assert_null(cf_driver_event(NULL));
    assert_null(cf_driver_trouble(NULL));
    assert_string_equal("", cf_driver_log(NULL));
    cf_driver_kill(NULL);
    cf_driver_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_command_gets_its_reply_and_events_wait_their_turn),
        TEST(replies_may_come_in_any_order),
        TEST(it_finds_the_name_of_the_run_in_its_environment),
        TEST(hello_tells_who_it_is),
        TEST(hello_can_be_wrong),
        TEST(what_breaks_the_protocol_fails),
        TEST(a_block_that_is_used_twice_completes_once_for_each_call),
        TEST(an_end_unasked_is_a_crash),
        TEST(a_reply_that_never_comes_is_a_timeout),
        TEST(what_cannot_be_started_is_unresolved),
        TEST(the_last_of_its_log_is_kept),
        TEST(the_orderly_end_is_status_0_after_a_reply),
        TEST(a_killed_one_is_in_no_trouble_and_its_last_words_count),
        TEST(a_stopped_one_goes_on_where_it_was),
        TEST(a_driver_that_reads_nothing_holds_nobody_up),
        TEST(calls_on_no_driver_do_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
