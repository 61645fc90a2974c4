#include "proxy/http/keep_alive.h"

#include "tests/support/catch.h"

using namespace std::chrono_literals;
using fairlead::http::keep_alive_timeout;

TEST_CASE("Keep-Alive says how long a connection is kept", "[http][keep_alive]") {
    CHECK(keep_alive_timeout("timeout=5") == 5s);
    CHECK(keep_alive_timeout("timeout=5, max=100") == 5s);
    CHECK(keep_alive_timeout(" max=100 , Timeout = 65 ") == 65s);
    CHECK(keep_alive_timeout("timeout=0") == 0s);
}

TEST_CASE("what is no such time says nothing", "[http][keep_alive]") {
    for (const std::string_view value : {"", ",", "timeout", "timeout=", "timeout=-1", "timeout=5s",
                                         "timeout=\"5\"", "max=5", "timeout=1234567"}) {
        INFO(value);
        CHECK_FALSE(keep_alive_timeout(value));
    }
}
