#include "proxy/runtime/saved_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "proxy/base/base64.h"
#include "proxy/base/units.h"
#include "proxy/net/hmac.h"
#include "proxy/runtime/json_fields.h"

namespace fairlead::runtime {
namespace {

using nlohmann::json;

constexpr const char* kFormat = "fairlead-state";
constexpr std::uint64_t kWeightMax = 65'535;
constexpr std::uint64_t kMillisecondsMax = 253'402'300'799'999;  // the end of the year 9999

std::int64_t to_number(WallTime when) { return when.time_since_epoch().count(); }

WallTime time_of(const JsonFields& from, const char* key) {
    return WallTime{std::chrono::milliseconds{
        static_cast<std::int64_t>(from.number(key, 0, kMillisecondsMax))}};
}

std::optional<balancing::State> state_of(std::string_view word) {
    using balancing::State;
    for (const State each : {State::Up, State::Down, State::Ejected, State::Draining,
                             State::Maintenance, State::Rising, State::Unknown}) {
        if (balancing::word(each) == word) return each;
    }
    return std::nullopt;
}

json to_json(const conf::Backend& backend) {
    json out{{"name", backend.name},
             {"address", backend.address.text()},
             {"weight", backend.weight},
             {"tier", backend.tier}};
    if (backend.max_in_flight != kUnlimited) out["max_in_flight"] = backend.max_in_flight;
    return out;
}

conf::Backend backend_of(const JsonFields& from) {
    conf::Backend backend;
    backend.name = from.name("name");
    const Result<HostPort> address = HostPort::parse(from.text("address"));
    if (address) {
        backend.address = *address;
    } else {
        from.complain_of("address", "no address");
    }
    backend.weight = static_cast<std::uint32_t>(from.number("weight", 0, kWeightMax));
    backend.tier = static_cast<std::uint32_t>(
        from.number("tier", 0, std::numeric_limits<std::uint32_t>::max()));
    if (from.has("max_in_flight")) {
        backend.max_in_flight = from.number("max_in_flight", 1, kUnlimited);
    }
    return backend;
}

json to_json(const BackendOverride& each) {
    json out{{"pool", each.pool},
             {"backend", each.backend},
             {"state", std::string{balancing::word(each.state)}}};
    if (each.weight) {
        out["weight"] = {{"weight", each.weight->weight},
                         {"file_weight", each.weight->file_weight}};
    }
    return out;
}

BackendOverride override_of(const JsonFields& from) {
    BackendOverride each;
    each.pool = from.name("pool");
    each.backend = from.name("backend");
    const std::optional<balancing::AdminState> state = balancing::admin_state(from.text("state"));
    if (state) {
        each.state = *state;
    } else {
        from.complain_of("state", "no state");
    }
    if (from.has("weight")) {
        const JsonFields weight = from.object("weight");
        each.weight =
            WeightOverride{static_cast<std::uint32_t>(weight.number("weight", 0, kWeightMax)),
                           static_cast<std::uint32_t>(weight.number("file_weight", 0, kWeightMax))};
    }
    return each;
}

SavedHealth health_of(const JsonFields& from) {
    SavedHealth each;
    each.pool = from.name("pool");
    each.backend = from.name("backend");
    each.address = from.name("address");
    const std::optional<balancing::State> state = state_of(from.text("state"));
    if (state) {
        each.state = *state;
    } else {
        from.complain_of("state", "no state");
    }
    each.since = time_of(from, "since");
    return each;
}

net::TicketKeys::Secret secret_of(const JsonFields& from) {
    net::TicketKeys::Secret secret;
    secret.made = time_of(from, "made");
    const std::optional<std::string> bytes = from_base64(from.text("secret"));
    if (bytes && bytes->size() == secret.bytes.size()) {
        std::copy(bytes->begin(), bytes->end(), secret.bytes.begin());
    } else {
        from.complain_of("secret", "no secret");
    }
    return secret;
}

}  // namespace

std::string to_json(const SavedState& state) {
    json health = json::array();
    for (const SavedHealth& each : state.health) {
        health.push_back({{"pool", each.pool},
                          {"backend", each.backend},
                          {"address", each.address},
                          {"state", std::string{balancing::word(each.state)}},
                          {"since", to_number(each.since)}});
    }
    json backends = json::array();
    for (const BackendOverride& each : state.overrides.backends) backends.push_back(to_json(each));
    json added = json::array();
    for (const AddedBackend& each : state.overrides.added) {
        added.push_back({{"pool", each.pool}, {"backend", to_json(each.backend)}});
    }
    json removed = json::array();
    for (const RemovedBackend& each : state.overrides.removed) {
        removed.push_back({{"pool", each.pool}, {"backend", to_json(each.backend)}});
    }
    json whole{
        {"format", kFormat},
        {"version", kStateVersion},
        {"written", to_number(state.written)},
        {"health", std::move(health)},
        {"overrides", {{"backends", std::move(backends)}, {"added", added}, {"removed", removed}}}};
    for (const net::TicketKeys::Secret& each : state.ticket_secrets) {
        const std::string_view bytes{reinterpret_cast<const char*>(each.bytes.data()),
                                     each.bytes.size()};
        whole["ticket_secrets"].push_back(
            {{"made", to_number(each.made)}, {"secret", to_base64(bytes)}});
    }
    if (!state.sticky_key.empty()) whole["sticky_key"] = to_base64(state.sticky_key);
    return whole.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<SavedState> parse_state(std::string_view text) {
    if (text.size() > kStateBytesMax) return fail("more than 16 MiB");
    const std::optional<JsonText> whole = JsonText::parse(text);
    if (!whole) return fail("not a JSON object, or cut off");

    std::string wrong;
    const JsonFields from = whole->fields(wrong);
    if (from.text("format") != kFormat) return fail("not a state of fairlead");
    const std::uint64_t version = from.number("version", 0, kUnlimited);
    if (wrong.empty() && version != kStateVersion) {
        return fail(
            fmt::format("version {}, and this program reads version {}", version, kStateVersion));
    }
    SavedState state;
    state.written = time_of(from, "written");
    from.list("health", [&](const JsonFields& each) { state.health.push_back(health_of(each)); });
    const JsonFields overrides = from.object("overrides");
    overrides.list("backends", [&](const JsonFields& each) {
        state.overrides.backends.push_back(override_of(each));
    });
    overrides.list("added", [&](const JsonFields& each) {
        state.overrides.added.push_back({each.name("pool"), backend_of(each.object("backend"))});
    });
    overrides.list("removed", [&](const JsonFields& each) {
        state.overrides.removed.push_back({each.name("pool"), backend_of(each.object("backend"))});
    });
    if (from.has("ticket_secrets")) {
        from.list("ticket_secrets",
                  [&](const JsonFields& each) { state.ticket_secrets.push_back(secret_of(each)); });
    }
    if (from.has("sticky_key")) {
        const std::optional<std::string> key = from_base64(from.text("sticky_key"));
        if (key && key->size() == net::kSecretBytes) {
            state.sticky_key = *key;
        } else {
            from.complain_of("sticky_key", "no key");
        }
    }
    if (!wrong.empty()) return fail(wrong);
    return state;
}

}  // namespace fairlead::runtime
