#include "proxy/control/change_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "proxy/base/text.h"
#include "proxy/base/units.h"
#include "proxy/control/json_value.h"

namespace fairlead::control {
namespace {

using Kind = JsonValue::Kind;
using Names = std::span<const std::string_view>;

constexpr std::int64_t kWeightMax = 65535;
constexpr std::int64_t kTierMax = 15;
constexpr std::int64_t kInFlightMax = 1'000'000;
constexpr std::size_t kNameBytesMax = 128;

std::string listed(Names names) {
    std::string text;
    for (const std::string_view name : names) {
        if (!text.empty()) text += ", ";
        text += json_text(name);
    }
    return text;
}

/// A table that has no names but these. An empty body is an empty table.
Result<JsonValue> read_table(std::string_view body, Names names) {
    JsonValue table;
    table.kind = Kind::Table;
    if (trim(body).empty()) return table;
    Result<JsonValue> parsed = parse_json(body);
    if (!parsed) return parsed;
    if (!parsed->is(Kind::Table)) {
        return fail(fmt::format("the body is {}, not a table", word(parsed->kind)),
                    "send a JSON object, as {}");
    }
    for (const JsonMember& member : parsed->table) {
        if (std::find(names.begin(), names.end(), member.name) != names.end()) continue;
        std::string shown = json_text(std::string_view(member.name).substr(0, 64));
        const auto nearest = closest_match(member.name, names);
        std::string hint = names.empty() ? "this request takes no fields"
                           : nearest     ? fmt::format("did you mean \"{}\"?", *nearest)
                                         : "there are " + listed(names);
        return fail("unknown field " + shown, std::move(hint));
    }
    return parsed;
}

tl::unexpected<Error> wrong_kind(std::string_view name, const JsonValue& value, std::string hint) {
    return fail(fmt::format("\"{}\" is {}", name, word(value.kind)), std::move(hint));
}

Result<std::int64_t> read_whole(const JsonValue& value, std::string_view name, std::int64_t least,
                                std::int64_t most) {
    std::string hint = fmt::format("send a whole number from {} to {}", least, most);
    if (!value.is(Kind::Whole)) return wrong_kind(name, value, std::move(hint));
    if (value.whole < least || value.whole > most) {
        return fail(fmt::format("\"{}\" is {}", name, value.whole), std::move(hint));
    }
    return value.whole;
}

Result<std::uint32_t> read_weight(const JsonValue& value) {
    const Result<std::int64_t> weight = read_whole(value, "weight", 0, kWeightMax);
    if (!weight) return fail(weight.error());
    return static_cast<std::uint32_t>(*weight);
}

Result<balancing::AdminState> read_state(const JsonValue& value) {
    constexpr std::string_view kHint = "send \"ready\", \"drain\" or \"maintenance\"";
    if (!value.is(Kind::Text)) return wrong_kind("state", value, std::string(kHint));
    const auto state = balancing::admin_state(value.text);
    if (state) return *state;
    return fail(fmt::format("there is no state {}", json_text(value.text.substr(0, 64))),
                std::string(kHint));
}

/// As in the configuration, so that the same backend can be written there later.
bool is_backend_name(std::string_view name) {
    return !name.empty() && name.size() <= kNameBytesMax &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '/';
           });
}

Result<void> read_address(const JsonValue& value, conf::Backend& out) {
    constexpr std::string_view kHint =
        "send \"10.0.0.12:8000\", a name with a port, or "
        "\"unix:/run/app.sock\"";
    if (!value.is(Kind::Text)) return wrong_kind("address", value, std::string(kHint));
    if (value.text.size() > 512) return fail("\"address\" is too long", std::string(kHint));
    Result<HostPort> address = HostPort::parse(value.text);
    if (!address) return fail(std::move(address).error());
    out.address = *std::move(address);
    out.name = value.text;
    return {};
}

Result<void> read_name(const JsonValue& value, conf::Backend& out) {
    constexpr std::string_view kHint =
        "1 to 128 visible ASCII characters without quotes, \"/\" and \"\\\"";
    if (!value.is(Kind::Text)) return wrong_kind("name", value, std::string(kHint));
    if (!is_backend_name(value.text)) {
        return fail(json_text(value.text.substr(0, 64)) + " cannot be the name of a backend",
                    std::string(kHint));
    }
    out.name = value.text;
    return {};
}

Result<void> read_in_flight(const JsonValue& value, conf::Backend& out) {
    if (value.is(Kind::Text) && value.text == "none") {
        out.max_in_flight = kUnlimited;
        return {};
    }
    const Result<std::int64_t> most = read_whole(value, "max_in_flight", 1, kInFlightMax);
    if (!most) return fail(most.error().message, most.error().hint + ", or \"none\"");
    out.max_in_flight = static_cast<std::uint64_t>(*most);
    return {};
}

Result<void> read_tier(const JsonValue& value, conf::Backend& out) {
    if (value.is(Kind::Text) && value.text == "backup") {
        out.tier = 1;
        return {};
    }
    const Result<std::int64_t> tier = read_whole(value, "tier", 0, kTierMax);
    if (!tier) return fail(tier.error().message, tier.error().hint + ", or \"backup\"");
    out.tier = static_cast<std::uint32_t>(*tier);
    return {};
}

struct GroupWord {
    std::string_view word;
    conf::SettingGroup::Kind kind;
};

constexpr std::array<GroupWord, 8> kGroupWords{{
    {"process", conf::SettingGroup::Kind::Process},
    {"admin", conf::SettingGroup::Kind::Admin},
    {"log", conf::SettingGroup::Kind::Log},
    {"listener", conf::SettingGroup::Kind::Listener},
    {"route", conf::SettingGroup::Kind::Route},
    {"pool", conf::SettingGroup::Kind::Pool},
    {"backend", conf::SettingGroup::Kind::Backend},
    {"expect", conf::SettingGroup::Kind::Expect},
}};

constexpr std::string_view kMakeSettings = "\"fairlead diff\" of the same version makes them";

tl::unexpected<Error> no_settings() {
    return fail("these are no settings of a configuration", std::string(kMakeSettings));
}

Result<conf::Setting> read_setting(const JsonValue& value) {
    const std::vector<JsonValue>& parts = value.list;
    const bool is_pair = value.is(Kind::List) && parts.size() >= 2 && parts.size() <= 4 &&
                         parts[0].is(Kind::Text) && parts[1].is(Kind::Text);
    if (!is_pair || (parts.size() > 2 && !parts[2].is(Kind::Bool))) return no_settings();
    conf::Setting setting{parts[0].text, parts[1].text, parts.size() > 2 && parts[2].truth};
    if (parts.size() == 4) {
        // As text: a double would lose some of its bits.
        const std::optional<std::uint64_t> content = parse_number(parts[3].text);
        if (!parts[3].is(Kind::Text) || !content) return no_settings();
        setting.content = *content;
    }
    return setting;
}

Result<conf::SettingGroup> read_group(const JsonValue& value) {
    constexpr std::array<std::string_view, 4> kNames{"kind", "name", "pool", "settings"};
    if (!value.is(Kind::Table)) return no_settings();
    for (const JsonMember& member : value.table) {
        if (std::find(kNames.begin(), kNames.end(), member.name) == kNames.end()) {
            return no_settings();
        }
    }
    const auto row = std::find_if(kGroupWords.begin(), kGroupWords.end(), [&](const auto& each) {
        return each.word == value.at("kind").text;
    });
    const bool is_good = row != kGroupWords.end() && value.at("name").is(Kind::Text) &&
                         value.at("settings").is(Kind::List) &&
                         (value.find("pool") == nullptr || value.at("pool").is(Kind::Text));
    if (!is_good) return no_settings();
    conf::SettingGroup group{row->kind, value.at("name").text, value.at("pool").text, {}};
    for (const JsonValue& each : value.at("settings").list) {
        Result<conf::Setting> setting = read_setting(each);
        if (!setting) return fail(std::move(setting).error());
        group.settings.push_back(*std::move(setting));
    }
    return group;
}

}  // namespace

Result<runtime::BackendChange> read_backend_change(std::string_view body) {
    constexpr std::array<std::string_view, 2> kNames{"state", "weight"};
    const Result<JsonValue> table = read_table(body, kNames);
    if (!table) return fail(table.error());
    runtime::BackendChange change;
    if (const JsonValue* value = table->find("state")) {
        const Result<balancing::AdminState> state = read_state(*value);
        if (!state) return fail(state.error());
        change.state = *state;
    }
    if (const JsonValue* value = table->find("weight")) {
        const Result<std::uint32_t> weight = read_weight(*value);
        if (!weight) return fail(weight.error());
        change.weight = *weight;
    }
    if (!change.state && !change.weight) {
        return fail("nothing to change", "send \"state\", \"weight\" or both");
    }
    return change;
}

Result<conf::Backend> read_added_backend(std::string_view body, std::uint64_t in_flight_max) {
    constexpr std::array<std::string_view, 5> kNames{"address", "name", "weight", "max_in_flight",
                                                     "tier"};
    const Result<JsonValue> table = read_table(body, kNames);
    if (!table) return fail(table.error());
    conf::Backend backend;
    backend.max_in_flight = in_flight_max;
    const JsonValue* address = table->find("address");
    if (address == nullptr) {
        return fail("this backend has no \"address\"", "send {\"address\":\"10.0.0.12:8000\"}");
    }
    Result<void> outcome = read_address(*address, backend);
    const auto read = [&](std::string_view name, auto with) {
        const JsonValue* value = table->find(name);
        if (outcome && value != nullptr) outcome = with(*value, backend);
    };
    read("name", read_name);
    read("max_in_flight", read_in_flight);
    read("tier", read_tier);
    read("weight", [](const JsonValue& value, conf::Backend& out) -> Result<void> {
        const Result<std::uint32_t> weight = read_weight(value);
        if (!weight) return fail(weight.error());
        out.weight = *weight;
        return {};
    });
    if (!outcome) return fail(std::move(outcome).error());
    return backend;
}

Result<Duration> read_confirm(std::string_view text) {
    constexpr Duration kLeast = std::chrono::seconds{1};
    constexpr Duration kMost = std::chrono::hours{24};
    Result<Duration> time = parse_duration(text);
    if (!time) return time;
    if (*time < kLeast || *time > kMost) {
        return fail(fmt::format("\"{}\" is no time to confirm in", text),
                    "between \"1s\" and \"24h\"");
    }
    return time;
}

Result<std::optional<Duration>> read_reload(std::string_view body) {
    constexpr std::array<std::string_view, 1> kNames{"confirm"};
    const Result<JsonValue> table = read_table(body, kNames);
    if (!table) return fail(table.error());
    const JsonValue* confirm = table->find("confirm");
    if (confirm == nullptr) return std::optional<Duration>{};
    if (!confirm->is(Kind::Text)) {
        return wrong_kind("confirm", *confirm, "send a duration with its unit, as \"60s\"");
    }
    const Result<Duration> time = read_confirm(confirm->text);
    if (!time) return fail("confirm: " + time.error().message, time.error().hint);
    return std::optional<Duration>(*time);
}

Result<void> read_nothing(std::string_view body) {
    const Result<JsonValue> table = read_table(body, {});
    if (!table) return fail(table.error());
    return {};
}

Result<conf::SettingList> read_plan(std::string_view body) {
    constexpr std::array<std::string_view, 1> kNames{"settings"};
    const Result<JsonValue> table = read_table(body, kNames);
    if (!table) return fail(table.error());
    const JsonValue* groups = table->find("settings");
    if (groups == nullptr || !groups->is(Kind::List)) return no_settings();
    conf::SettingList list;
    for (const JsonValue& each : groups->list) {
        Result<conf::SettingGroup> group = read_group(each);
        if (!group) return fail(std::move(group).error());
        list.push_back(*std::move(group));
    }
    return list;
}

std::string settings_json(const conf::SettingList& settings) {
    std::string out = "{\"settings\":[";
    for (const conf::SettingGroup& group : settings) {
        const auto row =
            std::find_if(kGroupWords.begin(), kGroupWords.end(),
                         [&](const GroupWord& each) { return each.kind == group.kind; });
        if (&group != &settings.front()) out += ',';
        out += "{\"kind\":" + json_text(row->word) + ",\"name\":" + json_text(group.name) +
               ",\"pool\":" + json_text(group.pool) + ",\"settings\":[";
        for (const conf::Setting& setting : group.settings) {
            if (&setting != &group.settings.front()) out += ',';
            out += "[" + json_text(setting.key) + "," + json_text(setting.value) +
                   (setting.is_secret || setting.content != 0
                        ? (setting.is_secret ? ",true" : ",false")
                        : "");
            if (setting.content != 0) out += ",\"" + std::to_string(setting.content) + "\"";
            out += ']';
        }
        out += "]}";
    }
    return out + "]}";
}

}  // namespace fairlead::control
