#include "bench/fail_if.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "bench/fail_if_values.h"
#include "proxy/base/text.h"
#include "proxy/base/units.h"

namespace fairlead::bench {

namespace {

using Kind = FailMetric::Kind;
using Comparison = FailCondition::Comparison;

constexpr std::string_view kSendPrefix = "send.";

struct WordRow {
    std::string_view word;
    Kind kind;
};

constexpr std::array<WordRow, 7> kWords{{
    {"mean", Kind::Mean},
    {"max", Kind::Max},
    {"errors", Kind::Errors},
    {"unsent", Kind::Unsent},
    {"lost", Kind::Lost},
    {"duplicated", Kind::Duplicated},
    {"rate", Kind::Rate},
}};

bool is_latency(Kind kind) {
    return kind == Kind::Percentile || kind == Kind::Mean || kind == Kind::Max;
}

/// A number without a sign or an exponent: "5000", "99.9".
std::optional<double> parse_decimal(std::string_view text) {
    const std::size_t dot = text.find('.');
    const auto whole = parse_number(text.substr(0, dot));
    if (!whole) return std::nullopt;
    auto value = static_cast<double>(*whole);
    if (dot == std::string_view::npos) return value;
    const std::string_view decimals = text.substr(dot + 1);
    if (!parse_number(decimals)) return std::nullopt;
    double place = 0.1;
    for (const char digit : decimals) {
        value += place * (digit - '0');
        place /= 10;
    }
    return value;
}

/// "p99.9" as 0.999.
std::optional<double> parse_percentile(std::string_view word) {
    if (!word.starts_with('p')) return std::nullopt;
    const std::optional<double> percent = parse_decimal(word.substr(1));
    if (!percent || *percent <= 0 || *percent >= 100) return std::nullopt;
    return *percent / 100;
}

std::vector<std::string_view> known_words() {
    std::vector<std::string_view> words{"p50", "p90", "p95", "p99", "p99.9", "p99.99"};
    for (const WordRow& row : kWords) words.push_back(row.word);
    for (std::size_t i = 0; i < kOutcomes; ++i) {
        words.push_back(outcome_word(static_cast<Outcome>(i)));
    }
    return words;
}

tl::unexpected<Error> unknown_metric(std::string_view word) {
    std::string list;
    for (const std::string_view known : known_words()) {
        list += (list.empty() ? "" : " ") + std::string(known);
    }
    const bool is_send = word.starts_with(kSendPrefix);
    const std::string_view rest = is_send ? word.substr(kSendPrefix.size()) : word;
    if (rest.starts_with('p') && parse_decimal(rest.substr(1))) {
        return fail(fmt::format("no percentile \"{}\" in --fail-if", word),
                    "above p0 and below p100; the longest latency is \"max\"");
    }
    const auto nearest = closest_match(rest, known_words());
    return fail(fmt::format("unknown metric \"{}\" in --fail-if", word),
                nearest
                    ? fmt::format("did you mean \"{}{}\"?", is_send ? kSendPrefix : "", *nearest)
                    : "one of " + list);
}

Result<FailMetric> parse_metric(std::string_view word) {
    FailMetric metric;
    std::string_view rest = word;
    if (rest.starts_with(kSendPrefix)) {
        metric.is_from_send = true;
        rest.remove_prefix(kSendPrefix.size());
    }
    if (const std::optional<double> share = parse_percentile(rest)) {
        metric.kind = Kind::Percentile;
        metric.share = *share;
        return metric;
    }
    bool is_known = false;
    for (const WordRow& row : kWords) {
        if (row.word != rest) continue;
        metric.kind = row.kind;
        is_known = true;
    }
    for (std::size_t i = 0; i < kOutcomes; ++i) {
        if (outcome_word(static_cast<Outcome>(i)) != rest) continue;
        metric.kind = Kind::Outcome;
        metric.outcome = static_cast<Outcome>(i);
        is_known = true;
    }
    if (!is_known) return unknown_metric(word);
    if (metric.is_from_send && !is_latency(metric.kind)) {
        return fail(fmt::format("\"{}\" is no latency: \"send.\" does not go with it", rest),
                    fmt::format("write \"{}\"", rest));
    }
    return metric;
}

tl::unexpected<Error> bad_limit(const FailCondition& condition, std::string_view limit,
                                std::string hint) {
    return fail(fmt::format("\"{}\" is no limit for \"{}\" in --fail-if", limit,
                            metric_name(condition.metric)),
                std::move(hint));
}

Result<void> parse_latency_limit(std::string_view text, FailCondition& condition) {
    if (parse_decimal(text)) {
        return fail(fmt::format("\"{}\" needs a unit", text), fmt::format("write \"{}ms\"", text));
    }
    const Result<Duration> limit = parse_duration(text);
    if (!limit || *limit == kForever) {
        return bad_limit(condition, text, "write a duration with its unit, as \"20ms\"");
    }
    condition.limit = static_cast<double>(limit->count());
    return {};
}

Result<void> parse_limit(std::string_view text, FailCondition& condition) {
    if (is_latency(condition.metric.kind)) return parse_latency_limit(text, condition);
    if (text.ends_with('%')) {
        const Result<double> share = parse_percent(text);
        if (!share) return fail(share.error());
        condition.limit = *share;
        condition.is_share = true;
        return {};
    }
    const bool is_rate = condition.metric.kind == Kind::Rate;
    const std::string_view number =
        is_rate && text.ends_with("/s") ? text.substr(0, text.size() - 2) : text;
    const std::optional<double> limit = parse_decimal(number);
    const bool is_whole = parse_number(number).has_value();
    if (!limit || (!is_rate && !is_whole)) {
        return bad_limit(condition, text,
                         is_rate ? "write requests a second, as \"5000\", or a share of the "
                                   "offered rate, as \"99%\""
                                 : "write a whole number, or a share as \"0.1%\"");
    }
    condition.limit = *limit;
    return {};
}

Result<FailCondition> parse_condition(std::string_view text) {
    const std::size_t at = text.find_first_of("<>=");
    if (at == std::string_view::npos) {
        return fail(fmt::format("\"{}\" in --fail-if compares nothing", text),
                    "write a metric, a comparison and a limit, as \"p99>20ms\"");
    }
    const std::size_t end = std::min(text.find_first_not_of("<>=", at), text.size());
    const std::string_view sign = text.substr(at, end - at);
    FailCondition condition;
    condition.text = text;
    if (sign == ">" || sign == "<") {
        condition.comparison = sign == ">" ? Comparison::Above : Comparison::Below;
    } else if (sign == ">=" || sign == "<=") {
        condition.comparison = sign == ">=" ? Comparison::AtLeast : Comparison::AtMost;
    } else {
        return fail(fmt::format("unknown comparison \"{}\" in --fail-if", sign),
                    "one of > >= < <=");
    }
    Result<FailMetric> metric = parse_metric(trim(text.substr(0, at)));
    if (!metric) return fail(std::move(metric).error());
    condition.metric = *metric;
    const std::string_view limit = trim(text.substr(end));
    if (limit.empty()) {
        return fail(fmt::format("\"{}\" in --fail-if has no limit", text),
                    is_latency(metric->kind) ? "write one, as \"20ms\"" : "write one, as \"0\"");
    }
    if (auto parsed = parse_limit(limit, condition); !parsed) return fail(parsed.error());
    return condition;
}

bool compares(double value, Comparison comparison, double limit) {
    switch (comparison) {
        case Comparison::Above:
            return value > limit;
        case Comparison::AtLeast:
            return value >= limit;
        case Comparison::Below:
            return value < limit;
        case Comparison::AtMost:
            return value <= limit;
    }
    return true;
}

}  // namespace

Result<std::vector<FailCondition>> parse_fail_if(std::string_view text) {
    std::vector<FailCondition> conditions;
    for (const std::string_view piece : split_list(text)) {
        Result<FailCondition> condition = parse_condition(piece);
        if (!condition) return fail(std::move(condition).error());
        conditions.push_back(*std::move(condition));
    }
    if (conditions.empty()) {
        return fail("--fail-if names no condition", "write --fail-if \"p99>20ms,errors>0\"");
    }
    return conditions;
}

std::vector<FailFinding> failing(const std::vector<FailCondition>& conditions,
                                 const RunReport& report) {
    std::vector<FailFinding> findings;
    for (const FailCondition& condition : conditions) {
        const FailValue value = value_of(condition, report);
        if (value.number && !compares(*value.number, condition.comparison, condition.limit)) {
            continue;
        }
        findings.push_back(
            {condition.text, fmt::format("{} {}", metric_name(condition.metric), value.text)});
    }
    return findings;
}

std::string findings_text(const std::vector<FailFinding>& findings) {
    std::string out;
    for (const FailFinding& finding : findings) {
        out += fmt::format("failed: {} ({})\n", finding.condition, finding.found);
    }
    return out;
}

}  // namespace fairlead::bench
