/// Reads one [[route]].
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conf/drafts.h"
#include "conf/section.h"

namespace fairlead::conf {

/// The names other sections may refer to.
struct Names {
    std::vector<std::string_view> listeners;
    std::vector<std::string_view> pools;
};

/// Reports a `key` that names none of `known`. @param noun  "pool" or "listener".
void check_reference(Section& section, std::string_view key, std::string_view noun,
                     std::string_view name, std::span<const std::string_view> known);

/// @param pool_draft  the draft of a pool by name, nullptr when there is none.
void read_route(Section& section, const Names& names,
                const std::function<const PoolDraft*(std::string_view)>& pool_draft, Route& out);

/// A name made from what the route matches: "web api.example.com /v1/* GET,POST".
std::string name_from_match(const Route& route);

}  // namespace fairlead::conf
