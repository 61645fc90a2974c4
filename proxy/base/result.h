/// A value or the error that prevented it.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "proxy/base/error.h"

namespace fairlead {

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

inline tl::unexpected<Error> fail(std::string message, std::string hint = {}) {
    return tl::unexpected<Error>(Error{std::move(message), std::move(hint), {}});
}

}  // namespace fairlead
