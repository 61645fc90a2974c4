#include "conf/merge.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "conf/file.h"

namespace fairlead::conf {
namespace {

using Kind = Value::Kind;

class Merger {
  public:
    Merger(const Document& document, std::vector<Error>& errors)
        : document_(document), errors_(errors) {}

    void merge_root(Value& root, Value included) {
        for (Entry& entry : included.entries) {
            if (entry.key == "include") {
                error(entry, "an included file cannot include others",
                      fmt::format("name them in {}", document_.sources().front().file()));
                continue;
            }
            Entry* first = find(root, entry.key);
            if (first == nullptr) {
                root.entries.push_back(std::move(entry));
            } else if (first->value.kind != entry.value.kind) {
                error(entry,
                      fmt::format("\"{}\" is {} here and {} elsewhere", entry.key,
                                  entry.value.kind_text(), first->value.kind_text()),
                      fmt::format("the other is in {}", place_text(*first, entry)));
            } else if (entry.value.is(Kind::List)) {
                auto& items = first->value.items;
                items.insert(items.end(), std::make_move_iterator(entry.value.items.begin()),
                             std::make_move_iterator(entry.value.items.end()));
            } else if (holds_named(entry.key) && entry.value.is(Kind::Table)) {
                merge_named(*first, std::move(entry));
            } else {
                twice(fmt::format("[{}]", entry.key), *first, entry);
            }
        }
    }

  private:
    /// Sections whose sub-tables stand for themselves.
    static bool holds_named(std::string_view key) {
        return key == "listener" || key == "pool" || key == "defaults";
    }

    static Entry* find(Value& table, std::string_view key) {
        for (Entry& entry : table.entries) {
            if (entry.key == key) return &entry;
        }
        return nullptr;
    }

    void merge_named(Entry& section, Entry included) {
        std::vector<Entry>& entries = section.value.entries;
        std::unordered_map<std::string, std::size_t> by_name;
        for (std::size_t i = 0; i < entries.size(); ++i) by_name.emplace(entries[i].key, i);
        for (Entry& entry : included.value.entries) {
            const auto first = by_name.find(entry.key);
            if (first == by_name.end()) {
                entries.push_back(std::move(entry));
            } else {
                twice(fmt::format("[{}.{}]", section.key, entry.key), entries[first->second],
                      entry);
            }
        }
    }

    std::string place_text(const Entry& first, const Entry& here) const {
        return line_text(document_.locate(first.place), document_.locate(here.place));
    }

    void twice(const std::string& section, const Entry& first, const Entry& second) {
        error(second, fmt::format("{} is written twice", section),
              fmt::format("the first is in {}", place_text(first, second)));
    }

    void error(const Entry& entry, std::string message, std::string hint) {
        errors_.push_back(
            Error{printable(std::move(message)), std::move(hint), document_.locate(entry.place)});
    }

    const Document& document_;
    std::vector<Error>& errors_;
};

}  // namespace

void merge(Document& document, Value included, std::vector<Error>& errors) {
    Merger{document, errors}.merge_root(document.root(), std::move(included));
}

}  // namespace fairlead::conf
