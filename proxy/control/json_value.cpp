#include "proxy/control/json_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "proxy/base/text.h"

namespace fairlead::control {
namespace {

/// Builds a JsonValue from the parser's events; the first thing refused ends it.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
  public:
    Builder(const JsonLimits& limits, JsonValue& root) : limits_(limits), root_(root) {}

    Error take_error() { return std::move(error_); }

    bool null() override { return add({}); }
    bool boolean(bool truth) override {
        JsonValue value;
        value.kind = JsonValue::Kind::Bool;
        value.truth = truth;
        return add(std::move(value));
    }
    bool number_integer(std::int64_t number) override { return add_whole(number); }
    bool number_unsigned(std::uint64_t number) override {
        if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
            return refuse(fmt::format("the number {} is too large", number), {});
        }
        return add_whole(static_cast<std::int64_t>(number));
    }
    bool number_float(double number, const std::string& text) override {
        const bool is_whole = text.find_first_of(".eE") == std::string::npos;
        if (is_whole) return refuse(fmt::format("the number {:.40} is too large", text), {});
        JsonValue value;
        value.kind = JsonValue::Kind::Real;
        value.real = number;
        return add(std::move(value));
    }
    bool string(std::string& text) override {
        JsonValue value;
        value.kind = JsonValue::Kind::Text;
        value.text = std::move(text);
        return add(std::move(value));
    }
    bool binary(nlohmann::json::binary_t&) override { return false; }  // never in text
    bool start_object(std::size_t) override { return open(JsonValue::Kind::Table); }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(JsonValue::Kind::List); }
    bool end_array() override { return close(); }
    bool key(std::string& name) override {
        std::vector<JsonMember>& table = open_.back()->table;
        if (table.size() >= limits_.members) {
            return refuse(fmt::format("more than {} names in one table", limits_.members),
                          "nothing that is taken here is so large");
        }
        const bool is_known = std::any_of(
            table.begin(), table.end(), [&](const JsonMember& each) { return each.name == name; });
        if (is_known) {
            return refuse(fmt::format("\"{}\" stands twice in one table", shown(name)),
                          "leave one of them out");
        }
        table.push_back({std::move(name), {}});
        return true;
    }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::json::exception&) override {
        return refuse(fmt::format("this is no valid JSON, from byte {} on", position),
                      "send one JSON value in UTF-8, without comments and with nothing behind it");
    }

  private:
    static std::string shown(std::string_view name) {
        std::string out;
        append_json_escaped(out, name.substr(0, 64));
        return out;
    }
    bool refuse(std::string message, std::string hint) {
        error_ = Error{std::move(message), std::move(hint), {}};
        return false;
    }
    bool add_whole(std::int64_t number) {
        JsonValue value;
        value.kind = JsonValue::Kind::Whole;
        value.whole = number;
        value.real = static_cast<double>(number);
        return add(std::move(value));
    }
    bool add(JsonValue value) { return place(std::move(value)) != nullptr; }
    bool open(JsonValue::Kind kind) {
        if (open_.size() >= limits_.depth) {
            return refuse(
                fmt::format("more than {} tables and lists within each other", limits_.depth),
                "nothing that is taken here is so deep");
        }
        JsonValue value;
        value.kind = kind;
        JsonValue* const placed = place(std::move(value));
        // Stays where it is: its parent grows only after it is closed.
        if (placed != nullptr) open_.push_back(placed);
        return placed != nullptr;
    }
    bool close() {
        open_.pop_back();
        return true;
    }
    JsonValue* place(JsonValue value) {
        if (++values_ > limits_.values) {
            refuse(fmt::format("more than {} values", limits_.values), "send less at a time");
            return nullptr;
        }
        JsonValue* into = &root_;
        if (!open_.empty() && open_.back()->is(JsonValue::Kind::List)) {
            into = &open_.back()->list.emplace_back();
        } else if (!open_.empty()) {
            into = &open_.back()->table.back().value;
        }
        *into = std::move(value);
        return into;
    }

    const JsonLimits& limits_;
    JsonValue& root_;
    std::vector<JsonValue*> open_;
    std::size_t values_ = 0;
    Error error_;
};

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
    for (const JsonMember& member : table) {
        if (member.name == name) return &member.value;
    }
    return nullptr;
}

const JsonValue& JsonValue::at(std::string_view name) const {
    static const JsonValue kNothing;
    const JsonValue* found = find(name);
    return found == nullptr ? kNothing : *found;
}

std::string_view word(JsonValue::Kind kind) {
    switch (kind) {
        case JsonValue::Kind::Null:
            return "null";
        case JsonValue::Kind::Bool:
            return "true or false";
        case JsonValue::Kind::Whole:
            return "a whole number";
        case JsonValue::Kind::Real:
            return "a number with a fraction";
        case JsonValue::Kind::Text:
            return "text";
        case JsonValue::Kind::List:
            return "a list";
        case JsonValue::Kind::Table:
            return "a table";
    }
    return "";
}

Result<JsonValue> parse_json(std::string_view text, const JsonLimits& limits) {
    JsonValue root;
    Builder builder(limits, root);
    const bool is_fine = nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
    if (!is_fine) return fail(builder.take_error());
    return root;
}

std::string json_text(std::string_view text) {
    std::string out = "\"";
    append_json_escaped(out, text);
    out += '"';
    return out;
}

}  // namespace fairlead::control
