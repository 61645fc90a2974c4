#include "conf/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <unordered_map>
#include <utility>

namespace fairlead::conf {
namespace {

using What = SettingGroup::Kind;
using Kind = Change::Kind;
using Groups = std::vector<const SettingGroup*>;

constexpr std::string_view kDrains = "drains";
constexpr std::string_view kRestart = "needs a restart";
constexpr std::string_view kOrder = "order";

/// The groups of one kind by name. Of several with one name (expectations only) the n-th of one
/// side meets the n-th of the other.
class Index {
  public:
    explicit Index(const Groups& groups) {
        for (const SettingGroup* group : groups) by_name_[group->name].groups.push_back(group);
    }
    /// @return the next group of the name; nullptr when there is none left.
    const SettingGroup* take(const std::string& name) {
        const auto found = by_name_.find(name);
        if (found == by_name_.end()) return nullptr;
        Named& named = found->second;
        return named.next < named.groups.size() ? named.groups[named.next++] : nullptr;
    }

  private:
    struct Named {
        Groups groups;
        std::size_t next = 0;  ///< to be taken
    };
    std::unordered_map<std::string_view, Named> by_name_;
};

/// A list of settings, by kind; backends by pool.
struct Sorted {
    explicit Sorted(const SettingList& list) {
        for (const SettingGroup& group : list) {
            if (group.kind == What::Backend) {
                backends[group.pool].push_back(&group);
            } else {
                of(group.kind).push_back(&group);
            }
        }
    }
    Groups& of(What kind) { return kinds.at(static_cast<std::size_t>(kind)); }

    std::array<Groups, static_cast<std::size_t>(What::Expect) + 1> kinds;
    std::unordered_map<std::string_view, Groups> backends;
};

/// `KEY OLD -> NEW`, where nothing stands for a key that is not there.
std::string detail(const Setting* before, const Setting* after) {
    const std::string& key = before != nullptr ? before->key : after->key;
    const bool is_secret =
        (before != nullptr && before->is_secret) || (after != nullptr && after->is_secret);
    if (before == nullptr) {
        return is_secret ? fmt::format("{} added", key)
                         : fmt::format("{} none -> {}", key, after->value);
    }
    if (after == nullptr) {
        return is_secret ? fmt::format("{} removed", key)
                         : fmt::format("{} {} -> none", key, before->value);
    }
    if (before->value == after->value && !is_secret) {
        return fmt::format("{}: other content in the same files", key);
    }
    return is_secret ? fmt::format("{} changed", key)
                     : fmt::format("{} {} -> {}", key, before->value, after->value);
}

using SettingIndex = std::map<std::string_view, const Setting*>;

SettingIndex index_of(const SettingGroup& group) {
    SettingIndex index;
    for (const Setting& setting : group.settings) index.emplace(setting.key, &setting);
    return index;
}

/// The table that took the place of a word: `check` "off" against `check.http`. @return its first
/// setting, nullptr when `index` has no such table.
const Setting* table_of(const SettingIndex& index, const SettingGroup& group,
                        const std::string& key) {
    const std::string prefix = key + ".";
    const auto any = index.lower_bound(prefix);
    if (any == index.end() || !any->first.starts_with(prefix)) return nullptr;
    for (const Setting& setting : group.settings) {
        if (setting.key.starts_with(prefix)) return &setting;
    }
    return nullptr;
}

std::string table_text(const std::string& key, const Setting& first) {
    return fmt::format("{{ {} = {} }}", first.key.substr(key.size() + 1), first.value);
}

/// The settings in which two groups differ, in the order of `after`, then those only in `before`.
std::vector<std::string> details(const SettingGroup& before, const SettingGroup& after) {
    if (before.settings == after.settings) return {};
    const SettingIndex old = index_of(before);
    const SettingIndex now = index_of(after);
    std::vector<std::string> out;
    std::vector<std::string> told;  // keys whose table is told with them
    const auto is_told = [&](const std::string& key) {
        return std::any_of(told.begin(), told.end(),
                           [&](const std::string& table) { return key.starts_with(table + "."); });
    };
    for (const Setting& setting : before.settings) {
        const Setting* table = table_of(now, after, setting.key);
        if (table == nullptr) continue;
        told.push_back(setting.key);
        out.push_back(fmt::format("{} {} -> {}", setting.key, setting.value,
                                  table_text(setting.key, *table)));
    }
    for (const Setting& setting : after.settings) {
        if (const Setting* table = table_of(old, before, setting.key)) {
            told.push_back(setting.key);
            out.push_back(fmt::format("{} {} -> {}", setting.key, table_text(setting.key, *table),
                                      setting.value));
            continue;
        }
        if (is_told(setting.key)) continue;
        const auto found = old.find(setting.key);
        const Setting* was = found == old.end() ? nullptr : found->second;
        if (was == nullptr || *was != setting) out.push_back(detail(was, &setting));
    }
    for (const Setting& setting : before.settings) {
        const bool is_there = now.find(setting.key) != now.end() || is_told(setting.key);
        const bool is_word = std::find(told.begin(), told.end(), setting.key) != told.end();
        if (!is_there && !is_word) out.push_back(detail(&setting, nullptr));
    }
    return out;
}

std::string_view key_of(std::string_view text) { return text.substr(0, text.find(' ')); }

const std::string* value_of(const SettingGroup& group, std::string_view key) {
    for (const Setting& setting : group.settings) {
        if (setting.key == key) return &setting.value;
    }
    return nullptr;
}

/// Whether an address of the old `bind` is not in the new one.
bool loses_address(const std::string& before, const std::string& after) {
    for (std::size_t at = before.find('"'); at != std::string::npos;) {
        const std::size_t end = before.find('"', at + 1);
        if (end == std::string::npos) break;
        if (after.find(before.substr(at, end + 1 - at)) == std::string::npos) return true;
        at = before.find('"', end + 1);
    }
    return false;
}

class Planner {
  public:
    Planner(const SettingList& running, const SettingList& wanted)
        : running_(running), wanted_(wanted) {}

    std::vector<Change> plan() {
        plan_process();
        for (const What kind : {What::Admin, What::Log}) compare(kind, "");
        compare(What::Listener, kDrains);
        plan_routes();
        plan_pools();
        compare(What::Expect, "");
        return std::move(changes_);
    }

  private:
    void add(Kind kind, const SettingGroup& group, std::vector<std::string> details,
             std::string_view effect) {
        changes_.push_back(Change{kind, group.kind, group.name, group.pool, std::move(details),
                                  std::string{effect}});
    }

    /// Added and changed ones as they are wanted, then the removed ones.
    void compare(What kind, std::string_view removed_effect) {
        Index running{running_.of(kind)};
        for (const SettingGroup* group : wanted_.of(kind)) {
            const SettingGroup* before = running.take(group->name);
            if (before == nullptr) {
                add(Kind::Added, *group, {}, "");
            } else {
                change(*before, *group);
            }
        }
        remove_missing(running_.of(kind), wanted_.of(kind), removed_effect);
    }

    void remove_missing(const Groups& running, const Groups& wanted, std::string_view effect) {
        Index index{wanted};
        for (const SettingGroup* group : running) {
            if (index.take(group->name) == nullptr) add(Kind::Removed, *group, {}, effect);
        }
    }

    void change(const SettingGroup& before, const SettingGroup& after) {
        std::vector<std::string> found = details(before, after);
        if (found.empty()) return;
        std::string_view effect;
        if (after.kind == What::Listener) {
            const std::string* old_bind = value_of(before, "bind");
            const std::string* new_bind = value_of(after, "bind");
            const bool closes =
                old_bind != nullptr && new_bind != nullptr && loses_address(*old_bind, *new_bind);
            if (closes) effect = kDrains;
        }
        add(Kind::Changed, after, std::move(found), effect);
    }

    /// What is taken at the next start only stands apart from what is taken now.
    void plan_process() {
        const Groups& before = running_.of(What::Process);
        const Groups& after = wanted_.of(What::Process);
        if (before.empty() || after.empty()) return;
        std::vector<std::string> now;
        std::vector<std::string> later;
        for (std::string& text : details(*before.front(), *after.front())) {
            const bool needs_restart = key_of(text) == "workers" || key_of(text) == "user";
            (needs_restart ? later : now).push_back(std::move(text));
        }
        if (!now.empty()) add(Kind::Changed, *after.front(), std::move(now), "");
        if (!later.empty()) add(Kind::Changed, *after.front(), std::move(later), kRestart);
    }

    void plan_routes() {
        const std::vector<bool> has_moved = moved_routes();
        Index running{running_.of(What::Route)};
        for (std::size_t i = 0; i < wanted_.of(What::Route).size(); ++i) {
            const SettingGroup& after = *wanted_.of(What::Route)[i];
            const SettingGroup* before = running.take(after.name);
            if (before == nullptr) {
                add(Kind::Added, after, {}, "");
                continue;
            }
            std::vector<std::string> found = details(*before, after);
            if (found.empty() && !has_moved[i]) continue;
            add(Kind::Changed, after, std::move(found), has_moved[i] ? kOrder : "");
        }
        remove_missing(running_.of(What::Route), wanted_.of(What::Route), "");
    }

    /// Of the wanted routes, those outside a longest run that keeps its order (patience sorting):
    /// the fewest that could have been moved.
    std::vector<bool> moved_routes() {
        const Groups& wanted = wanted_.of(What::Route);
        std::unordered_map<std::string_view, std::size_t> old_position;
        for (const SettingGroup* group : running_.of(What::Route)) {
            old_position.emplace(group->name, old_position.size());
        }
        constexpr std::size_t kNone = SIZE_MAX;
        std::vector<std::size_t> position(wanted.size(), kNone);
        std::vector<std::size_t> previous(wanted.size(), kNone);
        std::vector<std::size_t> ends;  // of runs by length: the route with the earliest position
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            const auto found = old_position.find(wanted[i]->name);
            if (found == old_position.end()) continue;
            position[i] = found->second;
            const auto longer = std::lower_bound(
                ends.begin(), ends.end(), position[i],
                [&](std::size_t end, std::size_t value) { return position[end] < value; });
            if (longer != ends.begin()) previous[i] = *(longer - 1);
            if (longer == ends.end()) {
                ends.push_back(i);
            } else {
                *longer = i;
            }
        }
        std::vector<bool> moved(wanted.size());
        for (std::size_t i = 0; i < wanted.size(); ++i) moved[i] = position[i] != kNone;
        for (std::size_t i = ends.empty() ? kNone : ends.back(); i != kNone; i = previous[i]) {
            moved[i] = false;
        }
        return moved;
    }

    void plan_pools() {
        Index running{running_.of(What::Pool)};
        for (const SettingGroup* group : wanted_.of(What::Pool)) {
            const SettingGroup* before = running.take(group->name);
            if (before == nullptr) {
                add(Kind::Added, *group, {}, "");
                continue;
            }
            change(*before, *group);
            plan_backends(running_.backends[group->name], wanted_.backends[group->name]);
        }
        remove_missing(running_.of(What::Pool), wanted_.of(What::Pool), kDrains);
    }

    void plan_backends(const Groups& running, const Groups& wanted) {
        Index index{running};
        for (const SettingGroup* group : wanted) {
            const SettingGroup* before = index.take(group->name);
            if (before == nullptr) {
                add(Kind::Added, *group, {}, "");
                continue;
            }
            const std::string* from = value_of(*before, "address");
            const std::string* to = value_of(*group, "address");
            if (from != nullptr && to != nullptr && *from != *to) {
                const auto bare = [](const std::string& text) {
                    return text.size() < 2 ? text : text.substr(1, text.size() - 2);
                };
                add(Kind::Removed, *before, {bare(*from)}, kDrains);
                add(Kind::Added, *group, {bare(*to)}, "");
            } else {
                change(*before, *group);
            }
        }
        remove_missing(running, wanted, kDrains);
    }

    Sorted running_;
    Sorted wanted_;
    std::vector<Change> changes_;
};

std::string_view noun(What what) {
    switch (what) {
        case What::Process:
            return "process";
        case What::Admin:
            return "admin";
        case What::Log:
            return "log";
        case What::Listener:
            return "listener";
        case What::Route:
            return "route";
        case What::Pool:
            return "pool";
        case What::Backend:
            return "backend";
        case What::Expect:
            return "expect";
    }
    return "";
}

}  // namespace

bool Change::needs_restart() const { return effect == kRestart; }

std::string Change::text() const {
    std::string out = kind == Kind::Added ? "+ " : kind == Kind::Removed ? "- " : "~ ";
    out += noun(what);
    if (what == What::Backend) {
        out += fmt::format(" {}/{}", pool, name);
    } else if (name != noun(what)) {
        out += " " + name;
    }
    if (!details.empty()) {
        out += kind == Kind::Changed ? ": " : " ";
        out += fmt::format("{}", fmt::join(details, ", "));
    }
    if (!effect.empty()) out += fmt::format(" ({})", effect);
    return out;
}

std::vector<Change> plan(const SettingList& running, const SettingList& wanted) {
    return Planner{running, wanted}.plan();
}

}  // namespace fairlead::conf
