/// A look at the raw bytes before the TOML library sees them, for four things it does not survive
/// (toml++ 3.3): characters beyond ASCII outside quotes and comments, where TOML 1.0 has none and
/// the library runs into a spot its authors thought unreachable, keys of very many parts, whose
/// tables it takes apart by recursion, table headers that begin with what no name does, and a brace
/// that closes where a list's value is expected.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace fairlead::conf {

struct RawFault {
    std::size_t at = 0;  ///< offset of the byte at fault
    std::string_view message;
    std::string_view hint;
};

/// @return the first fault. A multi-line string that goes on with a character beyond ASCII right
///         after a folded line is refused too: it is TOML, but the library trips there as well.
std::optional<RawFault> raw_fault(std::string_view text);

}  // namespace fairlead::conf
