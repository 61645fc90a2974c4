#include "proxy/http/field.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "proxy/base/text.h"

namespace fairlead::http {
namespace {

struct Known {
    std::string_view name;  // in lower case
    FieldId id = FieldId::Other;
};

constexpr Known kKnown[] = {
    {"te", FieldId::Te},
    {"via", FieldId::Via},
    {"host", FieldId::Host},
    {"date", FieldId::Date},
    {"proxy", FieldId::Proxy},
    {"accept", FieldId::Accept},
    {"cookie", FieldId::Cookie},
    {"server", FieldId::Server},
    {"expect", FieldId::Expect},
    {"upgrade", FieldId::Upgrade},
    {"trailer", FieldId::Trailer},
    {"location", FieldId::Location},
    {"cdn-loop", FieldId::CdnLoop},
    {"forwarded", FieldId::Forwarded},
    {"x-real-ip", FieldId::XRealIp},
    {"connection", FieldId::Connection},
    {"user-agent", FieldId::UserAgent},
    {"set-cookie", FieldId::SetCookie},
    {"keep-alive", FieldId::KeepAlive},
    {"retry-after", FieldId::RetryAfter},
    {"x-request-id", FieldId::XRequestId},
    {"authorization", FieldId::Authorization},
    {"cache-control", FieldId::CacheControl},
    {"content-length", FieldId::ContentLength},
    {"x-forwarded-for", FieldId::XForwardedFor},
    {"x-forwarded-host", FieldId::XForwardedHost},
    {"x-forwarded-port", FieldId::XForwardedPort},
    {"www-authenticate", FieldId::WwwAuthenticate},
    {"proxy-connection", FieldId::ProxyConnection},
    {"transfer-encoding", FieldId::TransferEncoding},
    {"x-forwarded-proto", FieldId::XForwardedProto},
    {"proxy-authenticate", FieldId::ProxyAuthenticate},
    {"proxy-authorization", FieldId::ProxyAuthorization},
};
constexpr std::size_t kShortest = 2;
constexpr std::string_view kClientCert = "client-cert";  // RFC 9440
constexpr std::string_view kClientCertChain = "client-cert-chain";
constexpr std::size_t kSlots = 128;  // of 7 bits

/// Where a name stands in the table of names, by its length and two of its characters. Setting 0x20
/// makes letters small.
constexpr std::size_t slot_of(std::string_view name, std::uint32_t factor) {
    const std::uint32_t key = static_cast<std::uint32_t>(name.size()) << 16U |
                              (static_cast<unsigned char>(name[0]) | 0x20U) << 8U |
                              (static_cast<unsigned char>(name[name.size() - 2]) | 0x20U);
    return key * factor >> 25U;  // 7 bits
}

/// Has every name a slot of its own?
constexpr bool is_perfect(std::uint32_t factor) {
    std::array<bool, kSlots> is_taken{};
    for (const Known& known : kKnown) {
        bool& slot = is_taken[slot_of(known.name, factor)];
        if (slot) return false;
        slot = true;
    }
    return true;
}

/// The first such factor of a plain sequence.
constexpr std::uint32_t find_factor() {
    std::uint32_t factor = 1;
    for (int tries = 0; tries < 2000 && !is_perfect(factor); ++tries) {
        factor = factor * 1664525U + 1013904223U;
    }
    return factor;
}
constexpr std::uint32_t kFactor = find_factor();
static_assert(is_perfect(kFactor), "two field names share a slot: change slot_of()");

/// Free slots have the empty name.
constexpr std::array<Known, kSlots> make_slots() {
    std::array<Known, kSlots> slots{};
    for (const Known& known : kKnown) slots[slot_of(known.name, kFactor)] = known;
    return slots;
}
constexpr std::array<Known, kSlots> kKnownBySlot = make_slots();

constexpr std::array<bool, 256> make_token_chars() {
    std::array<bool, 256> table{};
    for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
    for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
    for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
    for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
        table[static_cast<unsigned char>(c)] = true;
    }
    return table;
}
constexpr auto kTokenChars = make_token_chars();

template <class Word>
Word word_at(const char* text) {
    Word word;
    std::memcpy(&word, text, sizeof word);
    return word;
}

template <class Word>
bool word_equals_lower(const char* name, const char* lower) {
    constexpr auto kSmall = static_cast<Word>(0x2020202020202020U);
    return (word_at<Word>(name) | kSmall) == word_at<Word>(lower);
}

/// Equal when the letters of `name` are made small, both being of one length of 2 to 24.
/// Setting 0x20 does that for letters and leaves digits and dashes alone; no other token character
/// becomes one of ours by it. Words overlap where the length is no multiple of theirs.
bool equals_lower(std::string_view name, std::string_view lower) {
    const char* const a = name.data();
    const char* const b = lower.data();
    const std::size_t length = lower.size();
    if (length >= 8) {
        return word_equals_lower<std::uint64_t>(a, b) &&
               word_equals_lower<std::uint64_t>(a + length - 8, b + length - 8) &&
               (length <= 16 || word_equals_lower<std::uint64_t>(a + 8, b + 8));
    }
    if (length >= 4) {
        return word_equals_lower<std::uint32_t>(a, b) &&
               word_equals_lower<std::uint32_t>(a + length - 4, b + length - 4);
    }
    return word_equals_lower<std::uint16_t>(a, b) &&
           word_equals_lower<std::uint16_t>(a + length - 2, b + length - 2);
}

/// Like `pattern`, in any case and with `_` for any dash: many servers take the two for the same.
bool is_spelling_of(std::string_view name, std::string_view pattern) {
    return std::equal(name.begin(), name.end(), pattern.begin(), pattern.end(),
                      [](char a, char b) { return (a == '_' ? '-' : ascii_lower(a)) == b; });
}

/// Kept out of line: rarely asked, and classify() is short without it.
[[gnu::noinline]] bool is_forwarding_spelling(std::string_view name) {
    constexpr std::string_view kPrefix = "x-forwarded";
    const std::string_view start = name.substr(0, kPrefix.size());
    if (is_spelling_of(start, kPrefix)) {
        if (name.size() == kPrefix.size()) return true;
        const char next = name[kPrefix.size()];
        return next == '-' || next == '_';
    }
    return is_spelling_of(name, "x-real-ip") || is_spelling_of(name, "x-request-id");
}

}  // namespace

bool is_word(std::string_view text, std::string_view lower) {
    return text.size() == lower.size() && equals_lower(text, lower);
}

FieldId classify(std::string_view name) {
    if (name.size() < kShortest) return FieldId::Other;
    const Known& known = kKnownBySlot[slot_of(name, kFactor)];
    if (is_word(name, known.name)) return known.id;
    if ((name[0] == 'x' || name[0] == 'X') && (name[1] == '-' || name[1] == '_') &&
        is_forwarding_spelling(name)) {
        return is_spelling_of(name, "x-forwarded-client-subject") ? FieldId::ClientCert
                                                                  : FieldId::XForwardedOther;
    }
    if ((name.size() == kClientCert.size() || name.size() == kClientCertChain.size()) &&
        (is_spelling_of(name, kClientCert) || is_spelling_of(name, kClientCertChain))) {
        return FieldId::ClientCert;
    }
    return FieldId::Other;
}

std::string_view line_value(std::string_view lines, std::string_view name) {
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find("\r\n"), lines.size());
        const std::string_view line = lines.substr(0, end);
        lines.remove_prefix(std::min(end + 2, lines.size()));
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos && iequals(line.substr(0, colon), name)) {
            return trim(line.substr(colon + 1));
        }
    }
    return {};
}

bool is_token_char(char c) { return kTokenChars[static_cast<unsigned char>(c)]; }

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_field_value(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte >= 0x20 && byte != 0x7F) || byte == '\t';
    });
}

}  // namespace fairlead::http
