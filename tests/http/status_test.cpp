#include "proxy/http/status.h"

#include <ctime>
#include <string>

#include "tests/support/catch.h"

namespace fairlead::http {

TEST_CASE("reason phrases are those of the registry", "[http]") {
    CHECK(reason_phrase(200) == "OK");
    CHECK(reason_phrase(404) == "Not Found");
    CHECK(reason_phrase(431) == "Request Header Fields Too Large");
    CHECK(reason_phrase(508) == "Loop Detected");
    CHECK(reason_phrase(299) == "Status");
}

TEST_CASE("the date is the present second as an IMF-fixdate", "[http]") {
    const auto text_of = [](std::time_t seconds) {
        std::tm date{};
        gmtime_r(&seconds, &date);
        char text[64];
        const std::size_t length =
            std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &date);
        return std::string(text, length);
    };
    const std::time_t before = std::time(nullptr);
    const std::string made(http_date());
    const std::time_t after = std::time(nullptr);
    CHECK(made.size() == 29);
    bool is_present = false;
    for (std::time_t at = before; at <= after; ++at) is_present = is_present || made == text_of(at);
    CHECK(is_present);
    CHECK(http_date().data() == http_date().data());
}

}  // namespace fairlead::http
