#include <string>

#include "bench/body_hash.h"
#include "bench/body_pattern.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

TEST_CASE("the body hash is FNV-1a with 64 bits", "[bench][body]") {
    // Published test vectors of the algorithm.
    const auto hash = [](std::string_view text) {
        BodyHash body;
        body.update(text);
        return body.hex();
    };
    CHECK(hash("") == "cbf29ce484222325");
    CHECK(hash("a") == "af63dc4c8601ec8c");
    CHECK(hash("foobar") == "85944171f73967e8");
}

TEST_CASE("the body hash does not depend on how the body was cut", "[bench][body]") {
    BodyHash whole;
    whole.update(std::string_view("foobar"));
    BodyHash pieces;
    pieces.update(std::string_view("f"));
    pieces.update(std::string_view(""));
    pieces.update(std::string_view("oobar"));
    CHECK(pieces.value() == whole.value());
    CHECK(pieces.bytes() == 6);
}

TEST_CASE("the pattern is the same wherever a run of it starts", "[bench][body]") {
    const std::string all(body_pattern(0, kPatternRunBytes));
    REQUIRE(all.size() == kPatternRunBytes);
    for (const std::uint64_t offset : {std::uint64_t{1}, kPatternPeriod - 1, kPatternPeriod + 5}) {
        CHECK(body_pattern(offset, 1000) == std::string_view(all).substr(offset, 1000));
    }
    CHECK(body_pattern(7 * kPatternPeriod + 3, 100) == body_pattern(3, 100));
    CHECK(body_pattern(64 * 1024, 100) != body_pattern(0, 100));
}

}  // namespace fairlead::bench
