#include "proxy/runtime/load_model.h"

#include <vector>

#include "balancing/registry.h"
#include "proxy/runtime/expectations.h"

namespace fairlead::runtime {
namespace {

std::vector<std::string_view> policy_names() {
    std::vector<std::string_view> names;
    for (const balancing::PolicyRow& row : balancing::policies()) names.push_back(row.name);
    return names;
}

conf::LoadResult with_expectations(conf::LoadResult loaded) {
    if (loaded.ok()) loaded.errors = run_expectations(loaded.model);
    return loaded;
}

}  // namespace

conf::LoadResult load_model(const std::string& path) {
    const std::vector<std::string_view> policies = policy_names();
    return with_expectations(conf::load_file(path, {policies, {}}));
}

conf::LoadResult load_model_text(std::string_view text, const std::string& name) {
    const std::vector<std::string_view> policies = policy_names();
    return with_expectations(conf::load_text(text, name, {policies, {}}));
}

}  // namespace fairlead::runtime
