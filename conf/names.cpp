#include "conf/names.h"

#include <fmt/format.h>

#include <algorithm>

namespace fairlead::conf {
namespace {

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

bool is_token(std::string_view text) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos;
    });
}

bool is_field_value(std::string_view text) {
    const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    if (!text.empty() && (is_blank(text.front()) || is_blank(text.back()))) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
    });
}

void check_name(const Reading& reading, Place place, std::string_view noun, std::string_view name) {
    const bool is_good =
        !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), [](char c) {
            return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
        });
    if (is_good) return;
    reading.error(place, fmt::format("\"{}\" cannot be the name of a {}", name, noun),
                  "1 to 128 letters, digits, \"-\", \"_\" and \".\"");
}

}  // namespace fairlead::conf
