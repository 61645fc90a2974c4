#include "proxy/runtime/bindings.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace fairlead::runtime {
namespace {

Result<net::SocketSet> open(const BindAddress& address, bool is_in_our_way, unsigned workers,
                            InheritedSockets* inherited) {
    if (is_in_our_way) return net::SocketSet::bind_beside(address, workers);
    if (inherited != nullptr) {
        auto adopted = inherited->adopt(address);
        if (!adopted) return fail(std::move(adopted).error());
        if (*adopted) return std::move(**adopted);
    }
    return net::SocketSet::bind(address, workers);
}

std::uint64_t next_id() {
    static std::uint64_t last = 0;
    return ++last;
}

}  // namespace

Many<Bindings> bind_listeners(const conf::Model& model, const Bindings& before, unsigned workers,
                              InheritedSockets* inherited) {
    std::vector<Error> errors;
    Bindings bindings;
    std::set<std::uint64_t> taken;
    const auto take = [&](const Binding& wanted, bool same_listener) -> const Binding* {
        for (const Binding& each : before) {
            if (each.wanted != wanted.wanted || taken.contains(each.id)) continue;
            if (same_listener && each.listener != wanted.listener) continue;
            taken.insert(each.id);
            return &each;
        }
        return nullptr;
    };
    std::vector<const conf::Bind*> where;
    for (const conf::Listener& listener : model.listeners) {
        for (const conf::Bind& bind : listener.bind) {
            bindings.push_back({0, listener.name, bind.address, bind.address, nullptr});
            where.push_back(&bind);
        }
    }
    // First what stays where it is, then sockets that go to another listener.
    for (const bool same_listener : {true, false}) {
        for (Binding& binding : bindings) {
            if (binding.sockets != nullptr) continue;
            if (const Binding* const old = take(binding, same_listener)) {
                binding.id = old->id;
                binding.address = old->address;
                binding.sockets = old->sockets;
            }
        }
    }
    for (std::size_t index = 0; index < bindings.size(); ++index) {
        Binding& binding = bindings[index];
        if (binding.sockets != nullptr) continue;
        // ":8080" to "127.0.0.1:8080": what we leave is in the way, and what we keep must not be.
        const auto is_overlapped = [&](const Binding& each) {
            return each.sockets != nullptr && each.address.overlaps(binding.wanted);
        };
        const bool is_in_our_way =
            std::any_of(before.begin(), before.end(),
                        [&](const Binding& old) {
                            return !taken.contains(old.id) && is_overlapped(old);
                        }) &&
            std::none_of(bindings.begin(), bindings.end(), is_overlapped);
        Result<net::SocketSet> sockets = open(binding.wanted, is_in_our_way, workers, inherited);
        if (!sockets) {
            Error error = std::move(sockets).error().in("listener", binding.listener);
            error.where = where[index]->where;
            errors.push_back(std::move(error));
            continue;
        }
        binding.id = next_id();
        binding.address = sockets->address();
        binding.sockets = std::make_shared<net::SocketSet>(std::move(*sockets));
    }
    if (!errors.empty()) return tl::unexpected(std::move(errors));
    return bindings;
}

}  // namespace fairlead::runtime
