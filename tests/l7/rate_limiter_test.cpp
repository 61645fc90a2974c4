#include "proxy/l7/rate_limiter.h"

#include <fmt/format.h>

#include "tests/support/catch.h"

using namespace fairlead;
using namespace std::chrono_literals;
using l7::RateLimiter;
using l7::RateSettings;

namespace {

constexpr RateSettings kTenASecond{100ms, 5};
const Time kStart{1h};

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

int let_in(RateLimiter& limiter, const IpAddress& client, int requests, Time now) {
    int count = 0;
    for (int index = 0; index < requests; ++index) {
        if (limiter.take(client, kTenASecond, now) == Duration::zero()) ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("a client may send its burst at once, then comes its rate", "[l7][rate]") {
    RateLimiter limiter(1);
    const IpAddress client = ip("192.0.2.1");
    CHECK(let_in(limiter, client, 20, kStart) == 5);
    CHECK(let_in(limiter, client, 20, kStart + 99ms) == 0);
    CHECK(let_in(limiter, client, 20, kStart + 100ms) == 1);
    CHECK(let_in(limiter, client, 20, kStart + 350ms) == 2);
    CHECK(let_in(limiter, client, 20, kStart + 1h) == 5);
}

TEST_CASE("over a long time no more than the rate is let in, however it comes", "[l7][rate]") {
    RateLimiter limiter(1);
    const IpAddress client = ip("192.0.2.1");
    int count = 0;
    for (Duration at{}; at < 100s; at += 7ms) count += let_in(limiter, client, 1, kStart + at);
    CHECK(count >= 1000);
    CHECK(count <= 1000 + 5);
}

TEST_CASE("who is refused is told when it is let in again", "[l7][rate]") {
    RateLimiter limiter(1);
    const IpAddress client = ip("192.0.2.1");
    CHECK(let_in(limiter, client, 5, kStart) == 5);
    const Duration wait = limiter.take(client, kTenASecond, kStart + 30ms);
    CHECK(wait == 70ms);
    CHECK(limiter.take(client, kTenASecond, kStart + 30ms + wait) == Duration::zero());
}

TEST_CASE("clients do not share a rate; an IPv6 client is its /64", "[l7][rate]") {
    RateLimiter limiter(1);
    CHECK(let_in(limiter, ip("192.0.2.1"), 9, kStart) == 5);
    CHECK(let_in(limiter, ip("192.0.2.2"), 9, kStart) == 5);
    CHECK(let_in(limiter, ip("2001:db8::1"), 9, kStart) == 5);
    CHECK(let_in(limiter, ip("2001:db8::ffff:2"), 9, kStart) == 0);
    CHECK(let_in(limiter, ip("2001:db8:0:1::1"), 9, kStart) == 5);
}

TEST_CASE("a crowd makes the limit looser, and refuses nobody else", "[l7][rate]") {
    RateLimiter limiter(1, 8);
    for (int index = 0; index < 1000; ++index) {
        CHECK(let_in(limiter, ip(fmt::format("10.0.{}.{}", index / 250, index % 250 + 1)), 1,
                     kStart) == 1);
    }
}
