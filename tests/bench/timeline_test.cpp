#include "bench/timeline.h"

#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {

Tally one_second(int us) {
    Tally tally;
    tally.outcomes[Outcome::Ok] = 2;
    tally.from_planned.record(std::chrono::microseconds(us));
    tally.from_planned.record(std::chrono::microseconds(1000));
    return tally;
}

}  // namespace

TEST_CASE("a timeline keeps a row for each second", "[bench][timeline]") {
    Timeline timeline;
    timeline.add(1, one_second(5), 0);
    timeline.add(2, one_second(7), 3);
    CHECK(timeline.interval_seconds() == 1);
    const auto rows = timeline.take();
    REQUIRE(rows.size() == 2);
    CHECK(rows[1].second == 2);
    CHECK(rows[1].late == 3);
    CHECK(rows[1].outcomes.ok() == 2);
    using Bucket = LatencyHistogram::Bucket;
    CHECK(rows[1].latencies == std::vector<Bucket>{{7, 1}, {1000, 1}});
}

TEST_CASE("a timeline of a day stays within its bound and loses nothing", "[bench][timeline]") {
    Timeline timeline;
    constexpr int kSeconds = 86'400;
    const Tally tally = one_second(5);
    for (int second = 1; second <= kSeconds; ++second) timeline.add(second, tally, 0);
    CHECK(timeline.interval_seconds() == 256);
    const auto rows = timeline.take();
    CHECK(rows.size() <= Timeline::kRowsMax);
    CHECK(rows.back().second == kSeconds);
    std::uint64_t ok = 0;
    std::uint64_t latencies = 0;
    double second = 0;
    for (const TimelineRow& row : rows) {
        CHECK(row.second > second);
        second = row.second;
        ok += row.outcomes.ok();
        for (const auto& bucket : row.latencies) latencies += bucket.count;
    }
    CHECK(ok == 2 * kSeconds);
    CHECK(latencies == 2 * kSeconds);
}

}  // namespace fairlead::bench
