#include "tests/scenarios/support/json_text.h"

#include <nlohmann/json.hpp>

namespace fairlead::scenarios {

std::string JsonText::at(const std::string& pointer) const {
    const auto document = nlohmann::json::parse(text_, nullptr, false);
    if (document.is_discarded()) return "(not JSON)";
    const nlohmann::json::json_pointer where(pointer);
    if (!document.contains(where)) return "(none)";
    const auto& value = document.at(where);
    return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace fairlead::scenarios
