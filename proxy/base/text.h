/// Small text helpers. ASCII only: protocol elements and configuration words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead {

constexpr char ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool iequals(std::string_view a, std::string_view b);
/// Equal? Takes the same time wherever the difference is, so that a secret cannot be guessed byte
/// by byte. The length is no secret.
bool equals_in_constant_time(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);
/// Without spaces and tabs at both ends.
std::string_view trim(std::string_view text);
/// Pieces between separators, trimmed, empty ones left out.
std::vector<std::string_view> split_list(std::string_view text, char separator = ',');
/// The whole text as a decimal number; nothing on any other character, emptiness or overflow.
std::optional<std::uint64_t> parse_number(std::string_view digits);
/// The known word nearest to a mistyped one (Damerau-Levenshtein distance at most a third of its
/// length, at least 2), or nothing.
std::optional<std::string_view> closest_match(std::string_view mistyped,
                                              std::span<const std::string_view> known);
/// Bytes of the well-formed UTF-8 sequence that begins at `at` < text.size(), 0 when there is none
/// (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t utf8_length(std::string_view text, std::size_t at);
/// `text` as the inside of a JSON string: quotes, backslashes, control bytes and invalid UTF-8
/// escaped (RFC 8259 section 7). Appends, without the surrounding quotes.
void append_json_escaped(std::string& out, std::string_view text);

}  // namespace fairlead
