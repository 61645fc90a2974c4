#include "conf/environment.h"

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

namespace fairlead::conf {
namespace {

std::optional<std::string> from_process(const std::string& name) {
    const char* value = std::getenv(name.c_str());  // before any thread exists, or on main alone
    if (value == nullptr) return std::nullopt;
    return std::string{value};
}

bool is_name(std::string_view name) {
    if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
    for (const char c : name) {
        const bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
        if (!is_letter && !(c >= '0' && c <= '9')) return false;
    }
    return true;
}

class Expander {
  public:
    Expander(const Document& document, const Environment& environment, std::vector<Error>& errors)
        : document_(document), environment_(environment), errors_(errors) {}

    void expand(Value& value) {
        if (value.is(Value::Kind::Text) && value.text.find('$') != std::string::npos) {
            value.text = expanded(value);
        }
        for (Value& item : value.items) expand(item);
        for (Entry& entry : value.entries) expand(entry.value);
    }

    std::vector<Place> broken() && { return std::move(broken_); }

  private:
    std::string expanded(const Value& value) {
        const std::string_view text = value.text;
        std::string out;
        std::size_t at = 0;
        while (at < text.size()) {
            if (text[at] != '$') {
                out += text[at++];
            } else if (text.substr(at).starts_with("$$")) {
                out += '$';
                at += 2;
            } else if (text.substr(at).starts_with("${")) {
                const std::size_t end = text.find('}', at);
                if (end == std::string_view::npos) {
                    report(value, text.substr(at), "\"${\" without its \"}\"",
                           "write \"$$\" for a dollar");
                    return value.text;
                }
                substitute(value, text.substr(at, end + 1 - at), out);
                at = end + 1;
            } else {
                out += text[at++];
            }
        }
        return out;
    }

    /// @param reference  with its braces: "${NAME}"
    void substitute(const Value& value, std::string_view reference, std::string& out) {
        const std::string name{reference.substr(2, reference.size() - 3)};
        if (!is_name(name)) {
            report(value, reference, "\"" + name + "\" is not the name of a variable",
                   "write \"$$\" for a dollar");
            out += reference;
            return;
        }
        const std::optional<std::string> content =
            environment_ ? environment_(name) : from_process(name);
        if (content) {
            out += *content;
        } else {
            out += reference;
            report(value, reference, "environment variable \"" + name + "\" is not set", "");
        }
    }

    /// Points into the string where it is written on one line without escapes, else at all of it.
    void report(const Value& value, std::string_view part, std::string message, std::string hint) {
        broken_.push_back(value.place);
        Place place = value.place;
        const std::size_t column = document_.line(place).find(part, place.column - 1);
        if (column != std::string_view::npos) {
            place.column = column + 1;
            place.length = part.size();
        }
        errors_.push_back(Error{std::move(message), std::move(hint), document_.locate(place)});
    }

    const Document& document_;
    const Environment& environment_;
    std::vector<Error>& errors_;
    std::vector<Place> broken_;
};

}  // namespace

std::vector<Place> expand_environment(const Document& document, Value& root,
                                      const Environment& environment, std::vector<Error>& errors) {
    Expander expander{document, environment, errors};
    expander.expand(root);
    return std::move(expander).broken();
}

}  // namespace fairlead::conf
