/// `fairlead drain`, `ready`, `maintenance`, `weight`, `add` and `remove`: one request each, one
/// line about what came of it.
#pragma once

#include <string>
#include <string_view>

#include "proxy/base/result.h"
#include "proxy/cli/admin_client.h"

namespace fairlead::cli {

/// POOL/BACKEND as typed.
struct BackendName {
    std::string pool;
    std::string backend;
};
/// Split at the first slash: no pool has one in its name, a backend on a unix socket has.
Result<BackendName> parse_backend_name(std::string_view text);

/// What `fairlead add` was given; empty: left to its default.
struct AddedBackend {
    std::string pool;
    std::string address;
    std::string name;
    std::string weight;
    std::string max_in_flight;
    std::string tier;
};
/// The body of its request. @return why an argument is none
Result<std::string> added_backend_json(const AddedBackend& added);

// Each returns the exit code.
int set_backend_state(const AdminClient& client, std::string_view name, std::string_view state);
int set_backend_weight(const AdminClient& client, std::string_view name, std::string_view weight);
int add_backend(const AdminClient& client, const AddedBackend& added);
int remove_backend(const AdminClient& client, std::string_view name);

}  // namespace fairlead::cli
