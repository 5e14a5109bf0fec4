/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "driver_value.h"

static void texts_and_data_come_back_as_they_were(void **state)
{
    static const struct {
        const char *at;
        size_t size;
        bool plain;
    } texts[] = {{"", 0, true},          {"ipc:/a", 6, true},     {"\xc3\xa9", 2, true},
                 {"\xff", 1, false},     {"a\0b", 3, false},      {"\xed\xa0\x80", 3, false},
                 {"\xff\xfe", 2, false}, {"\xff\0\xfd", 3, false}};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct cf_bytes text;
        struct cf_bytes data;
        json_t *json = cf_text_to_json(texts[i].at, texts[i].size);
        assert_int_equal(texts[i].plain, json_is_string(json));
        assert_true(cf_text_from_json(json, &text));
        assert_true(cf_data_from_json(json, &data));
        assert_int_equal(texts[i].size, text.size);
        assert_memory_equal(texts[i].at, text.at, text.size);
        assert_int_equal(texts[i].size, data.size);
        assert_memory_equal(texts[i].at, data.at, data.size);
        cf_bytes_free(&text);
        cf_bytes_free(&data);
        json_decref(json);
    }
}

static void base64_is_that_of_rfc_4648(void **state)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct cf_bytes bytes;
        json_t *json = cf_base64_to_json(pairs[i][0], strlen(pairs[i][0]));
        assert_string_equal(pairs[i][1], json_string_value(json));
        assert_true(cf_base64_from_json(json, &bytes));
        assert_int_equal(strlen(pairs[i][0]), bytes.size);
        assert_memory_equal(pairs[i][0], bytes.at, bytes.size);
        cf_bytes_free(&bytes);
        json_decref(json);
    }
}

static void what_is_no_base64_is_refused(void **state)
{
    static const char *const wrong[] = {
        "Z", "Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Zm9*", "Zm 9"};
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct cf_bytes bytes;
        json_t *json = json_string(wrong[i]);
        assert_false(cf_base64_from_json(json, &bytes));
        json_decref(json);
    }
}

static void data_are_made_from_seed_and_length(void **state)
{
    struct cf_bytes data;
    json_t *json = json_pack("{s:i, s:i}", "seed", 0, "length", 4);
    (void)state;
    assert_true(cf_data_from_json(json, &data));
    assert_int_equal(4, data.size);
    assert_memory_equal("\x9e\x3c\xda\x78", data.at, 4);
    cf_bytes_free(&data);
    json_decref(json);
}

static void data_that_are_missing_are_empty_and_null_has_no_bytes(void **state)
{
    struct cf_bytes data;
    json_t *json = json_pack("{s:i}", "null", 7);
    (void)state;
    assert_true(cf_data_from_json(NULL, &data));
    assert_int_equal(0, data.size);
    assert_non_null(data.at);
    cf_bytes_free(&data);
    assert_true(cf_data_from_json(json, &data));
    assert_null(data.at);
    assert_int_equal(7, data.size);
    json_decref(json);
}

static void what_is_neither_text_nor_data_is_refused(void **state)
{
    static const char *const wrong[] = {"7",
                                        "null",
                                        "[]",
                                        "{}",
                                        "{\"base64\":7}",
                                        "{\"seed\":1}",
                                        "{\"seed\":-1,\"length\":2}",
                                        "{\"seed\":1,\"length\":1048577}",
                                        "{\"null\":-1}"};
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct cf_bytes bytes;
        json_t *json = json_loads(wrong[i], JSON_DECODE_ANY, NULL);
        assert_non_null(json);
        assert_false(cf_text_from_json(json, &bytes));
        assert_false(cf_data_from_json(json, &bytes));
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_and_data_come_back_as_they_were),
        cmocka_unit_test(base64_is_that_of_rfc_4648),
        cmocka_unit_test(what_is_no_base64_is_refused),
        cmocka_unit_test(data_are_made_from_seed_and_length),
        cmocka_unit_test(data_that_are_missing_are_empty_and_null_has_no_bytes),
        cmocka_unit_test(what_is_neither_text_nor_data_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
