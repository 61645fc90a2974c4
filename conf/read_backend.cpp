#include "conf/read_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace fairlead::conf {
namespace {

using Kind = Value::Kind;

/// A backend and where its name stands.
struct Named {
    Backend backend;
    Place name_place;
};

bool parse_address(const Section& section, const Text& text, Named& out) {
    Result<HostPort> address = HostPort::parse(text.text);
    if (!address) {
        section.error(text.place, std::move(address.error().message),
                      std::move(address.error().hint));
        return false;
    }
    out.backend.address = *std::move(address);
    out.backend.name = text.text;
    out.backend.where = section.reading().document.locate(text.place);
    out.name_place = text.place;
    return true;
}

/// A name appears in labels, logs and after the pool's name in commands (POOL/BACKEND).
bool is_backend_name(std::string_view name) {
    return !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), [](char c) {
        return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '/';
    });
}

void read_name(Section& section, Named& out) {
    std::string name;
    if (!section.text("name", name)) return;
    out.name_place = section.value_place("name");
    if (!is_backend_name(name)) {
        section.error(out.name_place, fmt::format("\"{}\" cannot be the name of a backend", name),
                      "1 to 128 visible ASCII characters without quotes, \"/\" and \"\\\"");
        return;
    }
    out.backend.name = std::move(name);
}

void read_tier(Section& section, Backend& out) {
    const Value* value = section.get("tier");
    if (value == nullptr) return;
    if (value->is(Kind::Text) && value->text == "backup") {
        out.tier = 1;
        return;
    }
    section.read_number(*value, "tier", out.tier, {0, 15, "backup", 1});
}

bool read_backend(Section& section, Named& out) {
    std::string address;
    bool is_good = false;
    if (section.text("address", address)) {
        is_good = parse_address(section, Text{address, section.value_place("address")}, out);
    } else if (!section.has("address")) {
        section.error(section.place(), "this backend has no \"address\"",
                      "write { address = \"10.0.0.12:8000\" }");
    }
    read_name(section, out);
    section.number("weight", out.backend.weight, {0, 65535});
    section.number("max_in_flight", out.backend.max_in_flight, {1, 1'000'000, "none", kUnlimited});
    read_tier(section, out.backend);
    return is_good;
}

void check_names(const Section& section, const std::vector<Named>& backends) {
    std::map<std::string_view, const Named*> seen;
    for (const Named& named : backends) {
        const auto [first, is_new] = seen.emplace(named.backend.name, &named);
        if (is_new) continue;
        section.error(
            named.name_place,
            fmt::format("two backends named \"{}\" in {}", named.backend.name, section.title()),
            fmt::format("the first is in line {}, column {}; give one another name",
                        first->second->name_place.line, first->second->name_place.column));
    }
}

void check_tiers(const Section& section, const Pool& pool) {
    std::set<std::uint32_t> tiers;
    for (const Backend& backend : pool.backends) tiers.insert(backend.tier);
    std::uint32_t wanted = 0;
    for (const std::uint32_t tier : tiers) {
        if (tier == wanted++) continue;
        const auto after_hole =
            std::find_if(pool.backends.begin(), pool.backends.end(),
                         [tier](const Backend& backend) { return backend.tier == tier; });
        section.reading().error(
            after_hole->where,
            fmt::format("tier {} without a tier {} in {}", tier, wanted - 1, section.title()),
            "tiers count 0, 1, 2 without a hole; \"backup\" is 1");
        return;
    }
}

void check_weights(const Section& section, const Pool& pool) {
    const bool has_weight = std::any_of(pool.backends.begin(), pool.backends.end(),
                                        [](const Backend& backend) { return backend.weight > 0; });
    if (has_weight || pool.backends.empty()) return;
    section.reading().warning(section.key_place("backends"),
                              fmt::format("every backend of {} has weight 0", section.title()),
                              "none of them takes requests");
}

}  // namespace

void read_backends(Section& section, Pool& out) {
    std::vector<Named> backends;
    bool all_good = true;
    const auto start = [&] {
        Named named;
        named.backend.max_in_flight = out.max_in_flight;
        return named;
    };
    section.list(
        "backends",
        [&](Section& backend) {
            Named named = start();
            const bool is_good = read_backend(backend, named);
            all_good = all_good && is_good;
            if (is_good) backends.push_back(std::move(named));
        },
        [&](const Value& value) {
            Named named = start();
            std::string address;
            const bool is_good = section.read_text(value, "backends", address) &&
                                 parse_address(section, Text{address, value.place}, named);
            all_good = all_good && is_good;
            if (is_good) backends.push_back(std::move(named));
        });
    if (backends.empty() && all_good && !out.dns) {
        section.error(section.key_place("backends"),
                      fmt::format("{} has no backends", section.title()),
                      "write backends = [\"127.0.0.1:3001\"], or dns = \"app.internal:8000\"");
    }
    check_names(section, backends);
    for (Named& named : backends) out.backends.push_back(std::move(named.backend));
    if (all_good) {
        check_tiers(section, out);
        check_weights(section, out);
    }
}

}  // namespace fairlead::conf
