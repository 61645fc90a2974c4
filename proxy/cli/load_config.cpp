#include "proxy/cli/load_config.h"

#include <cstdio>
#include <vector>

#include "conf/load.h"
#include "proxy/base/error.h"
#include "proxy/runtime/load_model.h"

namespace fairlead::cli {
namespace {

std::optional<conf::Model> accept(conf::LoadResult loaded, std::string_view summary) {
    std::string text = conf::render_warnings(loaded.warnings);
    std::vector<Error> errors = std::move(loaded.errors);
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
    return accept(runtime::load_model(path), summary);
}

std::optional<conf::Model> load_config_text(std::string_view text, const std::string& name,
                                            std::string_view summary) {
    return accept(runtime::load_model_text(text, name), summary);
}

}  // namespace fairlead::cli
