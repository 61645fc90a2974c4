#include "proxy/l7/pace.h"

#include <optional>

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::l7;
using std::chrono::seconds;

namespace {

constexpr Duration kIdle = seconds{30};
constexpr std::uint64_t kRate = 500;

struct End {
    seconds at;
    Pace::Verdict verdict;
    bool operator==(const End&) const = default;
};

/// Looks once a second; `bytes_at(second)` is how far the transfer has come by then.
template <class BytesAt>
std::optional<End> run(BytesAt bytes_at, Duration idle = kIdle, std::uint64_t rate = kRate,
                       int last = 120) {
    Pace pace(seconds{10}, seconds{30});
    const Time start{std::chrono::hours{1}};
    pace.start(start, 0);
    for (int second = 1; second <= last; ++second) {
        const auto verdict = pace.check(start + seconds{second},
                                        static_cast<std::uint64_t>(bytes_at(second)), idle, rate);
        if (verdict != Pace::Verdict::Fine) return End{seconds{second}, verdict};
    }
    return std::nullopt;
}

}  // namespace

TEST_CASE("a transfer at the lowest rate goes on, one just below does not", "[l7][pace]") {
    CHECK(run([](int second) { return second * 500; }) == std::nullopt);
    CHECK(run([](int second) { return second * 499; }) == End{seconds{10}, Pace::Verdict::Slow});
}

TEST_CASE("a fast start is no credit for later", "[l7][pace]") {
    const auto trickle = [](int second) {
        return second <= 10 ? second * 1'000'000 : 10'000'000 + second;
    };
    CHECK(run(trickle) == End{seconds{40}, Pace::Verdict::Slow});
}

TEST_CASE("a pause shorter than the idle time is forgiven after a good start", "[l7][pace]") {
    const auto pause = [](int second) {
        return second <= 10 ? second * 100'000 : second <= 35 ? 1'000'000 : second * 100'000;
    };
    CHECK(run(pause) == std::nullopt);
}

TEST_CASE("nothing for the idle time ends a transfer, whatever the rate", "[l7][pace]") {
    const auto stall = [](int second) { return second < 5 ? second : 5; };
    CHECK(run(stall, kIdle, 0) == End{seconds{35}, Pace::Verdict::Idle});
    CHECK(run([](int second) { return second / 29; }, kIdle, 0) == std::nullopt);
}

TEST_CASE("an idle time shorter than the window is met first", "[l7][pace]") {
    CHECK(run([](int) { return 0; }, seconds{2}) == End{seconds{2}, Pace::Verdict::Idle});
}

TEST_CASE("\"none\" as idle time leaves the rate alone to judge", "[l7][pace]") {
    CHECK(run([](int) { return 0; }, kForever) == End{seconds{10}, Pace::Verdict::Slow});
    CHECK(run([](int) { return 0; }, kForever, 0) == std::nullopt);
}

TEST_CASE("time during which we held the peer up does not count", "[l7][pace]") {
    Pace pace(seconds{10}, seconds{30});
    const Time start{};
    pace.start(start, 0);
    for (int second = 1; second <= 60; ++second) pace.excuse(start + seconds{second}, 7);
    CHECK(pace.check(start + seconds{69}, 7, kIdle, kRate) == Pace::Verdict::Fine);
    CHECK(pace.check(start + seconds{70}, 7, kIdle, kRate) == Pace::Verdict::Slow);
}

TEST_CASE("a total that wraps around still counts as movement", "[l7][pace]") {
    // Bytes sent less bytes not acknowledged can be below zero when an earlier response is still in
    // the kernel.
    Pace pace(seconds{10}, seconds{30});
    const Time start{};
    pace.start(start, static_cast<std::uint64_t>(-4000));
    CHECK(pace.check(start + seconds{10}, 1000, kIdle, kRate) == Pace::Verdict::Fine);
    CHECK(pace.check(start + seconds{40}, 2000, kIdle, kRate) == Pace::Verdict::Slow);
}
