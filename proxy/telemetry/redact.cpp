#include "proxy/telemetry/redact.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "proxy/base/text.h"

namespace fairlead::telemetry {
namespace {

constexpr std::string_view kSecretWords[] = {
    "token",   "key",         "password", "passwd", "pwd",        "passphrase", "secret",
    "code",    "accesstoken", "apikey",   "auth",   "jwt",        "signature",  "sig",
    "session", "sessionid",   "sid",      "otp",    "credential",
};
constexpr std::size_t kNameBytesMax = 128;

constexpr std::uint32_t letter_bit(char lower) {
    return lower >= 'a' && lower <= 'z' ? 1U << (lower - 'a') : 0;
}

constexpr std::uint32_t first_letters() {
    std::uint32_t letters = 0;
    for (const std::string_view secret : kSecretWords) letters |= letter_bit(secret.front());
    return letters;
}
constexpr std::uint32_t kFirstLetters = first_letters();

bool is_secret_word(std::string_view word) {
    // Every parameter of every request comes here: most are sent away by their first letter.
    if (word.empty() || (kFirstLetters & letter_bit(ascii_lower(word.front()))) == 0) return false;
    return std::any_of(std::begin(kSecretWords), std::end(kSecretWords),
                       [&](std::string_view secret) {
                           return word.size() == secret.size() && iequals(word, secret);
                       });
}

constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_alphanumeric(char c) {
    return is_upper(c) || is_lower(c) || (c >= '0' && c <= '9');
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// `name` with percent-encoding undone: %74oken is read as token by whoever receives it.
/// @return its length in `out`.
std::size_t decode(std::string_view name, std::array<char, kNameBytesMax>& out) {
    std::size_t length = 0;
    for (std::size_t at = 0; at < name.size(); ++at) {
        const bool has_digits = name[at] == '%' && at + 2 < name.size() &&
                                hex_value(name[at + 1]) >= 0 && hex_value(name[at + 2]) >= 0;
        if (has_digits) {
            out[length++] =
                static_cast<char>(hex_value(name[at + 1]) * 16 + hex_value(name[at + 2]));
            at += 2;
        } else {
            out[length++] = name[at];
        }
    }
    return length;
}

}  // namespace

bool is_secret_name(std::string_view name) {
    if (name.size() > kNameBytesMax) return true;  // not worth a look, so not worth the risk
    std::array<char, kNameBytesMax> decoded;
    const bool is_plain = name.find('%') == std::string_view::npos;
    const std::string_view text =
        is_plain ? name : std::string_view{decoded.data(), decode(name, decoded)};

    std::size_t start = 0;
    bool has_humps = false;
    for (std::size_t at = 0; at <= text.size(); ++at) {
        const bool is_hump =
            at > 0 && at < text.size() && is_upper(text[at]) && is_lower(text[at - 1]);
        if (at < text.size() && is_alphanumeric(text[at]) && !is_hump) continue;
        if (is_secret_word(text.substr(start, at - start))) return true;
        has_humps = has_humps || is_hump;
        start = is_hump ? at : at + 1;
    }
    return has_humps && is_secret_word(text);  // such as "PassWord"
}

void append_redacted(std::string& out, std::string_view query) {
    // A name may begin after '&', ';' or '?', depending on who reads it; a secret's value reaches
    // to the next '&' whatever is in it. Both err on the side of hiding.
    std::size_t copied = 0;
    std::size_t name = 0;
    bool is_in_name = true;
    for (std::size_t at = 0; at < query.size(); ++at) {
        const char c = query[at];
        if (c == '&' || c == ';' || c == '?') {
            name = at + 1;
            is_in_name = true;
        } else if (c == '=' && is_in_name) {
            is_in_name = false;
            if (!is_secret_name(query.substr(name, at - name))) continue;
            const std::size_t value = at + 1;
            const std::size_t end = std::min(query.find('&', value), query.size());
            if (end == value) continue;
            out.append(query, copied, value - copied);
            out += "redacted";
            copied = end;
            at = end - 1;
        }
    }
    out.append(query, copied);
}

}  // namespace fairlead::telemetry
