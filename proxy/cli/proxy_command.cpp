#include "proxy/cli/proxy_command.h"

#include "proxy/base/text.h"
#include "proxy/cli/load_config.h"
#include "proxy/cli/serve.h"

namespace fairlead::cli {
namespace {

/// A TOML basic string takes JSON's escapes; a dollar would begin a variable.
std::string in_quotes(std::string_view text) {
    std::string escaped = "\"";
    append_json_escaped(escaped, text);
    escaped += '"';
    for (std::size_t at = escaped.find('$'); at != std::string::npos;
         at = escaped.find('$', at + 2)) {
        escaped.insert(at, 1, '$');
    }
    return escaped;
}

}  // namespace

std::string proxy_config(const ProxyArguments& arguments) {
    std::string text = "[listener.proxy]\nbind = " + in_quotes(arguments.listen) +
                       "\npool = \"backends\"\n\n[pool.backends]\nbackends = [";
    for (std::size_t index = 0; index < arguments.backends.size(); ++index) {
        if (index > 0) text += ", ";
        text += in_quotes(arguments.backends[index]);
    }
    text += "]\n";
    if (!arguments.policy.empty()) text += "policy = " + in_quotes(arguments.policy) + "\n";
    if (!arguments.check.empty()) text += "check = " + in_quotes(arguments.check) + "\n";
    return text;
}

int serve_arguments(const ProxyArguments& arguments) {
    auto model = load_config_text(proxy_config(arguments), "command line", "nothing was started");
    if (!model) return 2;
    return serve(std::move(*model));
}

}  // namespace fairlead::cli
