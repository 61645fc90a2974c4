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
    std::vector<std::string_view> tcp_listeners;  ///< those with mode "tcp"
};

/// Reports a name at `place` that is none of `known`. @param noun  "pool" or "listener".
/// @param title  of the section it stands in: "[listener.web]"
void check_reference(const Reading& reading, Place place, std::string_view title,
                     std::string_view noun, std::string_view name,
                     std::span<const std::string_view> known);
/// The same for the value of `key`.
void check_reference(Section& section, std::string_view key, std::string_view noun,
                     std::string_view name, std::span<const std::string_view> known);

/// Reads `listener`, which must be one with mode "http".
void read_http_listener(Section& section, const Names& names, std::string& out);

/// @param pool_draft  the draft of a pool by name, nullptr when there is none.
void read_route(Section& section, const Names& names,
                const std::function<const PoolDraft*(std::string_view)>& pool_draft, Route& out);

/// A name made from what the route matches: "web api.example.com /v1/* GET,POST". A header that
/// carries credentials shows a hash of its value.
std::string name_from_match(const Route& route);

}  // namespace fairlead::conf
