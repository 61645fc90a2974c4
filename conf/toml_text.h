/// Values as they are written in a configuration file: the inverse of what the readers do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/clock.h"

namespace fairlead::conf {

/// A string in quotes, on one line. A dollar is doubled, so that no variable begins in it; bytes
/// that are not UTF-8 become U+FFFD; control characters, those above ASCII too, are escaped.
std::string toml_text(std::string_view text);
/// A key, in quotes where it needs them.
std::string toml_key(std::string_view key);
/// One string alone, several or none as a list.
std::string toml_texts(const std::vector<std::string>& texts);
/// `["a", "b"]`
std::string toml_list(const std::vector<std::string>& texts);
/// `"2s"`, kForever as `"none"`
std::string toml_duration(Duration duration);
/// `"16KiB"`, kUnlimited as `"none"`
std::string toml_size(std::uint64_t bytes);
/// `16`, or `"WORD"` when it is the number that word stands for
std::string toml_number(std::uint64_t number, std::string_view word = {},
                        std::uint64_t word_value = 0);
/// `1.25`, infinity as `"none"`
std::string toml_real(double number);
/// 0.2 as `"20%"`, infinity as `"none"`
std::string toml_percent(double share);
std::string toml_flag(bool flag);

}  // namespace fairlead::conf
