#include "proxy/http/h2_guard.h"

#include <string>

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::http;
using namespace std::chrono_literals;

namespace {

constexpr Time kStart{1h};

std::string frame(unsigned type, unsigned flags, std::size_t length = 0) {
    std::string bytes(9 + length, '\0');
    bytes[8] = 1;  // of a stream
    bytes[1] = static_cast<char>(length >> 8);
    bytes[2] = static_cast<char>(length & 0xFF);
    bytes[3] = static_cast<char>(type);
    bytes[4] = static_cast<char>(flags);
    return bytes;
}

const std::string kEmptyData = frame(0, 0);
const std::string kHeaders = frame(1, 4, 10);
const std::string kOpenHeaders = frame(1, 0, 10);
const std::string kReset = frame(3, 0, 4);
const std::string kPing = frame(6, 0, 8);
const std::string kContinuation = frame(9, 0, 100);

/// How many of them are let through at once; `most` when all are.
int let_through(H2Guard& guard, const std::string& bytes, Time now, int most = 10'000) {
    for (int count = 0; count < most; ++count) {
        if (guard.observe(bytes, now) != Failure::None) return count;
    }
    return most;
}

H2Guard make() { return H2Guard({200, 30s}, 32 * 1024, 0); }

}  // namespace

TEST_CASE("so many streams may be reset at once, and as many again with time", "[http][h2_guard]") {
    H2Guard guard = make();
    CHECK(let_through(guard, kReset, kStart, 200) == 200);
    SECTION("one more is too many") { CHECK(guard.observe(kReset, kStart) == Failure::H2Resets); }
    SECTION("half the time brings half of them back") {
        CHECK(let_through(guard, kReset, kStart + 15s) == 100);
    }
    SECTION("what we reset because of the peer counts too") {
        CHECK(guard.note_reset(kStart) == Failure::H2Resets);
    }
}

TEST_CASE("header blocks without end are cut off", "[http][h2_guard]") {
    H2Guard guard = make();
    CHECK(guard.observe(kOpenHeaders, kStart) == Failure::None);
    CHECK(guard.is_in_headers());
    CHECK(let_through(guard, kContinuation, kStart) == 9);
    CHECK(guard.observe(kContinuation, kStart) == Failure::H2Continuation);
}

TEST_CASE("a block that ends is none of those", "[http][h2_guard]") {
    H2Guard guard = make();
    for (int count = 0; count < 100; ++count) {
        CHECK(guard.observe(kOpenHeaders + kContinuation + frame(9, 4, 5), kStart) ==
              Failure::None);
    }
    CHECK(!guard.is_in_headers());
}

TEST_CASE("frames that carry nothing are bounded", "[http][h2_guard]") {
    H2Guard guard = make();
    CHECK(let_through(guard, kEmptyData, kStart) == 100);
    CHECK(guard.observe(kEmptyData, kStart) == Failure::H2EmptyFrames);
}

TEST_CASE("an empty frame that ends a stream carries something", "[http][h2_guard]") {
    H2Guard guard = make();
    CHECK(let_through(guard, frame(0, 1), kStart) == 10'000);
}

TEST_CASE("control frames are bounded, whatever their type", "[http][h2_guard]") {
    for (const unsigned type : {2U, 4U, 6U, 8U, 16U, 200U}) {
        H2Guard guard = make();
        CHECK(let_through(guard, frame(type, 0, 4), kStart) == 2000);
        CHECK(guard.observe(kPing, kStart) == Failure::H2ControlFrames);
    }
}

TEST_CASE("data that we send is acknowledged with windows, and earns them", "[http][h2_guard]") {
    H2Guard guard = make();
    for (int count = 0; count < 10'000; ++count) {
        guard.note_data_sent();
        CHECK(guard.observe(frame(8, 0, 4) + frame(8, 0, 4), kStart) == Failure::None);
    }
}

TEST_CASE("a priority is of a stream", "[http][h2_guard]") {
    H2Guard guard = make();
    std::string priority = frame(2, 0, 5);
    CHECK(guard.observe(priority, kStart) == Failure::None);
    priority[8] = 0;
    CHECK(guard.observe(priority, kStart) == Failure::H2Protocol);
}

TEST_CASE("ordinary traffic takes nothing", "[http][h2_guard]") {
    H2Guard guard = make();
    CHECK(let_through(guard, kHeaders + frame(0, 0, 1000) + frame(0, 1, 10), kStart) == 10'000);
}

TEST_CASE("frames are found wherever they were cut, behind the preface", "[http][h2_guard]") {
    for (std::size_t step = 1; step < 40; ++step) {
        H2Guard guard({3, 30s}, 32 * 1024, 24);
        std::string bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        bytes += frame(4, 0, 12) + kReset + kHeaders + kReset + kReset;
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            CHECK(guard.observe(std::string_view(bytes).substr(at, step), kStart) == Failure::None);
        }
        CHECK(guard.observe(kReset, kStart) == Failure::H2Resets);
    }
}

TEST_CASE("a guard that has seen enough stays closed", "[http][h2_guard]") {
    H2Guard guard({1, 30s}, 32 * 1024, 0);
    CHECK(guard.observe(kReset + kReset, kStart) == Failure::H2Resets);
    CHECK(guard.observe(kHeaders, kStart + 1h) == Failure::H2Resets);
}
