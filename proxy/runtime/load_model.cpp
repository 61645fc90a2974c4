#include "proxy/runtime/load_model.h"

#include <vector>

#include "balancing/registry.h"
#include "proxy/runtime/expectations.h"
#include "proxy/runtime/tls_material.h"

namespace fairlead::runtime {
namespace {

std::vector<std::string_view> policy_names() {
    std::vector<std::string_view> names;
    for (const balancing::PolicyRow& row : balancing::policies()) names.push_back(row.name);
    return names;
}

conf::LoadResult checked(conf::LoadResult loaded, TlsMaterial& material) {
    if (!loaded.ok()) return loaded;
    TlsFindings tls = check_tls(loaded.model, SystemClock{}.wall(), material);
    loaded.errors = std::move(tls.errors);
    for (Error& each : tls.warnings) loaded.warnings.push_back(std::move(each));
    if (loaded.ok()) loaded.errors = run_expectations(loaded.model);
    return loaded;
}

}  // namespace

conf::LoadResult load_model(const std::string& path, TlsMaterial* material) {
    const std::vector<std::string_view> policies = policy_names();
    TlsMaterial own;
    return checked(conf::load_file(path, {policies, {}}), material == nullptr ? own : *material);
}

conf::LoadResult load_model_text(std::string_view text, const std::string& name) {
    const std::vector<std::string_view> policies = policy_names();
    TlsMaterial material;
    return checked(conf::load_text(text, name, {policies, {}}), material);
}

}  // namespace fairlead::runtime
