#include "proxy/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace fairlead {
namespace {

/// As compared when looking for the word that was meant: case and the kind of dash do not matter.
std::string folded(std::string_view word) {
    std::string out = to_lower(word);
    std::replace(out.begin(), out.end(), '-', '_');
    return out;
}

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours
/// (Damerau 1964).
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> current(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            current[j] = std::min({last[j] + 1, current[j - 1] + 1, replace});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                current[j] = std::min(current[j], before_last[j - 2] + 1);
            }
        }
        before_last.swap(last);
        last.swap(current);
    }
    return last[b.size()];
}

/// "leastconn" for "least_connections": far by distance, plain to a person. At least half of the
/// letters, in order, from the same first one.
bool is_abbreviation(std::string_view abbreviated, std::string_view word) {
    if (abbreviated.size() < 3 || abbreviated.size() * 2 < word.size()) return false;
    if (abbreviated.front() != word.front()) return false;
    std::size_t at = 0;
    for (const char c : word) {
        if (at < abbreviated.size() && abbreviated[at] == c) ++at;
    }
    return at == abbreviated.size();
}

constexpr unsigned char byte_at(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

bool is_between(unsigned char byte, unsigned char low, unsigned char high) {
    return byte >= low && byte <= high;
}

}  // namespace

std::size_t utf8_length(std::string_view text, std::size_t at) {
    const unsigned char first = byte_at(text, at);
    if (first < 0x80) return 1;
    std::size_t length = 0;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (is_between(first, 0xC2, 0xDF)) {
        length = 2;
    } else if (is_between(first, 0xE0, 0xEF)) {
        length = 3;
        if (first == 0xE0) low = 0xA0;
        if (first == 0xED) high = 0x9F;
    } else if (is_between(first, 0xF0, 0xF4)) {
        length = 4;
        if (first == 0xF0) low = 0x90;
        if (first == 0xF4) high = 0x8F;
    }
    if (length == 0 || text.size() - at < length) return 0;
    if (!is_between(byte_at(text, at + 1), low, high)) return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if (!is_between(byte_at(text, at + i), 0x80, 0xBF)) return 0;
    }
    return length;
}

namespace {

void append_escaped_ascii(std::string& out, char c) {
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\b':
            out += "\\b";
            return;
        case '\f':
            out += "\\f";
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
        default:
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    }
}

bool is_plain(unsigned char byte) {
    return byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
}

}  // namespace

bool iequals(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               return ascii_lower(x) == ascii_lower(y);
           });
}

bool equals_in_constant_time(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    // `volatile`: a compiler that saw through the loop could end it at the first difference.
    volatile unsigned char difference = 0;
    for (std::size_t at = 0; at < a.size(); ++at) {
        difference = static_cast<unsigned char>(difference | (a[at] ^ b[at]));
    }
    return difference == 0;
}

std::string to_lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = ascii_lower(c);
    return out;
}

std::string_view trim(std::string_view text) {
    const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

std::vector<std::string_view> split_list(std::string_view text, char separator) {
    std::vector<std::string_view> pieces;
    while (true) {
        const std::size_t end = text.find(separator);
        const std::string_view piece = trim(text.substr(0, end));
        if (!piece.empty()) pieces.push_back(piece);
        if (end == std::string_view::npos) return pieces;
        text.remove_prefix(end + 1);
    }
}

std::optional<std::uint64_t> parse_number(std::string_view digits) {
    std::uint64_t value = 0;
    const char* const end = digits.data() + digits.size();
    // from_chars on an unsigned type takes neither sign nor space.
    const auto [stopped, error] = std::from_chars(digits.data(), end, value);
    if (error != std::errc{} || stopped != end) return std::nullopt;
    return value;
}

std::optional<std::string_view> closest_match(std::string_view mistyped,
                                              std::span<const std::string_view> known) {
    const std::string wanted = folded(mistyped);
    const std::size_t distance_max = std::max<std::size_t>(wanted.size() / 3, 2);
    std::optional<std::string_view> best;
    std::size_t best_distance = distance_max + 1;
    for (const std::string_view word : known) {
        const std::size_t distance = edit_distance(wanted, folded(word));
        // Two edits make any word of two letters from any other: that is no likeness.
        const bool shares_a_letter = distance < std::min(wanted.size(), word.size());
        if (distance < best_distance && (shares_a_letter || distance == 0)) {
            best = word;
            best_distance = distance;
        }
    }
    if (best) return best;
    for (const std::string_view word : known) {
        if (is_abbreviation(wanted, folded(word))) return word;
    }
    return std::nullopt;
}

void append_json_escaped(std::string& out, std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t start = at;
        while (at < text.size() && is_plain(byte_at(text, at))) ++at;
        out.append(text, start, at - start);
        if (at == text.size()) return;

        const std::size_t length = utf8_length(text, at);
        if (length == 0) {
            out += "\\ufffd";
            ++at;
        } else if (length == 1) {
            append_escaped_ascii(out, text[at]);
            ++at;
        } else if (byte_at(text, at) == 0xC2 && byte_at(text, at + 1) < 0xA0) {
            // C1 controls: some terminals obey them when a log is looked at.
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte_at(text, at + 1));
            at += 2;
        } else {
            out.append(text, at, length);
            at += length;
        }
    }
}

}  // namespace fairlead
