/* SPDX-License-Identifier: MIT */
/* What is said about a case that is wrong: place, words and picture. */
#define _POSIX_C_SOURCE 200809L /* open_memstream */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "case.h"

#define CALL                                                                                       \
    "a call (register, send, receive, close, listen, connect, accept, write, read, flush, "        \
    "shutdown, disconnect, request, serve, reply, survey, start, await, cancel, poll, info or "    \
    "peek)"
#define STEP "a step (such as A: receive a, wait 5ms or crash A)"
#define NAME "a name other than all, info, nonstrict and would-block"
#define ESCAPE "an escape (\\\" \\\\ \\n \\t \\r \\0 \\xHH \\u{H...} \\#), found another use of \\"
#define END "found the end of the line"

/* What most inputs begin with: four lines, and four with a handle. */
#define HEADER "case x\npromise p\nclause SND-1 RTE-1\n"
#define HANDLE HEADER "A: register \"ipc:/a\" as foo\n"

struct wrong {
    const char *input;
    const char *message; /* line:column: text; a file without lines has no place */
};

static const struct wrong headers[] = {
    {"", "expected \"case NAME\", found a file without lines"},
    {"# nothing\n\n", "expected \"case NAME\", found a file without lines"},
    {"promise x\n", "1:1: expected \"case NAME\" in the first line, found \"promise\""},
    {"cse x\n",
     "1:1: expected \"case NAME\" in the first line, found \"cse\"; did you mean \"case\"?"},
    {"case X\n", "1:6: expected a case name (a-z, 0-9 and -), found \"X\""},
    {"case x\nclause SND-1\nwait 1s\n", "1:1: expected a \"promise\" line, found none"},
    {"case x\npromise p\nwait 1s\n", "1:1: expected a \"clause\" line, found none"},
    {HEADER, "1:1: expected a step after the header, found none"},
    {"case x\npromse p\n",
     "2:1: expected a header line or a step, found \"promse\"; did you mean \"promise\"?"},
    {HEADER "case y\nwait 1s\n", "4:1: expected one \"case\" line, found another one"},
    {HEADER "promise q\nwait 1s\n", "4:1: expected one \"promise\" line, found another one"},
    {"case x\npromise \n", "2:9: expected a sentence, " END},
    {"case x\nclause snd-1\n", "2:8: expected a clause (such as SND-1), found \"snd-1\""},
    {"case x\nclause A-1\n", "2:8: expected a clause (such as SND-1), found \"A-1\""},
    {"case x\nclause SND-1 SND-1\n", "2:14: expected each clause once, found SND-1 again"},
    {HEADER "wait 1s\nclause SND-2\n",
     "5:1: expected a step, since header lines stand before the first one, found \"clause\""},
    {HEADER "profile Foo\n", "4:9: expected a profile (such as local), found \"Foo\""},
    {HEADER "needs fautls\n",
     "4:7: expected one of the capabilities virtual-time faults crash "
     "pause profiles users resolvers clocks turns group shared parents queues "
     "incarnations info cancel utf16 discard polling layout limits "
     "principals access sessions workers requests, found \"fautls\"; did you mean "
     "\"faults\"?"},
    {HEADER "probes crash\n", "4:8: expected one of the capabilities group shared parents queues "
                              "incarnations info cancel utf16 discard polling layout limits "
                              "principals access sessions workers requests, found \"crash\""},
    {HEADER "probes group info\n", "4:14: expected the end of the line, found \"info\""},
    {HEADER "probes group\nprobes info\n", "5:1: expected one \"probes\" line, found another one"},
    {HEADER "realm opn\n", "4:7: expected a kind of realm (private or open), found \"opn\"; did "
                           "you mean \"open\"?"},
    {HEADER "realm open\nrealm open\n", "5:1: expected one \"realm\" line, found another one"},
    {HEADER "resolver demon\n", "4:10: expected a kind of resolver (table, daemon or rendezvous), "
                                "found \"demon\"; did you mean \"daemon\"?"},
    {HEADER "resolver daemon\nresolver table\n",
     "5:1: expected one \"resolver\" line, found another one"},
    {HEADER "crash resolver\n", "4:7: expected \"resolver daemon\" in the header, found none"},
    {HEADER "resolver rendezvous\nrestart resolver\n",
     "5:9: expected \"resolver daemon\" in the header, found none"},
    {HEADER "resolver daemon\ncut resolver resolver\n",
     "5:5: expected a process and the resolver, both ways, found the resolver twice"},
    {HEADER "resolver daemon\nheal resolver -> A\nA: register \"a\" as h\n",
     "5:6: expected a process and the resolver, both ways, found one way"},
    {HEADER "resolver daemon\nlink A resolver loss 1/2\nA: register \"a\" as h\n",
     "5:8: expected a process (such as A), found \"resolver\""},
    {HEADER "limits rotes 3\n", "4:8: expected a limit (tiny, registrations, operations, routes, "
                                "pool or uri), found \"rotes\"; did you mean \"routes\"?"},
    {HEADER "limits uri 3 uri 4\n", "4:14: expected each limit once, found another one"},
    {HEADER "limits tiny\nlimits uri 4\n", "5:8: expected each limit once, found another one"},
    {HEADER "limits uri 0\n", "4:12: expected a number from 1 to 4294967295, found \"0\""},
    {HEADER "deadline 0s\n",
     "4:10: expected a duration above zero (such as 50ms), at most 1000000000s, found \"0s\""},
    {HEADER "deadline 1s 2s\n", "4:13: expected the end of the line, found \"2s\""},
};

static const struct wrong calls[] = {
    {HANDLE "A: recieve foo\n",
     "5:4: expected " CALL ", found \"recieve\"; did you mean \"receive\"?"},
    {HANDLE "A: frobnicate foo\n", "5:4: expected " CALL ", found \"frobnicate\""},
    {HANDLE "A:\n", "5:3: expected " CALL ", " END},
    {HANDLE "A receive foo\n", "5:3: expected \":\", found \"receive\""},
    {HANDLE "A-b: receive foo\n", "5:1: expected a process (such as A), found \"A-b\""},
    {HANDLE "A: receive fo\n", "5:12: expected a handle of A, found \"fo\"; did you mean \"foo\"?"},
    {HANDLE "B: receive foo\n", "5:12: expected a handle of B, found \"foo\""},
    {HANDLE "A: await foo\n", "5:10: expected a started call of A, found \"foo\""},
    {HANDLE "A: cancel foo\n", "5:11: expected a started call of A, found \"foo\""},
    {HEADER "A: register \"a\" as a under a\n", "4:28: expected a handle of A, found \"a\""},
    {HANDLE "A: receive foo dedline 5ms\n",
     "5:16: expected an option of receive (deadline, nowait, buffer, utf16, discard), \"->\" or "
     "the end of the line, found \"dedline\"; did you mean \"deadline\"?"},
    {HANDLE "A: close foo nowait\n",
     "5:14: expected \"->\" or the end of the line, found \"nowait\""},
    {HANDLE "A: receive foo nowait nowait\n", "5:23: expected each option once, found \"nowait\""},
    {HEADER "A: register \"ipc:/a\"\n", "4:21: expected \"as NAME\", " END},
    {HANDLE "A: start receive foo\n", "5:21: expected \"as NAME\", " END},
    {HEADER "A: register \"a\" as Foo\n", "4:20: expected a name for the handle, found \"Foo\""},
    {HANDLE "A: start close foo as 1\n", "5:23: expected a name for the call, found \"1\""},
    {HEADER "A: register \"a\" as info\n", "4:20: expected " NAME ", found \"info\""},
    {HEADER "A: register \"a\" as all\n", "4:20: expected " NAME ", found \"all\""},
    {HEADER "A: register ipc as a\n", "4:13: expected a text in quotes, found \"ipc\""},
    {HANDLE "A: send foo \"ipc:/a\"\n", "5:13: expected \"to\", found the string \"ipc:/a\""},
    {HEADER "A: register \"a\" as a kind grup\n",
     "4:27: expected a kind (exclusive, shared or "
     "group), found \"grup\"; did you mean \"group\"?"},
    {HEADER "A: register \"a\" as a overflow drop\n",
     "4:31: expected an overflow policy (reject, block, drop-newest or drop-oldest), found "
     "\"drop\""},
    {HANDLE "A: receive foo buffer x\n", "5:23: expected a number from 0 to 16777216, found \"x\""},
    {HANDLE "A: send foo to \"a\" null 4294967296\n",
     "5:25: expected a number from 0 to 4294967295, found \"4294967296\""},
    {HANDLE "A: send foo to \"a\" expecting foo\n",
     "5:30: expected a captured incarnation (such as $i), found \"foo\""},
    {HANDLE "A: receive foo deadline 5\n",
     "5:25: expected a duration above zero (such as 50ms), at most 1000000000s, found \"5\""},
    {HANDLE "A: start poll -> ok\n",
     "5:10: expected a call that completes (register, send, receive, close, listen, connect, "
     "accept, write, read, flush, shutdown, disconnect, request, serve, reply or survey), found "
     "\"poll\""},
    {HEADER "A: listen \"a\" as door mode streams\n",
     "4:28: expected a mode (messages or bytes), found \"streams\""},
    {HEADER "A: listen \"a\"\n", "4:14: expected \"as NAME\", " END},
    {HANDLE "A: survey \"a\" \"b\" as us\n", "5:24: expected \"during D\", " END},
    {HANDLE "A: reply foo \"b\"\n",
     "5:10: expected a captured message id (such as $m), found \"foo\""},
    {HANDLE "A: serve foo retry 1s\n",
     "5:14: expected an option of serve (deadline, buffer, remember), \"->\" or the end of the "
     "line, found \"retry\""},
    {HANDLE "A: request \"a\" over door\n",
     "5:21: expected a handle of A, found \"door\"; did you mean \"foo\"?"},
    {HANDLE "A: accept door as end\n",
     "5:11: expected a handle of A, found \"door\"; did you mean \"foo\"?"},
    {HANDLE "A: connect \"a\" as line detector freshness\n",
     "5:42: expected \"silence D\", which the detector judges, " END},
    {HANDLE "A: connect \"a\" as line silence 1s detector frehness\n",
     "5:44: expected a detector (timeout or freshness), found \"frehness\"; did you mean "
     "\"freshness\"?"},
    {HANDLE "A: write foo \"x\" buffer 3\n",
     "5:18: expected an option of write (deadline, nowait), \"->\" or the end of the line, found "
     "\"buffer\""},
};

static const struct wrong expectations[] = {
    {HANDLE "A: poll\n", "5:8: expected \"->\", since a poll must say what comes, " END},
    {HANDLE "A: poll -> ok\n", "5:12: expected would-block or a started call, found \"ok\""},
    {HANDLE "A: receive foo ->\n", "5:18: expected a status or \"from\", " END},
    {HANDLE "A: receive foo -> timout\n",
     "5:19: expected a status or \"from\", found \"timout\"; did you mean \"timeout\"?"},
    {HANDLE "A: send foo to \"b\" -> no-reciever\n",
     "5:23: expected a status, found \"no-reciever\"; did you mean \"no-receiver\"?"},
    {HANDLE "A: receive foo -> pending\n", "5:19: expected a final status, since only start "
                                           "leaves calls pending, found \"pending\""},
    {HANDLE "A: send foo to \"b\" -> from \"x\"\n", "5:23: expected a status, found \"from\""},
    {HANDLE "A: receive foo -> ok byts 5\n",
     "5:22: expected a check (definite, within 5ms, bytes 3 ...), \"|\", \"[\" or the end of the "
     "line, found \"byts\"; did you mean \"bytes\"?"},
    {HANDLE "A: send foo to \"b\" -> ok aligned\n",
     "5:26: expected a check that fits this line, found \"aligned\""},
    {HANDLE "A: cancel all foo -> ok definite\n",
     "5:25: expected a check that fits this line, found \"definite\""},
    {HANDLE "A: read foo -> mor \"x\"\n",
     "5:16: expected a status or data, found \"mor\"; did you mean \"more\"?"},
    {HANDLE "A: read foo -> more \"x\" left 1 left 2\n",
     "5:32: expected each check once, found \"left\""},
    {HANDLE "A: read foo -> \"x\" lengths 1 2 3\n",
     "5:20: expected a check that fits this line, found \"lengths\""},
    {HANDLE "A: receive foo -> ok left 1\n",
     "5:22: expected a check that fits this line, found \"left\""},
    {HANDLE "A: peek foo -> messages 1\n",
     "5:16: expected a field, \"record\" or a status, found \"messages\""},
    {HANDLE "A: receive foo -> timeout definite indefinite\n",
     "5:36: expected each check once, found \"indefinite\""},
    {HANDLE "A: receive foo -> ok bytes 1 bytes 2\n",
     "5:30: expected each check once, found \"bytes\""},
    {HANDLE "A: receive foo -> ok [SND-11]\n", "5:23: expected a clause of the case's header, "
                                               "found \"SND-11\"; did you mean \"SND-1\"?"},
    {HANDLE "A: receive foo -> ok [SND-1\n", "5:28: expected \"]\", " END},
    {HANDLE "A: receive foo -> ok []\n", "5:23: expected a clause (such as SND-1), found \"]\""},
    {HANDLE "A: receive foo -> ok [SND-1] |\n", "5:30: expected the end of the line, found \"|\""},
    {HANDLE "A: receive foo -> ok incarnation $abd\n",
     "5:34: expected a captured incarnation (such as $i), found \"$abd\""},
    {HANDLE "A: receive foo -> ok message as $one\nA: receive foo -> ok incarnation $one\n",
     "6:34: expected a captured incarnation (such as $i), found \"$one\""},
    {HANDLE "A: receive foo -> ok message as $first\nA: receive foo -> ok message $frist\n",
     "6:30: expected a captured message id (such as $m), found \"$frist\"; did you mean "
     "\"$first\"?"},
    {HANDLE "A: receive foo -> ok message as $one incarnation as $one\n",
     "5:53: expected a name that captures one kind of value, found \"$one\""},
    {HANDLE "A: receive foo -> ok message as one\n",
     "5:33: expected a name for the captured value (such as $i), found \"one\""},
    {HANDLE "A: info foo -> mesages 5\n", "5:16: expected a field, \"record\" or a status, found "
                                          "\"mesages\"; did you mean \"messages\"?"},
    {HANDLE "A: info foo -> record\n", "5:22: expected a field (messages, bytes, next, receives, "
                                       "waiting, dropped, kind or incarnation), " END},
    {HANDLE "A: info foo -> next 1 2\n", "5:24: expected a number from 0 to 4294967295, " END},
    {HANDLE "A: info foo -> next none next none\n",
     "5:26: expected each check once, found \"next\""},
};

static const struct wrong worlds[] = {
    {HANDLE "crsh A\n", "5:1: expected " STEP ", found \"crsh\"; did you mean \"crash\"?"},
    {HANDLE "\"text\"\n", "5:1: expected " STEP ", found the string \"text\""},
    {HANDLE "wait 1.5ns\n",
     "5:6: expected a duration (such as 50ms or 1.5us), at most 1000000000s, found \"1.5ns\""},
    {HANDLE "wait 1000000001s\n", "5:6: expected a duration (such as 50ms or 1.5us), at most "
                                  "1000000000s, found \"1000000001s\""},
    {HANDLE "crash b\n", "5:7: expected a process (such as A), found \"b\""},
    {HANDLE "crash B\n", "5:7: expected a process that makes calls, found \"B\""},
    {HEADER "Worker: register \"ipc:/a\" as foo\ncrash Worke\n",
     "5:7: expected a process that makes calls, found \"Worke\"; did you mean \"Worker\"?"},
    {HANDLE "principal A 5\n",
     "5:11: expected a principal once and before the first call of \"A\""},
    {HANDLE "link all\n", "5:9: expected a fault (delay, loss, duplicate, reorder, size, capacity, "
                          "transports or clear), " END},
    {HANDLE "link all los 1/2\n",
     "5:10: expected a fault (delay, loss, duplicate, reorder, size, capacity, transports or "
     "clear), found \"los\"; did you mean \"loss\"?"},
    {HANDLE "link all reorder reorder\n", "5:18: expected each fault once, found one again"},
    {HANDLE "link all reorder clear\n", "5:18: expected \"clear\" alone, found it with faults"},
    {HANDLE "link all loss 3/2\n", "5:17: expected a number from 3 to 4294967295, found \"2\""},
    {HANDLE "link all loss 3\n", "5:16: expected \"/\", " END},
    {HANDLE "link all delay 3ms..2ms\n",
     "5:21: expected the longer delay last, found the shorter one"},
    {HANDLE "cut A A for 0s\n",
     "5:13: expected a duration above zero (such as 50ms), at most 1000000000s, found \"0s\""},
    {HANDLE "heal A A for 1s\n", "5:10: expected the end of the line, found \"for\""},
    {HANDLE "link all clear for 1s\n", "5:16: expected the end of the line, found \"for\""},
    {HANDLE "link all for 1s\n", "5:10: expected a fault (delay, loss, duplicate, reorder, size, "
                                 "capacity, transports or clear), found \"for\""},
    {HANDLE "crash A at 5ms\n", "5:12: expected \"event\", found \"5ms\""},
    {HANDLE "crash A at event 0\n",
     "5:18: expected a number from 1 to 18446744073709551615, found \"0\""},
    {HEADER "resolver daemon\ncrash resolver at event 1\n",
     "5:16: expected the end of the line, found \"at\""},
    {HANDLE "slow A\n",
     "5:7: expected a duration (such as 50ms or 1.5us), at most 1000000000s, " END},
    {HANDLE "clock A\n",
     "5:8: expected a setting of a clock (ahead, behind, fast, slow or clear), " END},
    {HANDLE "clock A fats 1/2\n",
     "5:9: expected a setting of a clock (ahead, behind, fast, slow or clear), found \"fats\"; did "
     "you mean \"fast\"?"},
    {HANDLE "clock A ahead 1s behind 1s\n",
     "5:18: expected one offset and one drift, found another one"},
    {HANDLE "clock A ahead 1s clear\n", "5:18: expected \"clear\" alone, found it with settings"},
    {HANDLE "clock A fast 2/3\n", "5:14: expected a drift of whole millionths, above zero and at "
                                  "most 1/2, found 2/3"},
    {HANDLE "clock A slow 1/3\n", "5:14: expected a drift of whole millionths, above zero and at "
                                  "most 1/2, found 1/3"},
    {HANDLE "clock A slow 0/3\n", "5:14: expected a drift of whole millionths, above zero and at "
                                  "most 1/2, found 0/3"},
    {HANDLE "after 5ms A: receive foo\n",
     "5:11: expected a crash, restart, pause, resume, cut, heal, link, slow, clock or \"P: cancel "
     "x\" after a time, found another step"},
    {HANDLE "after 5ms wait 5ms\n",
     "5:11: expected a crash, restart, pause, resume, cut, heal, link, slow, clock or \"P: cancel "
     "x\" after a time, found another step"},
};

static const struct wrong blocks[] = {
    {HANDLE "end\n", "5:1: expected a step, found \"end\" of no block"},
    {HANDLE "repeat 3\nA: receive foo\n",
     "5:1: expected \"end\" for this block, found the end of the file"},
    {HANDLE "  repeat 3\n  end\n", "5:1: expected a step in this block, found none"},
    {HANDLE "subset\nend\n", "5:1: expected a step in this block, found none"},
    {HANDLE "repeat 0\nwait 1s\nend\n", "5:8: expected a number from 1 to 20000, found \"0\""},
    {HANDLE "repeat 1\nwait 1s\nend 1\n", "7:5: expected the end of the line, found \"1\""},
    {HANDLE "repeat 200\nrepeat 200\nwait 1s\nend\nend\n",
     "7:1: expected at most 20000 steps, found more"},
    {HANDLE "repeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\nrepeat 1\n"
            "repeat 1\nwait 1s\nend\nend\nend\nend\nend\nend\nend\nend\nend\n",
     "13:1: expected at most 8 repeats in each other, found more"},
    {HANDLE "unordered\nA: send foo to \"x\"\nend\n",
     "6:1: expected receive, read and await lines in this block, found another step"},
    {HANDLE "unordered\nA: start receive foo as x\nend\n",
     "6:1: expected receive, read and await lines in this block, found another step"},
    {HANDLE "unordered\nA: receive foo -> ok | timeout\nend\n",
     "6:1: expected one expectation for a line of this block, found alternatives"},
    {HANDLE "unordered\nrepeat 2\nwait 1s\nend\nend\n",
     "6:1: expected receive, read and await lines in this block, found another block"},
};

static const struct wrong characters[] = {
    {HANDLE "A: send foo to \"ipc:/b\n", "5:16: expected a closing quote, " END},
    {HANDLE "A: send foo to \"\\q\"\n", "5:17: expected " ESCAPE},
    {HANDLE "A: send foo to \"\\u{110000}\"\n", "5:17: expected " ESCAPE},
    {HANDLE "A: send foo to \"\\u{}\"\n", "5:17: expected " ESCAPE},
    {HANDLE "A: send foo to \"\\x4\"\n", "5:17: expected " ESCAPE},
    {HANDLE "A: send foo to \"a\tb\"\n", "5:18: expected \\t, found a raw tab in a string"},
    {HANDLE "A: send foo to ;\n",
     "5:16: expected a word, a string or a sign, found a character that is none"},
    {HANDLE "A: receive foo -> ok message as $1\n", "5:33: expected a lowercase name after $"},
    {HANDLE "A: send foo to \"\x01\"\n", "5:17: expected text, found a control character"},
    {HANDLE "A: send foo to \"\xff\"\n", "5:17: expected UTF-8, found other bytes"},
    {HANDLE "A: send foo to \"\xC3\xA9\" \xC3\xA9\n",
     "5:20: expected a word, a string or a sign, found a character that is none"},
    {HANDLE "A: send foo to \"a\"*1048577\n",
     "5:20: expected a number from 1 to 1048576, found \"1048577\""},
    {HANDLE "A: send foo to \"a\"*1048576 + \"b\"\n",
     "5:30: expected a text of at most 1048576 bytes, found more"},
    {HANDLE "repeat 20\nA: send foo to \"b\" \"\\#\" + \"a\"*1000000\nend\n",
     "6:38: expected at most 16777216 bytes in all texts together, found more"},
};

static struct cf_diagnostics diagnostics;

static struct cf_case *parse(const char *file, const char *bytes, size_t size)
{
    diagnostics = (struct cf_diagnostics){.count = 0};
    return cf_case_parse(file, bytes, size, &diagnostics);
}

static void check_all(const struct wrong *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char said[CF_MESSAGE_MAX + 32];
        struct cf_case *const made = parse("x", list[i].input, strlen(list[i].input));
        const struct cf_diagnostic *const one = &diagnostics.list[0];
        if (made != NULL || diagnostics.count != 1)
            print_message("errors: %zu, input:\n%s\n", diagnostics.count, list[i].input);
        assert_null(made);
        assert_int_equal(diagnostics.count, 1);
        if (one->line == 0) {
            snprintf(said, sizeof said, "%s", one->message);
        } else {
            snprintf(said, sizeof said, "%u:%u: %s", (unsigned)one->line, (unsigned)one->column,
                     one->message);
        }
        assert_string_equal(said, list[i].message);
    }
}

#define CHECK_ALL(list) check_all(list, sizeof(list) / sizeof *(list))

static void test_header_errors_say_what_was_expected(void **state)
{
    (void)state;
    CHECK_ALL(headers);
}

static void test_call_errors_say_what_was_expected(void **state)
{
    (void)state;
    CHECK_ALL(calls);
}

static void test_expectation_errors_say_what_was_expected(void **state)
{
    (void)state;
    CHECK_ALL(expectations);
}

static void test_world_errors_say_what_was_expected(void **state)
{
    (void)state;
    CHECK_ALL(worlds);
}

static void test_block_errors_say_what_was_expected(void **state)
{
    (void)state;
    CHECK_ALL(blocks);
}

static void test_character_errors_say_what_was_expected(void **state)
{
    (void)state;
    CHECK_ALL(characters);
}

/* What cf_diagnostics_print writes about an input that is wrong. */
static void assert_printed(const char *input, size_t size, const char *expected)
{
    char *text = NULL;
    size_t length = 0;
    assert_null(parse("dir/x.case", input, size));
    FILE *const out = open_memstream(&text, &length);
    assert_non_null(out);
    cf_diagnostics_print(&diagnostics, out);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void test_an_error_shows_its_line_and_place(void **state)
{
    (void)state;
    const char input[] = HANDLE "\tA: send foo to \"\xC3\xA9\" bites 5\r\n";
    assert_printed(input, sizeof input - 1,
                   "dir/x.case:5:21: error: expected an option of send (deadline, nowait, "
                   "expecting), \"->\" or the end of the line, found \"bites\"\n"
                   "     A: send foo to \"\xC3\xA9\" bites 5\n"
                   "                        ^\n");
}

static void test_a_nul_byte_is_an_error_at_its_place(void **state)
{
    (void)state;
    const char input[] = HANDLE "A: send\0 foo\n";
    assert_printed(input, sizeof input - 1,
                   "dir/x.case:5:8: error: expected text, found a control character\n"
                   "    A: send  foo\n"
                   "           ^\n");
}

static void test_the_name_is_that_of_the_file(void **state)
{
    (void)state;
    const char input[] = "case y\npromise p\nclause SND-1\nwait 1s\n";
    assert_printed(input, sizeof input - 1,
                   "dir/x.case:1:6: error: expected the file's name \"x\", found \"y\"\n"
                   "    case y\n"
                   "         ^\n");
}

static void test_of_a_long_line_the_wrong_part_is_shown(void **state)
{
    (void)state;
    char input[1024];
    const int size = snprintf(input, sizeof input, HANDLE "A: send foo to \"%0300d\" ?\n", 0);
    assert_null(parse("x", input, (size_t)size));
    assert_int_equal(diagnostics.count, 1);
    const struct cf_diagnostic *const one = &diagnostics.list[0];
    assert_int_equal(one->column, 319);
    assert_int_equal(one->excerpt[one->caret], '?');
    assert_true(strlen(one->excerpt) <= CF_EXCERPT_CHARACTERS);
}

static void test_a_line_is_at_most_4096_bytes_long(void **state)
{
    (void)state;
    char input[8192];
    int size = snprintf(input, sizeof input, "%s#%04095d\n", HANDLE, 0);
    struct cf_case *const made = parse("x", input, (size_t)size);
    assert_non_null(made);
    cf_case_free(made);
    size = snprintf(input, sizeof input, "%s#%04096d\n", HANDLE, 0);
    assert_null(parse("x", input, (size_t)size));
    assert_int_equal(diagnostics.list[0].column, 4097);
    assert_string_equal(diagnostics.list[0].message,
                        "expected at most 4096 bytes in a line, found more");
}

static void test_a_file_is_at_most_one_mebibyte_long(void **state)
{
    (void)state;
    const size_t header = strlen(HANDLE);
    char *const input = malloc(CF_FILE_MAX + 1);
    assert_non_null(input);
    memset(input, '\n', CF_FILE_MAX + 1);
    memcpy(input, HANDLE, header);
    struct cf_case *const made = parse("x", input, CF_FILE_MAX);
    assert_non_null(made);
    cf_case_free(made);
    assert_null(parse("x", input, CF_FILE_MAX + 1));
    assert_string_equal(diagnostics.list[0].message,
                        "expected at most 1048576 bytes, found 1048577");
    free(input);
}

static void test_all_errors_are_told_up_to_twenty_in_order(void **state)
{
    (void)state;
    char input[1024] = HANDLE "A: receive bar\nwait x\nwait y\n";
    assert_null(parse("x", input, strlen(input)));
    assert_int_equal(diagnostics.count, 3);
    assert_int_equal(diagnostics.list[2].line, 7);
    assert_false(diagnostics.more);
    for (int i = 0; i < 18; i++)
        strcat(input, "wait z\n");
    assert_null(parse("x", input, strlen(input)));
    assert_int_equal(diagnostics.count, CF_DIAGNOSTICS_MAX);
    assert_int_equal(diagnostics.list[CF_DIAGNOSTICS_MAX - 1].line, 24);
    assert_true(diagnostics.more);
}

static void test_one_mistake_is_told_once(void **state)
{
    (void)state;
    const struct wrong once[] = {
        {HEADER "A: register \"ipc:/a\" as foo knd group -> ok\nA: receive foo\nA: close foo\n",
         "4:29: expected an option of register (as, under, kind, queue, queue-bytes, overflow, "
         "max, deadline), \"->\" or the end of the line, found \"knd\"; did you mean \"kind\"?"},
        {HANDLE "A: start receive foo byffer 3 as x -> pending\nA: await x -> ok message as $m\n",
         "5:22: expected an option of receive (as, deadline, nowait, buffer, utf16, discard), "
         "\"->\" or the end of the line, found \"byffer\"; did you mean \"buffer\"?"},
        {HANDLE "A: receive foo -> okay incarnation as $i\nA: send foo to \"b\" expecting $i\n",
         "5:19: expected a status or \"from\", found \"okay\"; did you mean \"ok\"?"},
        {HANDLE "repeat 5\nA: receive bar\nend\n", "6:12: expected a handle of A, found \"bar\""},
    };
    CHECK_ALL(once);
}

static void test_a_file_that_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    diagnostics = (struct cf_diagnostics){.count = 0};
    assert_null(cf_case_read("no/such/file.case", &diagnostics));
    assert_string_equal(diagnostics.list[0].message, "cannot be read: No such file or directory");
    diagnostics = (struct cf_diagnostics){.count = 0};
    assert_null(cf_case_read(".", &diagnostics));
    assert_string_equal(diagnostics.list[0].message, "cannot be read: Is a directory");
}

static void test_a_case_can_be_complained_about_later(void **state)
{
    (void)state;
    struct cf_case *const made = parse("x", HANDLE, strlen(HANDLE));
    assert_non_null(made);
    const struct cf_clause *const clause = &made->clauses[1];
    cf_case_complain(made, &diagnostics, clause->line, clause->column, "unknown %s", clause->id);
    const struct cf_diagnostic *const one = &diagnostics.list[0];
    assert_string_equal(one->message, "unknown RTE-1");
    assert_string_equal(one->excerpt, "clause SND-1 RTE-1");
    assert_int_equal(one->caret, 13);
    cf_case_free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_errors_say_what_was_expected),
        cmocka_unit_test(test_call_errors_say_what_was_expected),
        cmocka_unit_test(test_expectation_errors_say_what_was_expected),
        cmocka_unit_test(test_world_errors_say_what_was_expected),
        cmocka_unit_test(test_block_errors_say_what_was_expected),
        cmocka_unit_test(test_character_errors_say_what_was_expected),
        cmocka_unit_test(test_an_error_shows_its_line_and_place),
        cmocka_unit_test(test_a_nul_byte_is_an_error_at_its_place),
        cmocka_unit_test(test_the_name_is_that_of_the_file),
        cmocka_unit_test(test_of_a_long_line_the_wrong_part_is_shown),
        cmocka_unit_test(test_a_line_is_at_most_4096_bytes_long),
        cmocka_unit_test(test_a_file_is_at_most_one_mebibyte_long),
        cmocka_unit_test(test_all_errors_are_told_up_to_twenty_in_order),
        cmocka_unit_test(test_one_mistake_is_told_once),
        cmocka_unit_test(test_a_file_that_cannot_be_read_is_an_error),
        cmocka_unit_test(test_a_case_can_be_complained_about_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
