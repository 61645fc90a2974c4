#include "bench/figures.h"

#include "tests/support/catch.h"

namespace fairlead::bench {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST_CASE("a duration is written with three digits and the unit that fits", "[bench][figures]") {
    CHECK(human_duration(Duration::zero()) == "0us");
    CHECK(human_duration(microseconds(740)) == "740us");
    CHECK(human_duration(microseconds(1200)) == "1.20ms");
    CHECK(human_duration(milliseconds(12)) == "12.0ms");
    CHECK(human_duration(milliseconds(420)) == "420ms");
    CHECK(human_duration(milliseconds(3120)) == "3.12s");
    CHECK(human_duration(seconds(372)) == "372s");
}

TEST_CASE("a duration that rounds up to the next unit is written in it", "[bench][figures]") {
    CHECK(human_duration(nanoseconds(999'400)) == "999us");
    CHECK(human_duration(nanoseconds(999'600)) == "1.00ms");
    CHECK(human_duration(microseconds(9'996)) == "10.0ms");
    CHECK(human_duration(microseconds(999'700)) == "1.00s");
}

TEST_CASE("numbers have commas, rates and shares as many digits as say something",
          "[bench][figures]") {
    CHECK(human_number(0) == "0");
    CHECK(human_number(999) == "999");
    CHECK(human_number(1000) == "1,000");
    CHECK(human_number(1'234'567) == "1,234,567");
    CHECK(human_rate(4997.8) == "4,998/s");
    CHECK(human_rate(12.5) == "12.5/s");
    CHECK(human_rate(0) == "0/s");
    CHECK(human_rate(1e300) == "?/s");
    CHECK(human_share(0) == "0%");
    CHECK(human_share(0.125) == "12.5%");
    CHECK(human_share(0.000412) == "0.0412%");
    CHECK(human_bytes(512) == "512B");
    CHECK(human_bytes(1'234'567) == "1.23MB");
    CHECK(human_bytes(999'999) == "1.00MB");
    CHECK(human_bytes(UINT64_MAX) == "18.4EB");
}

TEST_CASE("text from elsewhere cannot steer a terminal", "[bench][figures]") {
    CHECK(printable("plain \xC3\xA4") == "plain \xC3\xA4");
    CHECK(printable("\x1b[31m\n\x7f") == "?[31m??");
    CHECK(printable("\xC2\x9B\xFF") == "??");
}

}  // namespace fairlead::bench
