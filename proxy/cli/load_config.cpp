#include "proxy/cli/load_config.h"

#include <cstdio>
#include <vector>

#include "balancing/registry.h"
#include "conf/load.h"
#include "proxy/base/error.h"
#include "proxy/runtime/expectations.h"

namespace fairlead::cli {
namespace {

std::vector<std::string_view> policy_names() {
    std::vector<std::string_view> names;
    for (const balancing::PolicyRow& row : balancing::policies()) names.push_back(row.name);
    return names;
}

std::optional<conf::Model> accept(conf::LoadResult loaded, std::string_view summary) {
    std::string text = conf::render_warnings(loaded.warnings);
    std::vector<Error> errors = std::move(loaded.errors);
    if (errors.empty()) errors = runtime::run_expectations(loaded.model);
    text += render(errors);
    if (!errors.empty()) {
        text += conf::count_text(errors.size(), "error");
        text.append("; ").append(summary).append("\n");
    }
    std::fputs(text.c_str(), stderr);
    if (!errors.empty()) return std::nullopt;
    return std::move(loaded.model);
}

}  // namespace

std::optional<conf::Model> load_config_file(const std::string& path, std::string_view summary) {
    const std::vector<std::string_view> policies = policy_names();
    return accept(conf::load_file(path, {policies, {}}), summary);
}

std::optional<conf::Model> load_config_text(std::string_view text, const std::string& name,
                                            std::string_view summary) {
    const std::vector<std::string_view> policies = policy_names();
    return accept(conf::load_text(text, name, {policies, {}}), summary);
}

}  // namespace fairlead::cli
