#include "proxy/runtime/json_fields.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace fairlead::runtime {
namespace {

using nlohmann::json;

const json& value_of(const void* node) { return *static_cast<const json*>(node); }

bool is_too_deep(std::string_view text) {
    int depth = 0;
    bool is_quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (is_quoted) {
            if (c == '\\') ++at;
            if (c == '"') is_quoted = false;
        } else if (c == '"') {
            is_quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > JsonText::kDepthMax) return true;
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return false;
}

}  // namespace

JsonFields::JsonFields(const void* node, std::string name, std::string& wrong)
    : node_(node), name_(std::move(name)), wrong_(&wrong) {
    const bool is_object = node != nullptr && value_of(node).is_object();
    if (!is_object && wrong.empty()) wrong = fmt::format("\"{}\" is no object", name_);
    if (!is_object) node_ = nullptr;
}

const void* JsonFields::find(const char* key) const {
    if (node_ == nullptr) return nullptr;
    const json& object = value_of(node_);
    const auto found = object.find(key);
    return found == object.end() ? nullptr : &*found;
}

std::string JsonFields::place(const char* key) const {
    return name_.empty() ? std::string{key} : name_ + "." + key;
}

void JsonFields::complain_of(const char* key, std::string_view what) const {
    if (!wrong_->empty()) return;
    *wrong_ = name_.empty() ? fmt::format("\"{}\" is {}", key, what)
                            : fmt::format("\"{}\" of {} is {}", key, name_, what);
}

bool JsonFields::has(const char* key) const { return find(key) != nullptr; }

std::string JsonFields::text(const char* key) const {
    const void* node = find(key);
    if (node != nullptr && value_of(node).is_string()) return value_of(node).get<std::string>();
    complain_of(key, "no text");
    return {};
}

std::string JsonFields::name(const char* key) const {
    std::string value = text(key);
    if (value.empty()) complain_of(key, "empty");
    return value;
}

std::uint64_t JsonFields::number(const char* key, std::uint64_t least, std::uint64_t most) const {
    const void* node = find(key);
    if (node == nullptr || !value_of(node).is_number_unsigned()) {
        complain_of(key, "no whole number");
        return least;
    }
    const auto number = value_of(node).get<std::uint64_t>();
    if (number >= least && number <= most) return number;
    complain_of(key, "out of range");
    return least;
}

JsonFields JsonFields::object(const char* key) const { return {find(key), place(key), *wrong_}; }

void JsonFields::list(const char* key, const std::function<void(const JsonFields&)>& each) const {
    const void* node = find(key);
    if (node == nullptr || !value_of(node).is_array()) return complain_of(key, "no list");
    std::size_t index = 0;
    for (const json& element : value_of(node)) {
        if (!wrong_->empty()) return;
        each(JsonFields{&element, fmt::format("{}[{}]", place(key), index++), *wrong_});
    }
}

std::optional<JsonText> JsonText::parse(std::string_view text) {
    if (is_too_deep(text)) return std::nullopt;
    auto parsed = std::make_shared<const json>(json::parse(text, nullptr, false));
    if (!parsed->is_object()) return std::nullopt;
    JsonText whole;
    whole.root_ = std::move(parsed);
    return whole;
}

JsonFields JsonText::fields(std::string& wrong) const { return {root_.get(), "", wrong}; }

}  // namespace fairlead::runtime
