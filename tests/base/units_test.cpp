#include "proxy/base/units.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace fairlead {
namespace {

using namespace std::chrono_literals;

template <class T>
std::string rendered(const Result<T>& result) {
    return result ? "taken" : result.error().render();
}

TEST_CASE("a duration is a number with a unit", "[base][units]") {
    const std::vector<std::pair<std::string, Duration>> cases{
        {"250ms", 250ms},     {"2s", 2s},
        {"1m", 1min},         {"1.5h", 90min},
        {"7d", 168h},         {"10us", 10us},
        {"1.5us", 1500ns},    {"0s", 0s},
        {"0.25s", 250ms},     {"1h30m", 90min},
        {"1m1.5s", 61'500ms}, {"1d1us", 24h + 1us},
        {"none", kForever},   {"106751d", 106751 * 24h},
    };
    for (const auto& [text, expected] : cases) {
        CAPTURE(text);
        const auto parsed = parse_duration(text);
        REQUIRE(parsed.has_value());
        CHECK(*parsed == expected);
    }
}

TEST_CASE("a duration without a unit is shown with one", "[base][units]") {
    CHECK(rendered(parse_duration("2")) == "error: \"2\" needs a unit\n  write \"2s\"\n");
    CHECK(rendered(parse_duration("0.5")) == "error: \"0.5\" needs a unit\n  write \"0.5s\"\n");
}

TEST_CASE("what is no duration is refused", "[base][units]") {
    for (const std::string text :
         {"",    "s",     "-1s",  "+1s",  "1 s",   " 1s",  "1s ",  "1S",  "1sec", "1.s",
          ".5s", "1..5s", "1,5s", "1e3s", "30m1h", "1s1s", "1h30", "1ns", "None", "0x1s"}) {
        CHECK(rendered(parse_duration(text)) ==
              "error: \"" + text + "\" is not a duration\n" +
                  "  write a number and a unit (us, ms, s, m, h, d), as \"250ms\"\n");
    }
    for (const std::string text : {"0.0001us", "106752d", "18446744073709551615d"}) {
        CHECK(rendered(parse_duration(text)) == "error: \"" + text +
                                                    "\" is too long or too fine for a duration\n" +
                                                    "  a nanosecond to 292 years, or \"none\"\n");
    }
}

TEST_CASE("a duration is written short and exact", "[base][units]") {
    const std::vector<std::pair<Duration, std::string>> cases{
        {2s, "2s"},
        {250ms, "250ms"},
        {90min, "1h30m"},
        {kForever, "none"},
        {0s, "0s"},
        {1500ms, "1.5s"},
        {1500us, "1.5ms"},
        {1500ns, "1.5us"},
        {1ns, "0.001us"},
        {24h, "1d"},
        {75s, "1m15s"},
        {-2s, "-2s"},
        {60'500ms, "1m500ms"},
        {60s + 1us, "1m1us"},
        {1s + 1ns, "1.000000001s"},
        {24h + 90min, "1d1h30m"},
    };
    for (const auto& [duration, expected] : cases) CHECK(format_duration(duration) == expected);
}

TEST_CASE("a duration that was written is read back the same", "[base][units]") {
    for (Duration duration = 1ns; duration < 300 * 24h; duration = duration * 7 + 13ns) {
        const std::string text = format_duration(duration);
        CAPTURE(text);
        const auto parsed = parse_duration(text);
        REQUIRE(parsed.has_value());
        CHECK(*parsed == duration);
    }
}

TEST_CASE("a size is a number with a unit", "[base][units]") {
    const std::vector<std::pair<std::string, std::uint64_t>> cases{
        {"500B", 500},
        {"16KiB", 16'384},
        {"1MiB", 1'048'576},
        {"2GiB", 2'147'483'648},
        {"1.5KiB", 1'536},
        {"10KB", 10'000},
        {"3MB", 3'000'000},
        {"1GB", 1'000'000'000},
        {"0B", 0},
        {"1TiB", 1'099'511'627'776},
        {"18446744073709551614B", kUnlimited - 1},
    };
    for (const auto& [text, expected] : cases) {
        CAPTURE(text);
        const auto parsed = parse_size(text);
        REQUIRE(parsed.has_value());
        CHECK(*parsed == expected);
    }
}

TEST_CASE("a size that is none says what to write", "[base][units]") {
    const std::string cure = "  write a number and a unit (B, KiB, MiB, GiB, TiB), as \"16KiB\"\n";
    const std::vector<std::pair<std::string, std::string>> cases{
        {"16384", "error: \"16384\" needs a unit\n  write \"16384B\"\n"},
        {"16k", "error: \"16k\" is not a size\n  did you mean \"16KiB\"?\n"},
        {"16kib", "error: \"16kib\" is not a size\n  did you mean \"16KiB\"?\n"},
        {"1M", "error: \"1M\" is not a size\n  did you mean \"1MiB\"?\n"},
        {"1 MiB", "error: \"1 MiB\" is not a size\n" + cure},
        {"-1B", "error: \"-1B\" is not a size\n" + cure},
        {"", "error: \"\" is not a size\n" + cure},
        {"none", "error: \"none\" is not a size\n" + cure},
        {"1.5B", "error: \"1.5B\" is not a whole number of bytes\n"},
        {"20000000TiB", "error: \"20000000TiB\" is not a whole number of bytes\n"},
    };
    for (const auto& [text, expected] : cases) CHECK(rendered(parse_size(text)) == expected);
}

TEST_CASE("a size is written short and exact", "[base][units]") {
    const std::vector<std::pair<std::uint64_t, std::string>> cases{
        {0, "0B"},           {500, "500B"},        {16'384, "16KiB"},
        {1'048'576, "1MiB"}, {1'000'000, "1MB"},   {1'536, "1536B"},
        {1'500, "1500B"},    {kUnlimited, "none"}, {1'000'000'000'000, "1TB"},
        {1'025, "1025B"},
    };
    for (const auto& [bytes, expected] : cases) CHECK(format_size(bytes) == expected);
}

TEST_CASE("a percentage is a share of one", "[base][units]") {
    CHECK(parse_percent("20%") == 0.2);
    CHECK(parse_percent("0%") == 0.0);
    CHECK(parse_percent("100%") == 1.0);
    CHECK(parse_percent("12.5%") == 0.125);
    CHECK(parse_percent("500%", 10.0) == 5.0);
    CHECK(rendered(parse_percent("101%")) ==
          "error: \"101%\" is above 100%\n  write \"0%\" to \"100%\"\n");
    CHECK(rendered(parse_percent("20")) == "error: \"20\" needs a percent sign\n  write \"20%\"\n");
    for (const std::string text : {"", "%", "-1%", "20 %", "x%", "20%%"}) {
        CHECK(rendered(parse_percent(text)) ==
              "error: \"" + text + "\" is not a percentage\n  write it as \"20%\"\n");
    }
}

}  // namespace
}  // namespace fairlead
