/// Reads the whole document: every section in turn.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "conf/section.h"

namespace fairlead::conf {

/// What of a model the checks across sections can rely on, by index.
struct ReadNotes {
    std::vector<bool> route_is_sound;     ///< read without an error: its match is what was meant
    std::vector<bool> listener_has_pool;  ///< the key is written, be it right or wrong
};

ReadNotes read_file(const Reading& reading, std::span<const std::string_view> policies, Model& out);

}  // namespace fairlead::conf
