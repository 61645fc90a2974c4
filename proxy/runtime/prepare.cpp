#include "proxy/runtime/prepare.h"

#include <utility>

#include "proxy/net/resolver.h"

namespace fairlead::runtime {

Prepared prepare(conf::Model model, const conf::SettingList* running) {
    Prepared prepared;
    prepared.settings = std::make_shared<const conf::SettingList>(conf::settings(model));
    static const conf::SettingList kNothing;
    prepared.changes = conf::plan(running != nullptr ? *running : kNothing, *prepared.settings);
    for (const conf::Pool& pool : model.pools) {
        for (const conf::Backend& backend : pool.backends) {
            if (!backend.address.is_name()) continue;
            const std::string text = backend.address.text();
            if (prepared.addresses.contains(text)) continue;
            prepared.addresses.emplace(text, net::resolve_now(backend.address));
        }
    }
    prepared.model = std::move(model);
    return prepared;
}

}  // namespace fairlead::runtime
