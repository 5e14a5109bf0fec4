/* SPDX-License-Identifier: MIT */
#include "name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 256 };

static struct uripc_text text_of(const char *string)
{
    return (struct uripc_text){.at = string, .length = strlen(string)};
}

/* Runs one conversion in a block of exactly `capacity` bytes, so that a sanitizer sees a byte too
 * much, and ends its result as a string; "refused" if it is. */
static const char *canonical_within(struct uripc_text text, enum uripc_name_use use,
                                    size_t capacity)
{
    static char result[ROOM + 1];
    char *out = malloc(capacity > 0 ? capacity : 1);
    size_t length = 4711;
    enum uripc_status status = uripc_name_canonical(text, use, out, capacity, &length);

    if (status == URIPC_OK) {
        assert_true(length <= capacity);
        memcpy(result, out, length);
        result[length] = '\0';
        assert_int_equal(strlen(result), length);
    } else {
        assert_int_equal(status, URIPC_INVALID_NAME);
        assert_int_equal(length, 4711);
        strcpy(result, "refused");
    }
    free(out);
    return result;
}

static const char *registered(const char *text)
{
    return canonical_within(text_of(text), URIPC_NAME_REGISTERED, ROOM);
}

static const char *target(const char *text)
{
    return canonical_within(text_of(text), URIPC_NAME_TARGET, ROOM);
}

static const char *composed(const char *name, const char *suffix, size_t capacity)
{
    static char result[ROOM + 1];
    char *out = malloc(capacity > 0 ? capacity : 1);
    size_t length = 4711;
    enum uripc_status status =
        uripc_name_compose(text_of(name), text_of(suffix), out, capacity, &length);

    if (status == URIPC_OK) {
        assert_true(length <= capacity);
        memcpy(result, out, length);
        result[length] = '\0';
    } else {
        assert_int_equal(status, URIPC_INVALID_NAME);
        assert_int_equal(length, 4711);
        strcpy(result, "refused");
    }
    free(out);
    return result;
}

static void both(const char *text, const char *expected)
{
    assert_string_equal(registered(text), expected);
    assert_string_equal(target(text), expected);
}

/* The tables of the spec. */

/* Takes `text` or the word refused from a row; returns what follows, NULL if there is no cell. */
static const char *cell(const char *row, char result[ROOM])
{
    size_t length;

    row += strspn(row, "| ");
    if (*row == '`') {
        length = strcspn(++row, "`");
        assert_true(length > 0 && length < ROOM);
    } else if (strncmp(row, "refused", 7) == 0) {
        length = 7;
    } else {
        return NULL;
    }
    memcpy(result, row, length);
    result[length] = '\0';
    return row + length + (row[length] == '`');
}

/* Calls `check` for each row of the table with this heading; returns how many there were. */
static unsigned for_each_row(const char *heading, void (*check)(char cells[3][ROOM]))
{
    const char *root = getenv("URIPC_SOURCE_DIR");
    char line[1024];
    unsigned rows = 0;
    bool inside = false;

    if (root == NULL)
        fail_msg("URIPC_SOURCE_DIR is not set");
    snprintf(line, sizeof line, "%s/spec/1-names.md", root);

    FILE *file = fopen(line, "r");

    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        char cells[3][ROOM];
        const char *rest = line;

        if (line[0] != '|' || line[1] == '-') {
            inside = inside && line[0] == '|';
            continue;
        }
        if (!inside) {
            inside = strncmp(line, heading, strlen(heading)) == 0;
            continue;
        }
        for (unsigned i = 0; i < 3; i++) {
            rest = cell(rest, cells[i]);
            assert_non_null(rest);
        }
        check(cells);
        rows++;
    }
    fclose(file);
    return rows;
}

static void check_name(char cells[3][ROOM])
{
    assert_string_equal(registered(cells[0]), cells[1]);
    assert_string_equal(target(cells[0]), cells[2]);
}

static void test_names_are_as_the_table_of_the_spec_says(void **state)
{
    (void)state;
    assert_true(for_each_row("| input |", check_name) >= 24);
}

static void check_suffix(char cells[3][ROOM])
{
    assert_string_equal(registered(cells[0]), cells[0]);
    assert_string_equal(composed(cells[0], cells[1], ROOM), cells[2]);
}

static void test_suffixes_are_as_the_table_of_the_spec_says(void **state)
{
    (void)state;
    assert_true(for_each_row("| registered name |", check_suffix) >= 12);
}

/* NAM-17, NAM-18: each canonical form is its own and needs exactly its length. */
static void check_limits(char cells[3][ROOM])
{
    for (unsigned i = 1; i < 3; i++) {
        enum uripc_name_use use = i == 1 ? URIPC_NAME_REGISTERED : URIPC_NAME_TARGET;
        size_t length = strlen(cells[i]);

        if (strcmp(cells[i], "refused") == 0)
            continue;
        assert_string_equal(canonical_within(text_of(cells[i]), use, length), cells[i]);
        assert_string_equal(canonical_within(text_of(cells[0]), use, length), cells[i]);
        for (size_t less = 0; less < length; less++)
            assert_string_equal(canonical_within(text_of(cells[0]), use, less), "refused");
    }
}

static void test_limit_holds_for_the_canonical_form_which_is_its_own(void **state)
{
    (void)state;
    assert_true(for_each_row("| input |", check_limits) >= 24);
}

/* RTE-4 rests on this: what matches of a target is what the same text would register. */
static void check_match_part(char cells[3][ROOM])
{
    if (strcmp(cells[1], "refused") == 0)
        return;

    struct uripc_text part = uripc_name_match_part(text_of(cells[2]));

    assert_int_equal(part.length, strlen(cells[1]));
    assert_memory_equal(part.at, cells[1], part.length);
}

static void test_match_part_of_a_target_is_the_registered_name(void **state)
{
    (void)state;
    assert_true(for_each_row("| input |", check_match_part) >= 24);
}

/* Each clause by itself. */

static void test_refuses_what_is_no_uri_with_an_absolute_path(void **state)
{
    static const char *const texts[] = {"",      "a",      ":",      ":/",     "/",      "/a",
                                        "//h",   "//h/p",  "ipc",    "ipc:",   "ipc:a",  "ipc:.",
                                        "ipc:?", "ipc://", "ipc:?q", "1pc:/a", "-a:/a",  "i_c:/a",
                                        "i c:/", "a/b:c",  "?",      "#",      "ipc://?"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        both(texts[i], "refused");
    assert_string_equal(canonical_within((struct uripc_text){0}, URIPC_NAME_TARGET, ROOM),
                        "refused");
}

static void test_scheme_is_lowercased_and_has_32_characters_at_most(void **state)
{
    (void)state;
    both("A+-.9:/", "a+-.9:/");
    both("Abcdefghijklmnopqrstuvwxyz012345:/a", "abcdefghijklmnopqrstuvwxyz012345:/a");
    both("Abcdefghijklmnopqrstuvwxyz0123456:/a", "refused");
}

static void test_host_is_lowercased_and_path_is_not(void **state)
{
    (void)state;
    both("http://FoO/BaR", "http://foo/BaR");
    both("ipc://%46o-O_1.~!$&'()*+,;=/", "ipc://fo-o_1.~!$&'()*+,;=/");
    both("ipc://%c3%89\xC3\x89%2f%3A/", "ipc://%C3%89%C3%89%2F%3A/");
    assert_string_not_equal(registered("ipc:/a"), "ipc:/A");
}

static void test_only_unreserved_characters_are_decoded(void **state)
{
    (void)state;
    for (unsigned octet = 1; octet < 0x80; octet++) {
        char upper[16];
        char lower[16];

        snprintf(upper, sizeof upper, "ipc:/x%%%02X", octet);
        snprintf(lower, sizeof lower, "ipc:/x%%%02x", octet);
        if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~",
                   (int)octet) != NULL) {
            char decoded[16];

            snprintf(decoded, sizeof decoded, "ipc:/x%c", (int)octet);
            both(upper, decoded);
            both(lower, decoded);
        } else {
            both(upper, upper);
            both(lower, upper);
        }
    }
}

static void test_dot_segments_never_climb_out(void **state)
{
    (void)state;
    both("http://foo/../../bar", "http://foo/bar");
    both("http://foo/..%2f..", "http://foo/..%2F..");
    both("ipc:/a/%2e%2e/%2E%2e/b", "ipc:/b");
    both("ipc:/a/.%2e", "ipc:/");
    both("ipc:/./", "ipc:/");
    both("ipc:/...", "ipc:/...");
    both("ipc:/.a/a./%2ea", "ipc:/.a/a./.a");
    both("ipc:/a/..//b", "refused");
    both("ipc:/..//", "refused");
    both("ipc:/a//../b", "ipc:/a/b");
    both("http://foo//../b", "http://foo/b");
    assert_string_equal(target("ipc:/a/..?q"), "ipc:/?q");
    assert_string_equal(target("ipc:/a/.?q"), "ipc:/a/?q");
}

static void test_ports_are_decimal_and_the_default_is_removed(void **state)
{
    (void)state;
    both("http://h:1/", "http://h:1/");
    both("http://h:65535/", "http://h:65535/");
    both("http://h:443/", "http://h:443/");
    both("https://h:443/", "https://h/");
    both("httpx://h:80/", "httpx://h:80/");
    both("ipc://h:/", "ipc://h/");
    both("http://h:65536/", "refused");
    both("http://h:99999999999999999999/", "refused");
    both("http://h:01/", "refused");
    both("http://h:+1/", "refused");
    both("http://h:1a/", "refused");
    both("http://h:%31/", "refused");
    both("http://h:1:2/", "refused");
    both("http://:80/", "refused");
    both("ipc://:/a", "refused");
}

static void test_only_the_root_keeps_its_slash(void **state)
{
    (void)state;
    assert_string_equal(registered("http://foo/a/"), "http://foo/a");
    assert_string_equal(registered("http://foo/a///"), "http://foo/a");
    assert_string_equal(registered("http://foo//"), "http://foo/");
    assert_string_equal(registered("http://foo//a"), "http://foo//a");
    assert_string_equal(target("http://foo/a///"), "http://foo/a///");
    assert_string_equal(target("http://foo//?q"), "http://foo//?q");
}

static void test_code_points_are_compared_without_normalisation(void **state)
{
    (void)state;
    both("ipc:/\xC2\x80", "ipc:/%C2%80");
    both("ipc:/\xDF\xBF", "ipc:/%DF%BF");
    both("ipc:/\xE0\xA0\x80", "ipc:/%E0%A0%80");
    both("ipc:/\xED\x9F\xBF", "ipc:/%ED%9F%BF");
    both("ipc:/\xEE\x80\x80", "ipc:/%EE%80%80");
    both("ipc:/\xEF\xBF\xBF", "ipc:/%EF%BF%BF");
    both("ipc:/\xF0\x90\x80\x80", "ipc:/%F0%90%80%80");
    both("ipc:/\xF4\x8F\xBF\xBF", "ipc:/%F4%8F%BF%BF");
    both("ipc:/\xC3\xA9", "ipc:/%C3%A9");
    both("ipc:/e\xCC\x81", "ipc:/e%CC%81");
}

static void test_refuses_invalid_utf8_raw_and_encoded(void **state)
{
    static const char *const octets[] = {"\x80",
                                         "\xBF",
                                         "\xC0\x80",
                                         "\xC1\xBF",
                                         "\xC3",
                                         "\xC3\x41",
                                         "\xC3\xC3\xA9",
                                         "\xE0\x9F\xBF",
                                         "\xE2\x82",
                                         "\xED\xA0\x80",
                                         "\xED\xBF\xBF",
                                         "\xF0\x8F\xBF\xBF",
                                         "\xF0\x9F\x92",
                                         "\xF4\x90\x80\x80",
                                         "\xF5\x80\x80\x80",
                                         "\xF8\x88\x80\x80\x80",
                                         "\xFE",
                                         "\xFF"};

    (void)state;
    for (size_t i = 0; i < sizeof octets / sizeof octets[0]; i++) {
        char raw[ROOM];
        char encoded[ROOM] = "ipc:/a";

        for (const char *at = octets[i]; *at != '\0'; at++)
            sprintf(encoded + strlen(encoded), "%%%02X", (unsigned)(unsigned char)*at);
        snprintf(raw, sizeof raw, "ipc:/a%s", octets[i]);
        both(raw, "refused");
        both(encoded, "refused");
        strcat(raw, "/b");
        both(raw, "refused");
        snprintf(raw, sizeof raw, "ipc:/?%s", octets[i]);
        both(raw, "refused");
        snprintf(raw, sizeof raw, "ipc://a%s/", octets[i]);
        both(raw, "refused");
    }
    both("ipc:/\xC3%A9", "refused");
    both("ipc:/%C3\xA9", "refused");
}

static void test_refuses_control_characters_and_never_cuts(void **state)
{
    (void)state;
    for (int c = 0; c <= 0x20; c++) {
        const char inside[] = {'i', 'p', 'c', ':', '/', 'a', (char)(c < 0x20 ? c : 0x7F), 'b'};

        for (size_t length = 7; length <= 8; length++) {
            struct uripc_text text = {.at = inside, .length = length};

            assert_string_equal(canonical_within(text, URIPC_NAME_REGISTERED, ROOM), "refused");
            assert_string_equal(canonical_within(text, URIPC_NAME_TARGET, ROOM), "refused");
        }
    }
    both("ipc:/%00", "refused");
    both("http://a%00b/", "refused");
    assert_string_equal(target("ipc:/?%00"), "refused");
    both("ipc:/%01%7f", "ipc:/%01%7F");
}

static void test_refuses_fragment_userinfo_and_what_has_no_place(void **state)
{
    (void)state;
    for (const char *bad = " \"<>\\^`{|}[]#"; *bad != '\0'; bad++) {
        char text[ROOM];

        snprintf(text, sizeof text, "ipc:/a%cb", *bad);
        both(text, "refused");
        snprintf(text, sizeof text, "ipc:/a%c", *bad);
        both(text, "refused");
        snprintf(text, sizeof text, "ipc:/a?%c", *bad);
        both(text, "refused");
        snprintf(text, sizeof text, "ipc://a%cb/", *bad);
        both(text, "refused");
        assert_string_equal(composed("ipc:/a", text + 6, ROOM), "refused");
    }
    both("http://@foo/", "refused");
    both("http://me:secret@foo/", "refused");
    both("http://foo/@", "http://foo/@");
}

static void test_query_is_for_targets(void **state)
{
    (void)state;
    assert_string_equal(target("ipc:/a?"), "ipc:/a?");
    assert_string_equal(target("ipc:/a?%61%2f%c3%a9\xC3\xA9/../?"), "ipc:/a?a%2F%C3%A9%C3%A9/../?");
    assert_string_equal(target("http://foo?Q"), "http://foo/?Q");
    assert_string_equal(registered("ipc:/a?"), "refused");
    assert_string_equal(registered("http://foo?Q"), "refused");
}

static void test_refuses_malformed_percent(void **state)
{
    static const char *const endings[] = {"%", "%4", "%zz", "%4z", "%z4", "%%41", "%4%41", "%-1"};

    (void)state;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char text[ROOM];

        snprintf(text, sizeof text, "ipc:/%s", endings[i]);
        both(text, "refused");
        snprintf(text, sizeof text, "ipc:/?%s", endings[i]);
        both(text, "refused");
        snprintf(text, sizeof text, "http://h%s", endings[i]);
        both(text, "refused");
        assert_string_equal(composed("ipc:/a", endings[i], ROOM), "refused");
    }
    assert_string_equal(canonical_within((struct uripc_text){.at = "ipc:/%41", .length = 7},
                                         URIPC_NAME_TARGET, ROOM),
                        "refused");
}

static void test_ipv6_literals_are_text_but_well_formed(void **state)
{
    static const char *const good[] = {"[::]",
                                       "[::1]",
                                       "[1::]",
                                       "[0:0:0:0:0:0:0:1]",
                                       "[1:2::7:8]",
                                       "[::ffff:1.2.3.4]",
                                       "[1:2:3:4:5:6:7.8.9.255]",
                                       "[1:2:3:4:5:6:7::]",
                                       "[::2:3:4:5:6:7:8]"};
    static const char *const bad[] = {"[]",
                                      "[:]",
                                      "[:1]",
                                      "[1:]",
                                      "[1:2:3:4:5:6:7:8:9]",
                                      "[1:2:3]",
                                      "[:::]",
                                      "[1::2::3]",
                                      "[12345::]",
                                      "[g::]",
                                      "[::1.2.3]",
                                      "[::1.2.3.256]",
                                      "[::1.2.3.04]",
                                      "[::1.2.3.4:5]",
                                      "[1:2:3:4:5:6:7:8::]",
                                      "[::1%25eth0]",
                                      "[v1.x]",
                                      "[::1",
                                      "::1",
                                      "[::1]x",
                                      "x[::1]",
                                      "[::%31]",
                                      "[1:2:3:4:5:6:7:1.2.3.4]",
                                      "[1.2.3.4]"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char text[ROOM];

        snprintf(text, sizeof text, "http://%s/", good[i]);
        both(text, text);
        snprintf(text, sizeof text, "ipc://%s:80/", good[i]);
        both(text, text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[ROOM];

        snprintf(text, sizeof text, "http://%s/", bad[i]);
        both(text, "refused");
    }
    both("http://[FE80::ABCD]:80", "http://[fe80::abcd]/");
}

static void test_empty_authority_is_none(void **state)
{
    (void)state;
    both("ipc:///", "ipc:/");
    both("ipc:///a//b", "ipc:/a//b");
    both("ipc:////", "refused");
    both("http:///a", "refused");
    both("https:/", "refused");
    both("HTTP:/a", "refused");
    both("httpx:/a", "httpx:/a");
}

/* What is longer on the way than at its end must not meet the limit. */
static void test_limit_ignores_what_is_removed(void **state)
{
    static const struct {
        const char *text;
        const char *result;
    } rows[] = {{"ipc:/a/bbbbbbbbbbbb/../..", "ipc:/"},
                {"ipc:/bbbbbbbbbbbb/../a", "ipc:/a"},
                {"ipc:/bbbbbbbbbbbb/c/d/../../../a", "ipc:/a"},
                {"ipc:/bbbbbbbbbbbb/c//../.././../a", "ipc:/a"},
                {"ipc:/%61%62%63", "ipc:/abc"},
                {"http://h:80", "http://h/"},
                {"ipc:///a", "ipc:/a"},
                {"ipc:/a/b/c/../../../../../x", "ipc:/x"},
                {"ipc:/a/../%c3%a9", "ipc:/%C3%A9"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t length = strlen(rows[i].result);

        for (int use = URIPC_NAME_REGISTERED; use <= URIPC_NAME_TARGET; use++) {
            struct uripc_text text = text_of(rows[i].text);

            assert_string_equal(canonical_within(text, (enum uripc_name_use)use, length),
                                rows[i].result);
            assert_string_equal(canonical_within(text, (enum uripc_name_use)use, length - 1),
                                "refused");
        }
    }
    assert_string_equal(canonical_within(text_of("ipc:/a////"), URIPC_NAME_REGISTERED, 6),
                        "ipc:/a");
    assert_string_equal(canonical_within(text_of("ipc:/a////"), URIPC_NAME_TARGET, 9), "refused");
    assert_string_equal(canonical_within(text_of("ipc:/a//b/..//"), URIPC_NAME_REGISTERED, 6),
                        "ipc:/a");
    assert_string_equal(canonical_within(text_of("ipc:/a//b//"), URIPC_NAME_REGISTERED, 7),
                        "refused");
    assert_string_equal(canonical_within(text_of("ipc:////"), URIPC_NAME_REGISTERED, 5), "refused");
    assert_string_equal(canonical_within(text_of("ipc:/.//"), URIPC_NAME_REGISTERED, 5), "refused");
}

/* Suffixes. */

static void test_suffix_has_only_whole_segments(void **state)
{
    static const char *const refused[] = {
        "",     "/",      "//",     "/a",    "//h/a",  "a//b",   "a//",   ".",   "..",
        "./a",  "a/..",   "a/../b", "%2e",   "%2E%2e", ".%2e/a", "a/%2e", "a/.", "a/./",
        "?",    "a?b",    "#",      "a#",    "h://a",  "../",    "a/?b",  ".?",  "..#",
        "\xC3", "%C0%AF", "%00",    "a/ /b", "[::1]",  "a\\b"};

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_string_equal(composed("ipc:/a", refused[i], ROOM), "refused");
    assert_string_equal(composed("ipc:/a", "b/c", ROOM), "ipc:/a/b/c");
    assert_string_equal(composed("ipc:/a", "b/", ROOM), "ipc:/a/b/");
    assert_string_equal(composed("ipc:/", "b", ROOM), "ipc:/b");
    assert_string_equal(composed("http://h/", "b/c/", ROOM), "http://h/b/c/");
    assert_string_equal(composed("ipc:/a", "...", ROOM), "ipc:/a/...");
    assert_string_equal(composed("ipc:/a", ".a", ROOM), "ipc:/a/.a");
    assert_string_equal(composed("ipc:/a", "h:/x", ROOM), "ipc:/a/h:/x");
    assert_string_equal(composed("ipc:/a", "%2f%2e%2e%2fb", ROOM), "ipc:/a/%2F..%2Fb");
    assert_string_equal(composed("ipc:/a", "%01", ROOM), "ipc:/a/%01");
    assert_string_equal(composed("ipc:/a", "\xF0\x9F\x92\xA9", ROOM), "ipc:/a/%F0%9F%92%A9");
    assert_string_equal(composed("", "b", ROOM), "refused");
}

static void test_suffix_meets_the_limit_exactly(void **state)
{
    (void)state;
    for (size_t capacity = 0; capacity < 12; capacity++) {
        assert_string_equal(composed("ipc:/a", "b/%63", capacity),
                            capacity < 10 ? "refused" : "ipc:/a/b/c");
        assert_string_equal(composed("ipc:/a", "b/c/", capacity),
                            capacity < 11 ? "refused" : "ipc:/a/b/c/");
    }
}

static void test_suffix_can_be_appended_in_place(void **state)
{
    char out[ROOM] = "ipc:/ab";
    size_t length = 7;

    (void)state;
    assert_int_equal(uripc_name_compose((struct uripc_text){.at = out, .length = length},
                                        text_of("c"), out, sizeof out, &length),
                     URIPC_OK);
    assert_memory_equal(out, "ipc:/ab/c", length);
    memcpy(out + 1, "ipc:/", 5);
    assert_int_equal(uripc_name_compose((struct uripc_text){.at = out + 1, .length = 5},
                                        text_of("d"), out, sizeof out, &length),
                     URIPC_OK);
    assert_int_equal(length, 6);
    assert_memory_equal(out, "ipc:/d", length);
}

/* The request and the response of the note, both URIs byte for byte. */
static void test_example_of_the_note_comes_out(void **state)
{
    (void)state;
    assert_string_equal(composed(registered("ipc:/GUID1"), "RID1", ROOM), "ipc:/GUID1/RID1");
    assert_string_equal(target("http://foo/bar/xyz.htm"), "http://foo/bar/xyz.htm");
    assert_string_equal(composed(registered("http://foo"), "bar/xyz.htm", ROOM),
                        "http://foo/bar/xyz.htm");
    assert_string_equal(target("ipc:/GUID1/RID1"), "ipc:/GUID1/RID1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_as_the_table_of_the_spec_says),
        cmocka_unit_test(test_suffixes_are_as_the_table_of_the_spec_says),
        cmocka_unit_test(test_limit_holds_for_the_canonical_form_which_is_its_own),
        cmocka_unit_test(test_match_part_of_a_target_is_the_registered_name),
        cmocka_unit_test(test_refuses_what_is_no_uri_with_an_absolute_path),
        cmocka_unit_test(test_scheme_is_lowercased_and_has_32_characters_at_most),
        cmocka_unit_test(test_host_is_lowercased_and_path_is_not),
        cmocka_unit_test(test_only_unreserved_characters_are_decoded),
        cmocka_unit_test(test_dot_segments_never_climb_out),
        cmocka_unit_test(test_ports_are_decimal_and_the_default_is_removed),
        cmocka_unit_test(test_only_the_root_keeps_its_slash),
        cmocka_unit_test(test_code_points_are_compared_without_normalisation),
        cmocka_unit_test(test_refuses_invalid_utf8_raw_and_encoded),
        cmocka_unit_test(test_refuses_control_characters_and_never_cuts),
        cmocka_unit_test(test_refuses_fragment_userinfo_and_what_has_no_place),
        cmocka_unit_test(test_query_is_for_targets),
        cmocka_unit_test(test_refuses_malformed_percent),
        cmocka_unit_test(test_ipv6_literals_are_text_but_well_formed),
        cmocka_unit_test(test_empty_authority_is_none),
        cmocka_unit_test(test_limit_ignores_what_is_removed),
        cmocka_unit_test(test_suffix_has_only_whole_segments),
        cmocka_unit_test(test_suffix_meets_the_limit_exactly),
        cmocka_unit_test(test_suffix_can_be_appended_in_place),
        cmocka_unit_test(test_example_of_the_note_comes_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
