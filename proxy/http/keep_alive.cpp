#include "proxy/http/keep_alive.h"

#include <cstdint>

#include "proxy/base/text.h"

namespace fairlead::http {

std::optional<std::chrono::seconds> keep_alive_timeout(std::string_view value) {
    constexpr std::string_view kName = "timeout";
    while (!value.empty()) {
        const std::size_t comma = value.find(',');
        std::string_view part = trim(value.substr(0, comma));
        value = comma == std::string_view::npos ? std::string_view() : value.substr(comma + 1);
        const std::size_t equals = part.find('=');
        if (equals == std::string_view::npos || !iequals(trim(part.substr(0, equals)), kName)) {
            continue;
        }
        const std::string_view digits = trim(part.substr(equals + 1));
        const std::optional<std::uint64_t> number = parse_number(digits);
        if (!number || digits.size() > 6) return std::nullopt;
        return std::chrono::seconds{*number};
    }
    return std::nullopt;
}

}  // namespace fairlead::http
