#include "conf/read_retry.h"

#include <fmt/format.h>

#include <array>
#include <string>

namespace fairlead::conf {
namespace {

constexpr std::array<std::string_view, 10> kReasons{
    "connect", "stale", "reset", "timeout", "429", "500", "502", "503", "504", "grpc_unavailable"};
constexpr std::array<bool RetryOn::*, 10> kReasonFlags{
    &RetryOn::connect,    &RetryOn::stale,           &RetryOn::reset,      &RetryOn::timeout,
    &RetryOn::status_429, &RetryOn::status_500,      &RetryOn::status_502, &RetryOn::status_503,
    &RetryOn::status_504, &RetryOn::grpc_unavailable};

constexpr std::uint64_t kAttemptsMax = 10;

void read_reason(Section& section, const Value& value, RetryOn& out) {
    // A status is a number to everybody, so 503 is taken beside "503".
    const std::string word =
        value.is(Value::Kind::Integer) ? fmt::format("{}", value.integer) : value.text;
    if (!value.is(Value::Kind::Integer) && !value.is(Value::Kind::Text)) {
        section.wrong_type(value, "on", "a list of strings");
        return;
    }
    for (std::size_t i = 0; i < kReasons.size(); ++i) {
        if (kReasons[i] == word) {
            out.*kReasonFlags[i] = true;
            return;
        }
    }
    section.unknown_word(value.place, "reason", word, kReasons);
}

void read_on(Section& section, RetryOn& out) {
    const Value* value = section.get("on");
    if (value == nullptr) return;
    out = RetryOn::nothing();
    if (value->is(Value::Kind::List)) {
        for (const Value& item : value->items) read_reason(section, item, out);
    } else {
        read_reason(section, *value, out);
    }
}

void read_retry_table(Section& section, RetryDraft& draft) {
    draft.is_off = false;
    section.number("attempts", draft.value.attempts, {0, kAttemptsMax});
    read_on(section, draft.value.on);
    section.percent("budget", draft.value.budget, {0.0, 1.0, true});
    const bool is_written =
        section.duration("per_try", draft.value.per_try,
                         {std::chrono::milliseconds{1}, std::chrono::hours{24}, true});
    if (is_written) draft.per_try = Mark::of(section, "per_try", true);
    section.flag("non_idempotent", draft.value.non_idempotent);
}

bool is_off(const Value& value) {
    return value.is(Value::Kind::Text) && (value.text == "off" || value.text == "none");
}

}  // namespace

std::vector<std::string> retry_words(const RetryOn& on) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < kReasons.size(); ++i) {
        if (on.*kReasonFlags[i]) words.emplace_back(kReasons[i]);
    }
    return words;
}

bool read_retry(Section& section, RetryDraft& draft) {
    return section.table_or(
        "retry", [&](Section& retry) { read_retry_table(retry, draft); },
        [&](const Value& value) {
            if (is_off(value)) {
                draft.is_off = true;
                return;
            }
            draft.is_off = false;
            section.read_number(value, "retry", draft.value.attempts, {0, kAttemptsMax},
                                "write \"off\" or { attempts = 2 }");
        });
}

bool read_queue(Section& section, QueueDraft& draft) {
    constexpr NumberRange kSize{0, 1'000'000};
    const bool is_written = section.table_or(
        "queue",
        [&](Section& queue) {
            draft.is_off = false;
            queue.number("size", draft.value.size, kSize);
            queue.duration("wait", draft.value.wait,
                           {std::chrono::milliseconds{1}, std::chrono::hours{1}});
        },
        [&](const Value& value) {
            if (is_off(value)) {
                draft.is_off = true;
                return;
            }
            draft.is_off = false;
            section.read_number(value, "queue", draft.value.size, kSize,
                                "write \"off\" or { size = 1000 }");
        });
    if (is_written) draft.written = Mark::of(section, "queue", true);
    return is_written;
}

}  // namespace fairlead::conf
