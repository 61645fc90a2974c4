#include "conf/read_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "conf/names.h"
#include "conf/pool_use.h"
#include "conf/read_expect.h"
#include "conf/read_listener.h"
#include "conf/read_pool.h"
#include "conf/read_process.h"
#include "conf/read_route.h"

namespace fairlead::conf {
namespace {

using Kind = Value::Kind;

/// One of [listener.NAME], [pool.NAME].
using ReadNamed = std::function<void(Section& section, const std::string& name)>;

const Value& nothing() {
    static const Value empty{};
    return empty;
}

class FileReader {
  public:
    FileReader(const Reading& reading, std::span<const std::string_view> policies, Model& out)
        : reading_(reading),
          policies_(policies),
          out_(out),
          root_(reading, reading.document.root(), Place{}, "", "") {}

    ReadNotes read() {
        root_.get("include");  // read before, by conf/include.cpp
        root_.table("process", [&](Section& section) { read_process(section, out_.process); });
        root_.table("admin", [&](Section& section) {
            Admin admin;
            if (read_admin(section, admin)) out_.admin = std::move(admin);
        });
        root_.table("log", [&](Section& section) { read_log(section, out_.log); });
        collect_names("listener", names_.listeners);
        collect_names("pool", names_.pools);
        read_listeners();
        read_pools();
        read_routes();
        read_expectations();
        settle_pool_use(reading_, drafts_, out_);
        root_.finish();
        return std::move(notes_);
    }

  private:
    void collect_names(std::string_view noun, std::vector<std::string_view>& names) const {
        const Entry* entry = reading_.document.root().find(noun);
        if (entry == nullptr) return;
        for (const Entry& named : entry->value.entries) names.push_back(named.key);
    }

    void read_named(std::string_view noun, const ReadNamed& read) {
        const Value* value = root_.get(noun);
        if (reading_.survey != nullptr) {
            Section section{reading_, nothing(), Place{}, fmt::format("[{}]", noun),
                            std::string{noun}};
            read(section, "");
        }
        if (value == nullptr) return;
        if (!value->is(Kind::Table)) {
            root_.error(root_.key_place(noun), fmt::format("a {} is written with its name", noun),
                        fmt::format("write [{}.NAME]", noun));
            return;
        }
        for (const Entry& entry : value->entries) {
            if (!entry.value.is(Kind::Table)) {
                // [pool] with a pool's keys in it: the name is missing.
                root_.error(entry.place, fmt::format("\"{}\" is directly in [{}]", entry.key, noun),
                            fmt::format("write it in a [{}.NAME] section", noun));
                continue;
            }
            check_name(reading_, entry.place, noun, entry.key);
            Section section{reading_, entry.value, entry.place,
                            fmt::format("[{}.{}]", noun, entry.key), std::string{noun}};
            read(section, entry.key);
            section.finish();
        }
    }

    void read_listeners() {
        read_named("listener", [&](Section& section, const std::string& name) {
            Listener listener;
            listener.name = name;
            read_listener(section, names_, listener);
            out_.listeners.push_back(std::move(listener));
            notes_.listener_has_pool.push_back(section.has("pool"));
        });
        for (const Listener& listener : out_.listeners) {
            if (listener.mode == Mode::Tcp) names_.tcp_listeners.push_back(listener.name);
        }
        const bool is_table = root_.has("listener") &&
                              reading_.document.root().find("listener")->value.is(Kind::Table);
        if (names_.listeners.empty() && (is_table || !root_.has("listener"))) {
            root_.error(Place{}, "no listener: nothing would be served",
                        "write [listener.web] with bind = \":8080\"");
        }
    }

    void read_pools() {
        PoolDraft defaults;
        root_.table("defaults", [&](Section& section) {
            section.table("pool",
                          [&](Section& pool) { read_pool_defaults(pool, policies_, defaults); });
        });
        read_named("pool", [&](Section& section, const std::string& name) {
            PoolDraft draft = defaults.inherited();
            draft.pool.name = name;
            read_pool(section, policies_, draft);
            out_.pools.push_back(draft.finished());
            drafts_.emplace(name, std::move(draft));
        });
    }

    void read_routes() {
        const auto pool_draft = [&](std::string_view name) -> const PoolDraft* {
            const auto found = drafts_.find(name);
            return found == drafts_.end() ? nullptr : &found->second;
        };
        std::size_t errors_before = 0;
        root_.repeated(
            "route",
            [&](Section& section) {
                errors_before = reading_.errors.size();
                Route route;
                read_route(section, names_, pool_draft, route);
                out_.routes.push_back(std::move(route));
            },
            [&] { notes_.route_is_sound.push_back(reading_.errors.size() == errors_before); });
    }

    void read_expectations() {
        root_.repeated("expect", [&](Section& section) {
            Expectation expectation;
            read_expect(section, names_, expectation);
            out_.expectations.push_back(std::move(expectation));
        });
    }

    const Reading& reading_;
    std::span<const std::string_view> policies_;
    Model& out_;
    Section root_;
    Names names_;
    ReadNotes notes_;
    std::map<std::string, PoolDraft, std::less<>> drafts_;
};

}  // namespace

ReadNotes read_file(const Reading& reading, std::span<const std::string_view> policies,
                    Model& out) {
    return FileReader{reading, policies, out}.read();
}

}  // namespace fairlead::conf
