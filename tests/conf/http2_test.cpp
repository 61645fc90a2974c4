// `http` and `h2` of a listener.
#include <string>
#include <vector>

#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;

namespace {

Listener listener_of(std::string_view lines) {
    return test::load(test::with_listener(lines)).model.listeners.at(0);
}

std::string error_of(std::string_view lines) {
    return test::only_error(test::with_listener(lines));
}

}  // namespace

TEST_CASE("in clear a listener speaks HTTP/1.1, and HTTP/2 where it is told to", "[conf][http2]") {
    CHECK(!listener_of("").takes_h2());
    CHECK(listener_of("").takes_http1());
    CHECK(listener_of("http = [\"h2\", \"http/1.1\"]").takes_h2());
    CHECK(!listener_of("http = \"h2\"").takes_http1());
}

TEST_CASE("the versions keep the order in which they are preferred", "[conf][http2]") {
    CHECK(listener_of("http = [\"http/1.1\", \"h2\"]").http ==
          std::vector<std::string>{"http/1.1", "h2"});
}

TEST_CASE("what an HTTP/2 connection may do has usual bounds", "[conf][http2]") {
    const Http2 usual = listener_of("http = \"h2\"").h2;
    CHECK(usual.streams == 100);
    CHECK(usual.resets == 200);
    CHECK(usual.resets_over == std::chrono::seconds{30});
    CHECK(usual.window_bytes == 256 * 1024);
    CHECK(usual.connection_window_bytes == 1024 * 1024);
    const Http2 set = listener_of(
                          "http = \"h2\"\nh2 = { streams = 5, resets = \"7/2m\", window = "
                          "\"16KiB\", connection_window = \"64KiB\" }")
                          .h2;
    CHECK(set.streams == 5);
    CHECK(set.resets == 7);
    CHECK(set.resets_over == std::chrono::minutes{2});
    CHECK(set.window_bytes == 16 * 1024);
    CHECK(set.connection_window_bytes == 64 * 1024);
    CHECK(listener_of("http = \"h2\"\nh2 = { resets = \"none\" }").h2.resets == kUnlimited);
}

TEST_CASE("mistakes in http and h2 name the cure", "[conf][http2]") {
    CHECK(error_of("http = \"h3\"") ==
          "unknown http \"h3\" in [listener.web] | did you mean \"h2\"?");
    CHECK(error_of("http = []") == "\"http\" is empty | write http = [\"h2\", \"http/1.1\"]");
    CHECK(error_of("http = [\"h2\", \"h2\"]") ==
          "\"h2\" is in \"http\" twice | remove one of them");
    CHECK(error_of("h2 = { streams = 5 }") ==
          "\"h2\" has no effect without HTTP/2 | add http = [\"h2\", \"http/1.1\"]");
    for (const std::string_view rate :
         {"200", "x/30s", "0/30s", "200/30", "200/0s", "-1/30s", "/"}) {
        INFO(rate);
        CHECK(error_of("http = \"h2\"\nh2 = { resets = \"" + std::string{rate} + "\" }") ==
              "\"" + std::string{rate} +
                  "\" is no number of resets in a time | as \"200/30s\": so many in that time, 1 "
                  "to 1000000 in 1s to 1h");
    }
}
