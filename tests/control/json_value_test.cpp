#include "proxy/control/json_value.h"

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::control;

namespace {

std::string refusal(std::string_view text, const JsonLimits& limits = {}) {
    const Result<JsonValue> value = parse_json(text, limits);
    return value ? "taken" : value.error().message;
}

}  // namespace

TEST_CASE("JSON is read with its kinds told apart", "[control][json]") {
    const Result<JsonValue> value = parse_json(
        "{\"text\":\"a\\u00fc\\n\",\"whole\":-12,\"real\":1.5e3,\"yes\":true,\"no\":null,"
        "\"list\":[1,[2]],\"table\":{\"x\":{}}}");
    REQUIRE(value);
    CHECK(value->at("text").text == "a\xC3\xBC\n");
    CHECK(value->at("whole").is(JsonValue::Kind::Whole));
    CHECK(value->at("whole").whole == -12);
    CHECK(value->at("real").is(JsonValue::Kind::Real));
    CHECK(value->at("real").real == 1500);
    CHECK(value->at("yes").truth);
    CHECK(value->at("no").is(JsonValue::Kind::Null));
    CHECK(value->at("list").list.at(1).list.at(0).whole == 2);
    CHECK(value->at("table").at("x").is(JsonValue::Kind::Table));
    CHECK(value->find("nothing") == nullptr);
    CHECK(value->at("nothing").at("below").text.empty());
    CHECK(value->table.front().name == "text");
}

TEST_CASE("what can be read in two ways is refused", "[control][json]") {
    CHECK(refusal("{\"a\":1,\"b\":2,\"a\":3}") == "\"a\" stands twice in one table");
    CHECK(refusal("{\"a\":{\"b\":1},\"c\":{\"b\":1}}") == "taken");
    CHECK(refusal("{\"a\":18446744073709551615}") ==
          "the number 18446744073709551615 is too large");
    CHECK(refusal("{\"a\":99999999999999999999999}") ==
          "the number 99999999999999999999999 is too large");
    for (const std::string_view text :
         {"", " ", "{", "{}x", "{} {}", "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":01}",
          "{\"a\":1,}", "{'a':1}", "{\"a\":1} // x", "{a:1}", "[1,]", "\"\xFF\"", "\"\t\"",
          "\"\\ud800\"", "1e999", "nul"}) {
        CAPTURE(text);
        CHECK(refusal(text).starts_with("this is no valid JSON, from byte "));
    }
}

TEST_CASE("depth and number of values are bounded", "[control][json]") {
    CHECK(refusal("[[[[[[[[]]]]]]]]") == "taken");
    CHECK(refusal("[[[[[[[[[]]]]]]]]]") == "more than 8 tables and lists within each other");
    CHECK(refusal(std::string(500'000, '[')) == "more than 8 tables and lists within each other");
    CHECK(refusal("[1,2,3]", {8, 4}) == "taken");
    CHECK(refusal("[1,2,3,4]", {8, 4}) == "more than 4 values");
    CHECK(refusal("{\"a\":1,\"b\":2,\"c\":3}", {8, 100, 3}) == "taken");
    CHECK(refusal("{\"a\":1,\"b\":2,\"c\":3}", {8, 100, 2}) == "more than 2 names in one table");
}

TEST_CASE("text is written so that it reads back", "[control][json]") {
    const std::string text = "a\"\\\n\x01\xC3\xBC";
    CHECK(parse_json(json_text(text)).value().text == text);
}
