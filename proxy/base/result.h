/// A value or the error that prevented it.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "proxy/base/error.h"

namespace fairlead {

template <class T>
using Result = tl::expected<T, Error>;

/// Where several things can be wrong at once and a person is told all of them.
template <class T>
using Many = tl::expected<T, std::vector<Error>>;

inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

inline tl::unexpected<Error> fail(std::string message, std::string hint = {}) {
    return tl::unexpected<Error>(Error{std::move(message), std::move(hint), {}});
}

}  // namespace fairlead
