/// What a backend can do wrong, one row each, with what a client may see of it and the word that
/// says so.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/scenarios/support/fake_backend.h"

namespace fairlead::chaos {

using scenarios::FakeBackend;
using scenarios::Peer;

/// When in an exchange it happens.
enum class Moment {
    Connecting,  ///< the request has reached nobody: anything may be repeated
    Head,        ///< it may have been executed, and nothing of the response has been passed on
    Body,        ///< a part of the response may have been passed on
    Never,       ///< it is none: the response is passed on
};

struct Fault {
    std::string_view name;
    Moment moment = Moment::Never;
    /// Of our own response, where nothing of the backend's was passed on; of the backend's with
    /// Never.
    int status = 0;
    /// Any of these, in log and header.
    std::vector<std::string_view> words;
    /// Does it to each connection. Null: see `place`.
    FakeBackend::Script script;
    /// No backend at all: an address that refuses, or one that says nothing.
    enum class Place { Backend, Refusing, Silent } place = Place::Backend;
    std::string_view pool = "";  ///< further lines of its pool
};

/// All of them.
std::span<const Fault> faults();

}  // namespace fairlead::chaos
