/// A request or response as it came over the wire.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fairlead::scenarios {

struct Message {
    std::string head;  ///< start line and fields, without the empty line; each line ends in CRLF
    std::string body;  ///< out of its framing
    std::string framed_body;  ///< as it came: with chunk lines and trailers
    std::string trailers;     ///< each line ends in CRLF
    bool is_whole = false;    ///< ended as its framing says

    /// "GET /path HTTP/1.1"
    std::string start_line() const;
    std::string method() const;
    std::string target() const;
    int status() const;
    bool has(std::string_view name) const { return !fields(name).empty(); }
    /// The first field of that name, in any case; "" when there is none.
    std::string field(std::string_view name) const;
    /// All values of that name, in order.
    std::vector<std::string> fields(std::string_view name) const;
};

}  // namespace fairlead::scenarios
