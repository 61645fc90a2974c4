#include "proxy/telemetry/access_format.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "proxy/base/text.h"
#include "proxy/telemetry/redact.h"

namespace fairlead::telemetry {
namespace {

/// A byte takes at most this many when escaped: \u001f.
constexpr std::size_t kEscapedBytesMax = 6;
/// Keys, punctuation, numbers and the time of a line, and those of an attempt, rounded up.
constexpr std::size_t kLineFixedBytes = 1024;
constexpr std::size_t kAttemptFixedBytes = 96;

/// A vector of GCC and clang: SSE2, NEON or whatever the machine has.
using Bytes16 __attribute__((vector_size(16))) = std::uint8_t;
using Halves = std::array<std::uint64_t, 2>;

constexpr Bytes16 repeat(std::uint8_t b) {
    return Bytes16{b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b};
}

/// True when one of the bytes is a control character, a quote, a backslash, DEL or not ASCII.
inline bool needs_care(Bytes16 bytes) {
    const auto found = ((bytes - repeat(0x20)) >= repeat(0x7F - 0x20)) | (bytes == repeat('"')) |
                       (bytes == repeat('\\'));
    const auto halves = std::bit_cast<Halves>(found);
    return (halves[0] | halves[1]) != 0;
}

constexpr bool is_plain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

inline bool needs_care(std::uint64_t a, std::uint64_t b) {
    return needs_care(std::bit_cast<Bytes16>(Halves{a, b}));
}

template <class Word>
Word load(const char* from) {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
}

template <std::size_t Size>
char* put(char* out, const char (&literal)[Size]) {
    std::memcpy(out, literal, Size - 1);
    return out + Size - 1;
}

char* put(char* out, std::string_view bytes) {
    std::memcpy(out, bytes.data(), bytes.size());
    return out + bytes.size();
}

char* put_number(char* out, std::uint64_t number) {
    return std::to_chars(out, out + 20, number).ptr;
}

char* put_hex(char* out, unsigned char byte) {
    constexpr char kDigits[] = "0123456789abcdef";
    *out++ = kDigits[byte >> 4];
    *out++ = kDigits[byte & 15];
    return out;
}

/// The inside of a JSON string, byte by byte: the rare way. Valid UTF-8 stays, except for C1
/// controls, which some terminals obey.
[[gnu::noinline]] char* put_json_careful(char* out, std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_length(text, at);
        const auto first = static_cast<unsigned char>(text[at]);
        if (length == 0) {
            out = put(out, "\\ufffd");
            ++at;
            continue;
        }
        const auto second = static_cast<unsigned char>(length == 2 ? text[at + 1] : '\0');
        if (first == '"' || first == '\\') {
            *out++ = '\\';
            *out++ = text[at];
        } else if (first < 0x20 || first == 0x7F) {
            out = put_hex(put(out, "\\u00"), first);
        } else if (first == 0xC2 && second < 0xA0) {
            out = put_hex(put(out, "\\u00"), second);
        } else {
            out = put(out, text.substr(at, length));
        }
        at += length;
    }
    return out;
}

/// The same for the common format, which has no Unicode: everything unusual is \xHH, as with NGINX.
[[gnu::noinline]] char* put_common_careful(char* out, std::string_view text) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte >= 0x7F || c == '"' || c == '\\') {
            out = put_hex(put(out, "\\x"), byte);
        } else {
            *out++ = c;
        }
    }
    return out;
}

using Careful = char* (*)(char*, std::string_view);

/// Copies text; from the first word with a byte that needs care on, it is `careful`'s.
template <Careful careful>
char* put_escaped(char* out, std::string_view text) {
    if (text.size() > kLogTextBytesMax) [[unlikely]] {
        return put(put_escaped<careful>(out, text.substr(0, kLogTextBytesMax)), "...");
    }
    const char* at = text.data();
    std::size_t left = text.size();
    if (left >= 16) {
        for (; left >= 16; left -= 16, at += 16, out += 16) {
            const auto word = load<Bytes16>(at);
            if (needs_care(word)) return careful(out, {at, left});
            std::memcpy(out, &word, 16);
        }
        // What is left, once more together with bytes before it.
        const auto word = load<Bytes16>(at + left - 16);
        if (needs_care(word)) return careful(out, {at, left});
        std::memcpy(out + left - 16, &word, 16);
        return out + left;
    }
    if (left >= 8) {
        const auto head = load<std::uint64_t>(at);
        const auto tail = load<std::uint64_t>(at + left - 8);
        if (needs_care(head, tail)) return careful(out, {at, left});
        std::memcpy(out, &head, 8);
        std::memcpy(out + left - 8, &tail, 8);
        return out + left;
    }
    if (left >= 4) {
        const auto head = load<std::uint32_t>(at);
        const auto tail = load<std::uint32_t>(at + left - 4);
        const std::uint64_t both = std::uint64_t{head} << 32 | tail;
        if (needs_care(both, both)) return careful(out, {at, left});
        std::memcpy(out, &head, 4);
        std::memcpy(out + left - 4, &tail, 4);
        return out + left;
    }
    if (left == 0) return out;
    // One to three bytes: the first, the middle and the last are all of them.
    const char first = *at;
    const char middle = at[left / 2];
    const char last = at[left - 1];
    if (!is_plain(first) || !is_plain(middle) || !is_plain(last)) return careful(out, {at, left});
    *out = first;
    out[left / 2] = middle;
    out[left - 1] = last;
    return out + left;
}

char* put_json(char* out, std::string_view text) {
    return put_escaped<put_json_careful>(out, text);
}

/// Milliseconds with at most three decimals.
char* put_ms(char* out, Duration duration) {
    if (duration.count() < 0) return put(out, "null");
    const auto us = static_cast<std::uint64_t>(duration.count()) / 1000;
    if (us == 0) return put(out, "0");  // most waits are none
    out = put_number(out, us / 1000);
    const auto rest = static_cast<unsigned>(us % 1000);
    if (rest == 0) return out;
    *out++ = '.';
    *out++ = static_cast<char>('0' + rest / 100);
    if (rest % 100 == 0) return out;
    *out++ = static_cast<char>('0' + rest / 10 % 10);
    if (rest % 10 == 0) return out;
    *out++ = static_cast<char>('0' + rest % 10);
    return out;
}

/// Of a list cut short, the last attempts are shown: they say how it ended.
std::span<const AttemptEntry> shown(std::span<const AttemptEntry> attempts) {
    constexpr std::size_t kAttemptsMax = 64;
    return attempts.last(std::min(attempts.size(), kAttemptsMax));
}

char* put_attempts(char* out, std::span<const AttemptEntry> attempts) {
    bool is_first = true;
    for (const AttemptEntry& attempt : shown(attempts)) {
        if (!is_first) *out++ = ',';
        is_first = false;
        out = put_json(put(out, "{\"backend\":\""), attempt.backend);
        out = put_json(put(out, "\",\"reason\":\""), attempt.reason);
        out = put_ms(put(out, "\",\"ms\":"), attempt.took);
        *out++ = '}';
    }
    return out;
}

char* put_common(char* out, std::string_view text) {
    if (text.empty()) return put(out, "-");
    return put_escaped<put_common_careful>(out, text);
}

void put_digits(char* out, std::int64_t number, int digits) {
    for (int i = digits - 1; i >= 0; --i, number /= 10) {
        out[i] = static_cast<char>('0' + number % 10);
    }
}

}  // namespace

void TimeText::set_second(std::int64_t second) {
    second_ = second;
    millisecond_ = -1;
    const auto native = static_cast<time_t>(second);
    tm day{};
    gmtime_r(&native, &day);

    std::memcpy(rfc3339_, "0000-00-00T00:00:00.000Z", sizeof rfc3339_);
    put_digits(rfc3339_, day.tm_year + 1900, 4);
    put_digits(rfc3339_ + 5, day.tm_mon + 1, 2);
    put_digits(rfc3339_ + 8, day.tm_mday, 2);
    put_digits(rfc3339_ + 11, day.tm_hour, 2);
    put_digits(rfc3339_ + 14, day.tm_min, 2);
    put_digits(rfc3339_ + 17, day.tm_sec, 2);

    constexpr char kMonths[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    std::memcpy(common_, "00/Jan/0000:00:00:00 +0000", sizeof common_);
    put_digits(common_, day.tm_mday, 2);
    std::memcpy(common_ + 3, kMonths + 3 * day.tm_mon, 3);
    put_digits(common_ + 7, day.tm_year + 1900, 4);
    std::memcpy(common_ + 12, rfc3339_ + 11, 8);
}

std::string_view TimeText::rfc3339(WallTime time) {
    const std::int64_t now = std::max<std::int64_t>(time.time_since_epoch().count(), 0);
    if (now != millisecond_) {
        if (now / 1000 != second_) set_second(now / 1000);
        millisecond_ = now;
        put_digits(rfc3339_ + 20, now % 1000, 3);
    }
    return {rfc3339_, sizeof rfc3339_};
}

std::string_view TimeText::common(WallTime time) {
    const std::int64_t now = std::max<std::int64_t>(time.time_since_epoch().count(), 0);
    if (now / 1000 != second_) set_second(now / 1000);
    return {common_, sizeof common_};
}

std::string_view shown_target(std::string_view target, AccessQuery query, std::string& scratch) {
    if (query == AccessQuery::On) return target;
    const std::size_t mark = target.find('?');
    if (mark == std::string_view::npos) return target;
    if (query == AccessQuery::Off) return target.substr(0, mark);
    scratch.assign(target, 0, mark + 1);
    append_redacted(scratch, target.substr(mark + 1));
    return scratch;
}

std::size_t line_bytes_max(const AccessEntry& entry, std::string_view target) {
    const auto bytes = [](std::string_view text) {
        return std::min(text.size(), kLogTextBytesMax);
    };
    std::size_t text = bytes(entry.id) + bytes(entry.listener) + bytes(entry.client) +
                       bytes(entry.peer) + bytes(entry.method) + bytes(entry.host) + bytes(target) +
                       bytes(entry.proto) + bytes(entry.route) + bytes(entry.pool) +
                       bytes(entry.backend) + bytes(entry.tls) + bytes(entry.user_agent);
    std::size_t fixed = kLineFixedBytes;
    for (const AttemptEntry& attempt : shown(entry.attempts)) {
        text += bytes(attempt.backend) + bytes(attempt.reason);
        fixed += kAttemptFixedBytes;
    }
    return fixed + kEscapedBytesMax * text;
}

char* write_json(char* out, const AccessEntry& entry, std::string_view target, TimeText& time) {
    out = put(put(out, "{\"time\":\""), time.rfc3339(entry.time));
    out = put_json(put(out, "\",\"id\":\""), entry.id);
    out = put_json(put(out, "\",\"listener\":\""), entry.listener);
    out = put_json(put(out, "\",\"client\":\""), entry.client);
    out = put_json(put(out, "\",\"peer\":\""), entry.peer);
    out = put_json(put(out, "\",\"method\":\""), entry.method);
    out = put_json(put(out, "\",\"host\":\""), entry.host);
    out = put_json(put(out, "\",\"path\":\""), target);
    out = put_json(put(out, "\",\"proto\":\""), entry.proto);
    out = put_number(put(out, "\",\"status\":"), static_cast<std::uint64_t>(entry.status));
    out = put(put(out, ",\"failure\":\""), word(entry.failure));
    out = put_json(put(out, "\",\"route\":\""), entry.route);
    out = put_json(put(out, "\",\"pool\":\""), entry.pool);
    out = put_json(put(out, "\",\"backend\":\""), entry.backend);
    out = put_attempts(put(out, "\",\"attempts\":["), entry.attempts);
    out = put_number(put(out, "],\"bytes_in\":"), entry.bytes_in);
    out = put_number(put(out, ",\"bytes_out\":"), entry.bytes_out);
    out = put_ms(put(out, ",\"ms\":{\"total\":"), entry.total);
    out = put_ms(put(out, ",\"queue\":"), entry.queue);
    out = put_ms(put(out, ",\"connect\":"), entry.connect);
    out = put_ms(put(out, ",\"first_byte\":"), entry.first_byte);
    out = put_json(put(out, "},\"tls\":\""), entry.tls);
    out = put_json(put(out, "\",\"user_agent\":\""), entry.user_agent);
    return put(out, "\"}\n");
}

char* write_common(char* out, const AccessEntry& entry, std::string_view target, TimeText& time) {
    out = put(put_common(out, entry.client), " - - [");
    out = put(put(out, time.common(entry.time)), "] \"");
    if (entry.method.empty()) {
        out = put(out, "-");
    } else {
        out = put(put_common(out, entry.method), " ");
        out = put(put_common(out, target), " ");
        out = put_common(out, entry.proto);
    }
    out = put_number(put(out, "\" "), static_cast<std::uint64_t>(entry.status));
    out = put_number(put(out, " "), entry.bytes_out);
    return put(out, "\n");
}

}  // namespace fairlead::telemetry
