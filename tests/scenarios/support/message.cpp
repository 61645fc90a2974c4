#include "tests/scenarios/support/message.h"

#include <strings.h>

#include <cstdlib>

namespace fairlead::scenarios {
namespace {

std::string word_of(const std::string& line, int number) {
    std::size_t at = 0;
    for (; number > 0; --number) {
        at = line.find(' ', at);
        if (at == std::string::npos) return {};
        ++at;
    }
    return line.substr(at, line.find(' ', at) - at);
}

}  // namespace

std::string Message::start_line() const { return head.substr(0, head.find("\r\n")); }
std::string Message::method() const { return word_of(start_line(), 0); }
std::string Message::target() const { return word_of(start_line(), 1); }
int Message::status() const { return std::atoi(word_of(start_line(), 1).c_str()); }

std::vector<std::string> Message::fields(std::string_view name) const {
    std::vector<std::string> values;
    std::size_t at = head.find("\r\n");
    while (at != std::string::npos && at + 2 < head.size()) {
        at += 2;
        const std::size_t end = head.find("\r\n", at);
        const std::size_t colon = head.find(':', at);
        if (end == std::string::npos) break;
        if (colon < end && colon - at == name.size() &&
            ::strncasecmp(head.data() + at, name.data(), name.size()) == 0) {
            std::size_t value = colon + 1;
            while (value < end && head[value] == ' ') ++value;
            values.push_back(head.substr(value, end - value));
        }
        at = end;
    }
    return values;
}

std::string Message::field(std::string_view name) const {
    const std::vector<std::string> values = fields(name);
    return values.empty() ? std::string() : values.front();
}

}  // namespace fairlead::scenarios
