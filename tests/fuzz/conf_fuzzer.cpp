// Any bytes as a configuration, and as the files it includes: nothing may crash, what loads must
// hold together, and what is printed must load to the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/expect.h"
#include "conf/load.h"
#include "conf/plan.h"
#include "conf/settings.h"
#include "proxy/base/text.h"

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
        require(listener.mode == conf::Mode::Tcp || listener.sni.empty());
        for (const conf::SniRoute& row : listener.sni) require(model.pool(row.pool) != nullptr);
        require(listener.pool.empty() || model.pool(listener.pool) != nullptr);
    }
    for (const conf::Route& route : model.routes) {
        require(!route.name.empty());
        require(route.listener.empty() || model.listener(route.listener) != nullptr);
        require((route.action == conf::Action::Pool) == (model.pool(route.pool) != nullptr));
        require((route.action == conf::Action::Split) == !route.split.empty());
        for (const conf::SplitShare& share : route.split) {
            require(model.pool(share.pool) != nullptr);
        }
        require((route.action == conf::Action::Redirect) == !route.redirect_pieces.empty());
    }
    for (const conf::Pool& pool : model.pools) {
        require(!pool.backends.empty());
        require(pool.timeouts.connect <= pool.timeouts.total);
        require(!pool.check || pool.check->timeout <= pool.check->every);
    }
}

bool has_secret(const conf::Model& model) {
    for (const conf::SettingGroup& group : conf::settings(model)) {
        for (const conf::Setting& setting : group.settings) {
            if (setting.is_secret) return true;
        }
    }
    return false;
}

void check_print(const conf::Model& model, const conf::LoadOptions& options) {
    const std::string text = conf::print(model);
    const conf::LoadResult again = conf::load_text(text, "printed.toml", options);
    require(again.ok());
    // A route's name may be made from what it matches, which is hidden then.
    if (has_secret(model)) return;
    require(conf::plan(conf::settings(model), conf::settings(again.model)).empty());
}

/// The input is the main file up to a line "#---", then the included ones, which are "0", "1", ...
class Files {
  public:
    explicit Files(std::string_view text) {
        constexpr std::string_view kLine = "\n#---\n";
        while (files_.size() < kFilesMax) {
            const std::size_t end = text.find(kLine);
            files_.push_back(text.substr(0, end));
            if (end == std::string_view::npos) break;
            text.remove_prefix(end + kLine.size());
        }
    }

    std::string_view main() const { return files_.front(); }
    conf::FileAccess access() const {
        return {[this](const std::string& path) -> Result<std::string> {
                    const std::optional<std::uint64_t> number = parse_number(path);
                    if (!number || *number + 1 >= files_.size()) return fail("no such file");
                    return std::string{files_[*number + 1]};
                },
                [this](const std::string&) -> Result<std::vector<std::string>> {
                    std::vector<std::string> names;
                    for (std::size_t i = 0; i + 1 < files_.size(); ++i) {
                        names.push_back(std::to_string(i));
                    }
                    return names;
                }};
    }

  private:
    static constexpr std::size_t kFilesMax = 4;
    std::vector<std::string_view> files_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Files files{std::string_view{reinterpret_cast<const char*>(data), size}};
    conf::LoadOptions options;
    options.policies = kPolicies;
    options.environment = [](std::string_view name) {
        return name == "HOME" ? std::optional<std::string>{"/home"} : std::nullopt;
    };
    options.files = files.access();
    const conf::LoadResult result = conf::load_text(files.main(), "fuzz.toml", options);
    require(result.ok() || !render(result.errors).empty());
    conf::render_warnings(result.warnings);
    if (result.ok()) {
        check_model(result.model);
        check_print(result.model, options);
        conf::check_expectations(result.model,
                                 [](const conf::ExpectRequest&) { return conf::Outcome{}; });
    }
    return 0;
}
