#include "conf/read_rate.h"

#include <fmt/format.h>

#include "proxy/base/text.h"
#include "proxy/base/units.h"

namespace fairlead::conf {
namespace {

constexpr std::uint64_t kCountMax = 1'000'000;
/// More at once than that is no limit any more.
constexpr std::uint64_t kBurstFactor = 2;

enum class Per : std::uint8_t { ClientIp };

void read_limit(const Section& section, const Value& value, std::string_view key, Rate& out) {
    if (!value.is(Value::Kind::Text)) {
        const std::string count =
            value.is(Value::Kind::Integer) ? fmt::format("{}", value.integer) : "50";
        section.wrong_type(value, key, "a string", fmt::format("write \"{}/s\"", count));
        return;
    }
    const std::optional<CountPer> limit = parse_count_per(value.text);
    if (!limit) {
        section.error(value.place,
                      fmt::format("\"{}\" is no number of requests in a time", value.text),
                      "as \"50/s\" or \"100/30s\", 1 to 1000000 in 1s to 1h");
        return;
    }
    out.requests = limit->count;
    out.period = limit->period;
    out.burst = std::min(limit->count * kBurstFactor, kCountMax);
}

}  // namespace

std::optional<CountPer> parse_count_per(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const std::optional<std::uint64_t> count = parse_number(text.substr(0, slash));
    const std::string_view unit = text.substr(slash + 1);
    const bool is_bare = unit == "s" || unit == "m" || unit == "h";
    const Result<Duration> period =
        parse_duration(is_bare ? fmt::format("1{}", unit) : std::string(unit));
    if (!count || *count < 1 || *count > kCountMax || !period ||
        *period < std::chrono::seconds{1} || *period > std::chrono::hours{1}) {
        return std::nullopt;
    }
    return CountPer{*count, *period};
}

std::string format_count_per(const CountPer& rate) {
    std::string period = format_duration(rate.period);
    if (period == "1s" || period == "1m" || period == "1h") period.erase(0, 1);
    return fmt::format("{}/{}", rate.count, period);
}

void read_rate(Section& section, Route& out) {
    Rate rate;
    bool is_limited = false;
    const bool is_written = section.table_or(
        "rate",
        [&](Section& table) {
            is_limited = true;
            if (const Value* limit = table.get("limit")) {
                read_limit(table, *limit, "limit", rate);
            } else {
                table.error(table.place(), "\"rate\" has no \"limit\"",
                            "write rate = { limit = \"50/s\" }");
            }
            table.number("burst", rate.burst, {1, kCountMax});
            Per per = Per::ClientIp;
            table.choice("per", per, {{"client_ip", Per::ClientIp}});
        },
        [&](const Value& value) {
            if (value.is(Value::Kind::Text) && (value.text == "none" || value.text == "off"))
                return;
            is_limited = true;
            read_limit(section, value, "rate", rate);
        });
    if (is_written && is_limited) out.rate = rate;
}

}  // namespace fairlead::conf
