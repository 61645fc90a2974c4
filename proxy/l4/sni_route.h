/// Which row of `sni` takes a name. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "conf/model.h"

namespace fairlead::l4 {

/// @param rows  exact names before patterns, as conf::Listener has them
/// @param name  in lower case without a dot at its end; empty: none was said
/// @return the row's index; nothing when no row takes the name, which is then the listener's pool's
std::optional<std::size_t> find_sni_route(std::span<const conf::SniRoute> rows,
                                          std::string_view name);

}  // namespace fairlead::l4
