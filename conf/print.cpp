// `fairlead print`: the settings as a file again, each with where it comes from.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "conf/file.h"
#include "conf/settings.h"
#include "conf/toml_text.h"

namespace fairlead::conf {
namespace {

constexpr std::size_t kCommentColumnMax = 48;

/// A key whose short form stands for others: with `check = "GET /"`, `check.http` is in its line.
struct ShortForm {
    std::string_view table;
    std::string_view key;  ///< that is set
    bool by_off = true;    ///< by "off"
    bool by_value = true;  ///< by anything else
};
constexpr std::array<ShortForm, 19> kShortForms{{
    {"stop", "stop.requests"},
    {"stop", "stop.tunnels"},
    {"drain", "drain.requests"},
    {"drain", "drain.tunnels"},
    {"access", "access.to"},
    {"hash", "hash.key"},
    {"check", "check.http"},
    {"check", "check.tcp"},
    {"check", "check.tls"},
    {"tls", "tls.verify"},
    {"retry", "retry.attempts"},
    {"retry", "retry.on", true, false},
    {"buffer", "buffer.request"},
    {"buffer", "buffer.response", false, true},
    {"queue", "queue.size"},
    {"slow_start", "slow_start.over"},
    {"keepalive", "keepalive.idle"},
    {"sticky", "sticky.cookie"},
    {"dns", "dns.name"},
}};

/// A section that a value may come from, nearest first.
struct Level {
    std::string path;   ///< as in Origins: "pool.app"
    std::string title;  ///< shown when it is not the section itself: "[defaults.pool]"
};

/// What a line says about itself.
struct Source {
    std::string comment = "default";
    std::size_t level = SIZE_MAX;  ///< index of its Level; SIZE_MAX: a default

    bool is_default() const { return level == SIZE_MAX; }
    bool is_own() const { return level == 0; }
};

class Printer {
  public:
    explicit Printer(const Model& model) : model_(model) {}

    std::string print() {
        print_opening();
        print_section("[process]", settings(model_.process), {{"process", ""}},
                      model_.process.where);
        if (model_.admin) {
            print_section("[admin]", settings(*model_.admin), {{"admin", ""}}, std::nullopt);
        }
        print_section("[log]", settings(model_.log), {{"log", ""}}, model_.log.where);
        for (const Listener& listener : model_.listeners) {
            const std::string path = fmt::format("listener.{}", toml_key(listener.name));
            print_section(fmt::format("[{}]", path), settings(listener), {{path, ""}},
                          listener.where);
        }
        for (std::size_t i = 0; i < model_.routes.size(); ++i) print_route(i);
        for (const Pool& pool : model_.pools) print_pool(pool);
        for (std::size_t i = 0; i < model_.expectations.size(); ++i) {
            const Expectation& expectation = model_.expectations[i];
            print_section("[[expect]]", settings(expectation), {{fmt::format("expect.{}", i), ""}},
                          expectation.where);
        }
        return std::move(out_);
    }

  private:
    struct Line {
        std::string text;
        std::string comment;
    };

    void print_opening() {
        if (model_.files.empty()) return;
        out_ += fmt::format("# What {}", printable(model_.files.front()));
        if (model_.files.size() > 1) {
            out_ += fmt::format(" with {} included file{}", model_.files.size() - 1,
                                model_.files.size() == 2 ? "" : "s");
        }
        out_ += " comes to, every default filled in.\n";
    }

    void print_section(const std::string& header, const SettingGroup& group,
                       const std::vector<Level>& levels, const std::optional<Location>& where) {
        begin_section(header, where);
        for (const Setting& setting : group.settings) add(setting, find(setting, levels), true);
        end_section();
    }

    void print_route(std::size_t index) {
        const Route& route = model_.routes[index];
        const SettingGroup group = settings(route);
        std::vector<Level> levels{{fmt::format("route.{}", index), ""}};
        const Pool* pool = model_.pool(route.pool);
        if (pool != nullptr) add_pool_levels(*pool, true, levels);
        begin_section("[[route]]", route.where);
        for (const Setting& setting : group.settings) {
            const Source source = find_in_route(setting, levels);
            // A route's shorter `total` ends the pool's `per_try`; written it would be an error.
            const bool is_over_total =
                setting.key == "retry.per_try" && !source.is_own() && pool != nullptr &&
                route.retry->per_try != kForever &&
                route.retry->per_try > route.timeouts.total.value_or(pool->timeouts.total);
            add(setting, source, !is_over_total);
        }
        end_section();
    }

    /// Only these of a route are laid over the pool's.
    Source find_in_route(const Setting& setting, const std::vector<Level>& levels) const {
        const bool is_inherited =
            setting.key.starts_with("retry.") || setting.key.starts_with("queue.");
        return find(setting, is_inherited ? levels : std::vector<Level>{levels.front()});
    }

    static void add_pool_levels(const Pool& pool, bool is_shown, std::vector<Level>& levels) {
        const std::string path = fmt::format("pool.{}", toml_key(pool.name));
        levels.push_back(Level{path, is_shown ? fmt::format("[{}]", path) : ""});
        levels.push_back(Level{"defaults.pool", "[defaults.pool]"});
    }

    void print_pool(const Pool& pool) {
        std::vector<Level> levels;
        add_pool_levels(pool, false, levels);
        begin_section(fmt::format("[pool.{}]", toml_key(pool.name)), pool.where);
        print_backends(pool);
        for (const Setting& setting : settings(pool).settings) {
            const Source source = find(setting, levels);
            add(setting, source, !source.is_default() || may_be_written(pool, setting.key));
        }
        end_section();
    }

    /// Whether a default may stand in the file: not a time that was cut to `total`, which written
    /// would have to be below it, nor a queue that nothing fills, about which there is a warning.
    static bool may_be_written(const Pool& pool, std::string_view key) {
        const PoolTimeouts& timeouts = pool.timeouts;
        if (key == "timeouts.connect") return timeouts.connect < timeouts.total;
        if (key == "timeouts.response") {
            return timeouts.response < timeouts.total || timeouts.total == kForever;
        }
        if (!key.starts_with("queue.")) return true;
        if (pool.dns && pool.max_in_flight != kUnlimited) return true;
        return std::any_of(pool.backends.begin(), pool.backends.end(), [](const Backend& backend) {
            return backend.max_in_flight != kUnlimited;
        });
    }

    void print_backends(const Pool& pool) {
        lines_.push_back({"backends = [", ""});
        for (const Backend& backend : pool.backends) {
            std::string text = "  { ";
            std::string_view separator;
            for (const Setting& setting : settings(pool, backend).settings) {
                // A name made from the address may have what a written one may not.
                const bool is_made =
                    setting.key == "name" && backend.name == backend.address.text();
                if (is_made) continue;
                fmt::format_to(std::back_inserter(text), "{}{} = {}", separator, setting.key,
                               setting.value);
                separator = ", ";
            }
            lines_.push_back({text + " },", place_text(backend.where)});
        }
        lines_.push_back({"]", ""});
    }

    static std::string place_text(const Location& where) {
        return fmt::format("{}:{}", printable(where.file), where.line);
    }

    Source find(const Setting& setting, const std::vector<Level>& levels) const {
        bool has_own_table = false;  // which takes the "off" of a level below away
        for (std::size_t i = 0; i < levels.size(); ++i) {
            const std::string& path = levels[i].path;
            const Origin* origin = at(fmt::format("{}.{}", path, setting.key));
            if (origin == nullptr) origin = by_short_form(path, setting.key, has_own_table);
            if (origin != nullptr) return Source{comment(*origin, levels[i].title), i};
            has_own_table = has_own_table || has_table(path, setting.key);
        }
        return Source{};
    }

    const Origin* at(const std::string& key) const {
        const auto found = model_.origins.find(key);
        return found == model_.origins.end() ? nullptr : &found->second;
    }

    const Origin* by_short_form(const std::string& path, std::string_view key,
                                bool has_own_table) const {
        for (const ShortForm& form : kShortForms) {
            if (form.key != key) continue;
            const Origin* origin = at(fmt::format("{}.{}", path, form.table));
            if (origin == nullptr) return nullptr;
            if (origin->is_off) return form.by_off && !has_own_table ? origin : nullptr;
            return form.by_value ? origin : nullptr;
        }
        return nullptr;
    }

    /// Whether a level writes another key of the table that `key` is in.
    bool has_table(const std::string& path, std::string_view key) const {
        const std::string_view table = key.substr(0, key.find('.'));
        constexpr std::array<std::string_view, 7> kKeys{
            "attempts", "on", "budget", "per_try", "non_idempotent", "size", "wait"};
        return (table == "retry" || table == "queue") &&
               std::any_of(kKeys.begin(), kKeys.end(), [&](std::string_view each) {
                   return at(fmt::format("{}.{}.{}", path, table, each)) != nullptr;
               });
    }

    std::string comment(const Origin& origin, const std::string& title) const {
        const std::string file = origin.file < model_.files.size()
                                     ? printable(model_.files[origin.file])
                                     : std::string{};
        return title.empty() ? fmt::format("{}:{}", file, origin.line)
                             : fmt::format("{}:{} {}", file, origin.line, title);
    }

    void begin_section(const std::string& header, const std::optional<Location>& where) {
        out_ += out_.empty() ? "" : "\n";
        lines_.clear();
        lines_.push_back({header, where && where->line > 0 ? place_text(*where) : ""});
    }

    /// @param is_live  false: as a comment
    void add(const Setting& setting, const Source& source, bool is_live) {
        std::string text = is_live ? "" : "# ";
        text += setting.key;
        text += " = ";
        text += setting.is_secret ? hidden(setting) : setting.value;
        lines_.push_back({std::move(text), source.comment});
    }

    /// Two routes may differ in nothing but a secret they match, and must go on to differ.
    std::string hidden(const Setting& setting) {
        std::size_t number = 1;
        if (setting.key.starts_with("header.")) {
            number =
                matched_secrets_.emplace(setting.value, matched_secrets_.size() + 1).first->second;
        }
        return number == 1 ? toml_text("(hidden)") : toml_text(fmt::format("(hidden {})", number));
    }

    void end_section() {
        std::size_t column = 0;
        for (const Line& line : lines_) {
            if (line.text.size() <= kCommentColumnMax) {
                column = std::max(column, line.text.size());
            }
        }
        for (const Line& line : lines_) {
            if (line.comment.empty()) {
                fmt::format_to(std::back_inserter(out_), "{}\n", line.text);
            } else {
                fmt::format_to(std::back_inserter(out_), "{:<{}}  # {}\n", line.text, column,
                               line.comment);
            }
        }
    }

    const Model& model_;
    std::string out_;
    std::vector<Line> lines_;                             ///< of the section being made
    std::map<std::string, std::size_t> matched_secrets_;  ///< with a number for each
};

}  // namespace

std::string print(const Model& model) { return Printer{model}.print(); }

}  // namespace fairlead::conf
