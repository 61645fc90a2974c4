#include "proxy/base/base64.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace fairlead {
namespace {

// RFC 4648 section 10.
const std::vector<std::pair<std::string, std::string>> kVectors{
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {std::string("\0\xff\xfe", 3), "AP/+"},
};

TEST_CASE("bytes become base64 and come back", "[base][base64]") {
    for (const auto& [bytes, text] : kVectors) {
        CAPTURE(text);
        CHECK(to_base64(bytes) == text);
        CHECK(from_base64(text) == bytes);
    }
}

TEST_CASE("text that is not exactly base64 is refused", "[base][base64]") {
    for (const char* text : {"Z", "Zg", "Zg=", "Zg==\n", "Z===", "====", "Zh==", "Zm9=", "Zm9v!",
                             "Z-9v", " Zm9v", "Zg==Zg=="}) {
        CAPTURE(text);
        CHECK_FALSE(from_base64(text));
    }
}

}  // namespace
}  // namespace fairlead
