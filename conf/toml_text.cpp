#include "conf/toml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "proxy/base/text.h"
#include "proxy/base/units.h"

namespace fairlead::conf {
namespace {

constexpr std::string_view kNone = "\"none\"";

void append_ascii(std::string& out, char c) {
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        case '$':
            out += "$$";
            return;
        default:
            break;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
        fmt::format_to(std::back_inserter(out), "\\u{:04X}", static_cast<unsigned>(c));
    } else {
        out += c;
    }
}

/// U+0080 to U+009F steer some terminals.
bool is_c1_control(std::string_view sequence) {
    return sequence.size() == 2 && static_cast<unsigned char>(sequence[0]) == 0xC2 &&
           static_cast<unsigned char>(sequence[1]) < 0xA0;
}

}  // namespace

std::string toml_text(std::string_view text) {
    std::string out = "\"";
    for (std::size_t at = 0; at < text.size();) {
        if (static_cast<unsigned char>(text[at]) < 0x80) {
            append_ascii(out, text[at++]);
            continue;
        }
        const std::size_t length = utf8_length(text, at);
        const std::string_view sequence = text.substr(at, length);
        if (length == 0) {
            out += "\\uFFFD";
        } else if (is_c1_control(sequence)) {
            fmt::format_to(std::back_inserter(out), "\\u{:04X}",
                           static_cast<unsigned>(static_cast<unsigned char>(sequence[1])));
        } else {
            out += sequence;
        }
        at += std::max<std::size_t>(length, 1);
    }
    return out += '"';
}

std::string toml_key(std::string_view key) {
    const bool is_bare = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
    if (is_bare) return std::string{key};
    // Keys are taken as they are: no variable is looked for in them.
    std::string quoted = toml_text(key);
    for (std::size_t at = quoted.find("$$"); at != std::string::npos; at = quoted.find("$$", at)) {
        quoted.erase(at++, 1);
    }
    return quoted;
}

std::string toml_texts(const std::vector<std::string>& texts) {
    return texts.size() == 1 ? toml_text(texts.front()) : toml_list(texts);
}

std::string toml_list(const std::vector<std::string>& texts) {
    std::string out = "[";
    for (const std::string& text : texts) {
        if (out.size() > 1) out += ", ";
        out += toml_text(text);
    }
    return out += ']';
}

std::string toml_duration(Duration duration) {
    return fmt::format("\"{}\"", format_duration(duration));
}

std::string toml_size(std::uint64_t bytes) { return fmt::format("\"{}\"", format_size(bytes)); }

std::string toml_number(std::uint64_t number, std::string_view word, std::uint64_t word_value) {
    if (!word.empty() && number == word_value) return fmt::format("\"{}\"", word);
    return fmt::format("{}", number);
}

std::string toml_real(double number) {
    if (std::isinf(number)) return std::string{kNone};
    std::string text = fmt::format("{}", number);  // the shortest that reads back as the same
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

std::string toml_percent(double share) {
    if (std::isinf(share)) return std::string{kNone};
    constexpr int kDecimalsMax = 9;
    std::string text;
    for (int decimals = 0; decimals <= kDecimalsMax; ++decimals) {
        text = fmt::format("{:.{}f}%", share * 100, decimals);
        const Result<double> read = parse_percent(text, 1.0);
        if (read && *read == share) break;
    }
    return fmt::format("\"{}\"", text);
}

std::string toml_flag(bool flag) { return flag ? "true" : "false"; }

}  // namespace fairlead::conf
