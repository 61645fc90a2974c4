#include "bench/latency_histogram.h"

#include "tests/support/catch.h"

namespace fairlead::bench {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST_CASE("quantiles are at most 0.1 % above the exact value and never below",
          "[bench][histogram]") {
    LatencyHistogram histogram;
    for (int us = 1; us <= 100'000; ++us) histogram.record(microseconds(us));
    for (const double share : {0.001, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        const double exact = share * 100'000;
        const auto us = static_cast<double>(
            std::chrono::duration_cast<microseconds>(histogram.quantile(share)).count());
        CAPTURE(share);
        CHECK(us >= exact);
        CHECK(us <= exact * (1 + 1.0 / 1024));
    }
    CHECK(histogram.count() == 100'000);
    CHECK(histogram.max() == milliseconds(100));
    CHECK(histogram.min() == microseconds(1));
    CHECK(histogram.mean() == Duration(50'000'500));
    CHECK(histogram.count_above(microseconds(500)) == 99'500);
}

TEST_CASE("an empty histogram has no latency", "[bench][histogram]") {
    const LatencyHistogram histogram;
    CHECK(histogram.quantile(0.99) == Duration::zero());
    CHECK(histogram.max() == Duration::zero());
}

TEST_CASE("values beyond its range stay in the last step and keep their maximum",
          "[bench][histogram]") {
    LatencyHistogram histogram;
    histogram.record(hours(100));
    histogram.record(Duration(-5));
    CHECK(histogram.quantile(1) > hours(1));
    CHECK(histogram.max() == hours(100));
    CHECK(histogram.quantile(0.5) == Duration::zero());
}

TEST_CASE("two histograms add up to the one that saw everything", "[bench][histogram]") {
    LatencyHistogram all;
    LatencyHistogram odd;
    LatencyHistogram even;
    for (int us = 1; us <= 5000; ++us) {
        all.record(microseconds(us));
        (us % 2 == 0 ? even : odd).record(microseconds(us));
    }
    odd.add(even);
    CHECK(odd.count() == all.count());
    CHECK(odd.quantile(0.9) == all.quantile(0.9));
    CHECK(odd.max() == all.max());
}

TEST_CASE("a histogram made from another's steps has its quantiles", "[bench][histogram]") {
    LatencyHistogram original;
    for (int us = 1; us <= 70'000; us += 7) original.record(microseconds(us));
    LatencyHistogram copy;
    for (const LatencyHistogram::Bucket& bucket : original.buckets()) copy.add_bucket(bucket);
    CHECK(copy.count() == original.count());
    CHECK(copy.buckets() == original.buckets());
    for (const double share : {0.01, 0.5, 0.99}) {
        CHECK(copy.quantile(share) == original.quantile(share));
    }
    copy.clear();
    CHECK(copy.count() == 0);
    CHECK(copy.buckets().empty());
    CHECK(copy.max() == Duration::zero());
}

TEST_CASE("a histogram restored from a file has the exact extremes and mean too",
          "[bench][histogram]") {
    LatencyHistogram original;
    for (int us = 1'000'001; us <= 1'070'000; us += 7) original.record(microseconds(us));
    const LatencyHistogram copy = LatencyHistogram::restored(original.buckets(), original.min(),
                                                             original.mean(), original.max());
    CHECK(copy.buckets() == original.buckets());
    CHECK(copy.min() == original.min());
    CHECK(copy.max() == original.max());
    CHECK(copy.quantile(1) == original.quantile(1));
    CHECK(copy.mean() - original.mean() <= Duration(1));
    CHECK(original.mean() - copy.mean() <= Duration(1));
    CHECK(LatencyHistogram::restored({}, hours(1), hours(1), hours(1)).max() == Duration::zero());
}

}  // namespace fairlead::bench
