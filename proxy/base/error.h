/// What is told to a person who waits: what is wrong, where, and what to do about it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead {

/// A place in a text file. Lines and columns count from 1; 0 means unknown.
struct Location {
    std::string file;
    std::size_t line = 0;
    std::size_t column = 0;  ///< in bytes from the start of the line
    std::size_t length = 0;  ///< bytes to underline; 0 is taken as 1
    std::string text;        ///< the line itself, without its end
};

struct Error {
    std::string message;  ///< what is wrong, lower case, no full stop
    std::string hint;     ///< the cure, may be empty
    Location where;       ///< may be empty (no file)

    /// Appends ` in [noun.name]` to the message, as `unknown policy "x" in [pool.api]`.
    Error in(std::string_view noun, std::string_view name) &&;

    /// The error as it is printed: `file:line:column: error: message`, the line, a caret with the
    /// hint. Without a place: `error: message` and, on a second line, the hint. Ends in a newline.
    std::string render() const;
};

/// All errors, in the order of file and line.
std::string render(const std::vector<Error>& errors);

}  // namespace fairlead
