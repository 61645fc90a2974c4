#include "proxy/base/text.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace fairlead {
namespace {

using Words = std::vector<std::string_view>;

std::string json(std::string_view text) {
    std::string out;
    append_json_escaped(out, text);
    return out;
}

TEST_CASE("letters are compared without case, other bytes are not", "[base][text]") {
    CHECK(iequals("Content-Length", "content-LENGTH"));
    CHECK_FALSE(iequals("a", "ab"));
    CHECK_FALSE(iequals("[", "{"));  // 0x20 apart, as "A" and "a" are
    CHECK_FALSE(iequals("\xC4", "\xE4"));
    CHECK(to_lower("HoST-1") == "host-1");
}

TEST_CASE("a list is split and trimmed, empty pieces are dropped", "[base][text]") {
    CHECK(split_list(" a ,b,, \t c,") == Words{"a", "b", "c"});
    CHECK(split_list("").empty());
    CHECK(split_list(" , ").empty());
    CHECK(split_list("a;b", ';') == Words{"a", "b"});
    CHECK(trim(" \tx y\t ") == "x y");
    CHECK(trim(" \t ").empty());
}

TEST_CASE("a number is digits only", "[base][text]") {
    CHECK(parse_number("0") == 0U);
    CHECK(parse_number("007") == 7U);
    CHECK(parse_number("18446744073709551615") == UINT64_MAX);
    for (const std::string_view text : {"", " 1", "1 ", "+1", "-1", "0x1", "1.0", "1e3", "1a",
                                        "18446744073709551616", "99999999999999999999999"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_number(text).has_value());
    }
}

TEST_CASE("the nearest known word is found for a mistyped one", "[base][text]") {
    static constexpr std::array<std::string_view, 7> kKnown{
        "round_robin", "least_connections", "random", "retry", "queue", "tls", "peak_ewma"};
    const std::vector<std::pair<std::string_view, std::string_view>> cases{
        {"retrys", "retry"},
        {"rerty", "retry"},
        {"Retry", "retry"},
        {"round-robin", "round_robin"},
        {"roundrobin", "round_robin"},
        {"randon", "random"},
        {"leastconn", "least_connections"},
        {"tsl", "tls"},
        {"qeue", "queue"},
    };
    for (const auto& [mistyped, meant] : cases) {
        CAPTURE(mistyped);
        CHECK(closest_match(mistyped, kKnown) == meant);
    }
    for (const std::string_view unlike : {"", "x", "xy", "weight", "least", "wrandomised_"}) {
        CAPTURE(unlike);
        CHECK_FALSE(closest_match(unlike, kKnown).has_value());
    }
    CHECK_FALSE(closest_match("retry", {}).has_value());
}

TEST_CASE("the nearer of two words wins, the first of equals", "[base][text]") {
    static constexpr std::array<std::string_view, 3> kKnown{"every_down", "every", "ever"};
    CHECK(closest_match("evry", kKnown) == "every");
    CHECK(closest_match("everyy", kKnown) == "every");
    CHECK(closest_match("evere", kKnown) == "every");
}

TEST_CASE("a well-formed UTF-8 sequence has a length, any other has none", "[base][text]") {
    CHECK(utf8_length("a", 0) == 1);
    CHECK(utf8_length("a\xE2\x82\xAC", 1) == 3);
    CHECK(utf8_length("\xF0\x9F\x98\x80", 0) == 4);
    CHECK(utf8_length("\xF0\x9F\x98\x80", 1) == 0);
    CHECK(utf8_length("\xC3", 0) == 0);
}

TEST_CASE("secrets are compared whole", "[base][text]") {
    CHECK(equals_in_constant_time("", ""));
    CHECK(equals_in_constant_time("s3cret", "s3cret"));
    CHECK_FALSE(equals_in_constant_time("s3cret", "s3creT"));
    CHECK_FALSE(equals_in_constant_time("S3cret", "s3cret"));
    CHECK_FALSE(equals_in_constant_time("s3cret", "s3cre"));
    CHECK_FALSE(equals_in_constant_time("\xFF", "\x7F"));
}

TEST_CASE("text inside a JSON string cannot end it or break the line", "[base][text]") {
    CHECK(json("plain / text") == "plain / text");
    CHECK(json("\"\\") == "\\\"\\\\");
    CHECK(json("\b\f\n\r\t") == "\\b\\f\\n\\r\\t");
    CHECK(json(std::string_view("\0\x01\x1F\x7F", 4)) == "\\u0000\\u0001\\u001f\\u007f");
    CHECK(json("").empty());
}

TEST_CASE("valid UTF-8 stays as it is in JSON", "[base][text]") {
    for (const std::string_view text :
         {"\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
          "\xF4\x8F\xBF\xBF", "a\xC3\xBC z"}) {
        CHECK(json(text) == text);
    }
    CHECK(json("\xC2\x9B") == "\\u009b");  // a control character of two bytes
}

TEST_CASE("each invalid byte becomes a replacement character in JSON", "[base][text]") {
    const std::vector<std::pair<std::string_view, std::string>> cases{
        {"\x80", "\\ufffd"},
        {"\xFF", "\\ufffd"},
        {"\xC3", "\\ufffd"},  // cut off
        {"\xC3(", "\\ufffd("},
        {"\xC0\xAF", "\\ufffd\\ufffd"},                        // overlong "/"
        {"\xE0\x80\xAF", "\\ufffd\\ufffd\\ufffd"},             // overlong "/"
        {"\xED\xA0\x80", "\\ufffd\\ufffd\\ufffd"},             // a surrogate
        {"\xF4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},  // above U+10FFFF
        {"\xF0\x9F\x98", "\\ufffd\\ufffd\\ufffd"},             // cut off
        {"\xE2\x82\"", "\\ufffd\\ufffd\\\""},                  // cut off by the quote
    };
    for (const auto& [text, expected] : cases) CHECK(json(text) == expected);
}

}  // namespace
}  // namespace fairlead
