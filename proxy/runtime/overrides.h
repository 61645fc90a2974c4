/// What people have changed while the balancer runs, laid over what the file says: admin states,
/// weights, backends added and removed. Plain values; kept in the state file. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "balancing/state.h"
#include "conf/model.h"

namespace fairlead::runtime {

/// A weight set by a person. It ends when the file's own weight is no longer what it was then.
struct WeightOverride {
    std::uint32_t weight = 1;
    std::uint32_t file_weight = 1;
};

/// Of one backend, found by pool and name.
struct BackendOverride {
    std::string pool;
    std::string backend;
    /// Ready is "nothing set". Stays until a person says otherwise or the backend is gone.
    balancing::AdminState state = balancing::AdminState::Ready;
    std::optional<WeightOverride> weight;
};

/// A backend that is in no file. Ends when the file has one of that name, or the pool is gone.
struct AddedBackend {
    std::string pool;
    conf::Backend backend;
};

/// A backend of the file that was taken out. Ends when the file changes anything of it.
struct RemovedBackend {
    std::string pool;
    conf::Backend backend;  ///< as the file had it
};

struct Overrides {
    std::vector<BackendOverride> backends;
    std::vector<AddedBackend> added;
    std::vector<RemovedBackend> removed;

    bool empty() const { return backends.empty() && added.empty() && removed.empty(); }
    const BackendOverride* find(std::string_view pool, std::string_view backend) const;
    BackendOverride& at(std::string_view pool, std::string_view backend);  ///< made when missing
};

/// Lays them over a model.
/// @param ended  gets a line for each override that ended because of what the file says now; it is
///               taken out of `overrides`
/// @return the model that is to run
conf::Model lay_over(const conf::Model& file, Overrides& overrides,
                     std::vector<std::string>& ended);

}  // namespace fairlead::runtime
