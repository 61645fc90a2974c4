#include "proxy/cli/serve.h"

#include <utility>

#include "proxy/cli/load_config.h"

namespace fairlead::cli {

int serve_file(const ServiceSettings& settings) {
    auto model = load_config_file(settings.path, "nothing was started");
    if (!model) return 2;
    return Service(settings).run(std::move(*model));
}

int serve(conf::Model model) { return Service({}).run(std::move(model)); }

}  // namespace fairlead::cli
