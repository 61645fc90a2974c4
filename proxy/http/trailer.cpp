#include "proxy/http/trailer.h"

#include <algorithm>
#include <iterator>

#include "proxy/base/text.h"
#include "proxy/http/field.h"

namespace fairlead::http {
namespace {

/// Besides those with a FieldId.
constexpr std::string_view kRefused[] = {
    "age",
    "allow",
    "content-encoding",
    "content-range",
    "content-type",
    "content-disposition",
    "content-location",
    "expires",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "max-forwards",
    "if-unmodified-since",
    "pragma",
    "range",
    "authentication-info",
    "proxy-authentication-info",
    "vary",
    "warning",
};

}  // namespace

bool is_forwardable_trailer(std::string_view name) {
    switch (classify(name)) {
        case FieldId::Other:
            return std::none_of(
                std::begin(kRefused), std::end(kRefused),
                [name](std::string_view refused) { return iequals(name, refused); });
        case FieldId::Server:
        case FieldId::UserAgent:
            return true;
        default:
            // Of the fields we know by name, the others are framing, routing, identity,
            // authentication or control.
            return false;
    }
}

}  // namespace fairlead::http
