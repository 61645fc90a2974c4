#include "bench/echo_server.h"

#include <string>
#include <thread>

#include "bench/body_pattern.h"
#include "tests/bench/raw_client.h"
#include "tests/bench/test_echo.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {

std::string read_bytes(RawClient& client, std::size_t bytes) {
    std::string out;
    while (out.size() < bytes) {
        const std::string more = client.read_some(bytes - out.size());
        if (more.empty()) break;
        out += more;
    }
    return out;
}

}  // namespace

TEST_CASE("every byte comes back, in order", "[bench][echo]") {
    TestEcho echo;
    RawClient client(echo.address());
    for (const char* text : {"a", "hello\r\n", "\r\n\r\n"}) {
        client.send(text);
        CHECK(read_bytes(client, std::string_view(text).size()) == text);
    }
}

TEST_CASE("a client that closed its side gets all back, then the end", "[bench][echo]") {
    TestEcho echo;
    RawClient client(echo.address());
    client.send("last words");
    client.shutdown_write();
    CHECK(read_bytes(client, 10) == "last words");
    CHECK(client.wait_for_end() == RawClient::Ending::Closed);
    while (echo.connections() != 0) {
    }
}

TEST_CASE("a client that sends much before it reads is held back and loses nothing",
          "[bench][echo]") {
    TestEcho echo;
    RawClient client(echo.address());
    constexpr std::uint64_t kRuns = 128;
    std::thread sender([&] {
        for (std::uint64_t i = 0; i < kRuns; ++i) {
            client.send(body_pattern(i * kPatternRunBytes, kPatternRunBytes));
        }
        client.shutdown_write();
    });
    // The others are served while 32 MiB are under way to somebody who does not read.
    RawClient other(echo.address());
    other.send("x");
    CHECK(read_bytes(other, 1) == "x");
    bool is_same = true;
    for (std::uint64_t i = 0; i < kRuns && is_same; ++i) {
        is_same = read_bytes(client, kPatternRunBytes) ==
                  body_pattern(i * kPatternRunBytes, kPatternRunBytes);
    }
    sender.join();
    CHECK(is_same);
    CHECK(client.wait_for_end() == RawClient::Ending::Closed);
}

}  // namespace fairlead::bench
