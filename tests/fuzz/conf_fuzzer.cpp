// Any bytes as a configuration: nothing may crash, and what loads must hold together.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "conf/expect.h"
#include "conf/load.h"

namespace {

using namespace fairlead;

constexpr std::string_view kPolicies[] = {"round_robin", "least_connections", "hash"};

/// Ends the program where a promise of the model is broken; on in every build type.
void require(bool holds) {
    if (!holds) std::abort();
}

void check_model(const conf::Model& model) {
    require(!model.listeners.empty());
    for (const conf::Listener& listener : model.listeners) {
        require(!listener.bind.empty());
        require(listener.pool.empty() || model.pool(listener.pool) != nullptr);
    }
    for (const conf::Route& route : model.routes) {
        require(!route.name.empty());
        require(route.listener.empty() || model.listener(route.listener) != nullptr);
        require((route.action == conf::Action::Pool) == (model.pool(route.pool) != nullptr));
        require((route.action == conf::Action::Redirect) == !route.redirect_pieces.empty());
    }
    for (const conf::Pool& pool : model.pools) {
        require(!pool.backends.empty());
        require(pool.timeouts.connect <= pool.timeouts.total);
        require(!pool.check || pool.check->timeout <= pool.check->every);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    conf::LoadOptions options;
    options.policies = kPolicies;
    options.environment = [](std::string_view name) {
        return name == "HOME" ? std::optional<std::string>{"/home"} : std::nullopt;
    };
    const conf::LoadResult result = conf::load_text(text, "fuzz.toml", options);
    require(result.ok() || !render(result.errors).empty());
    conf::render_warnings(result.warnings);
    if (result.ok()) {
        check_model(result.model);
        conf::check_expectations(result.model,
                                 [](const conf::ExpectRequest&) { return conf::Outcome{}; });
    }
    return 0;
}
