#include "conf/read_split.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace fairlead::conf {

bool read_split(Section& section, const Names& names, Route& out) {
    const Value* value = section.get("split");
    if (value == nullptr) return false;
    if (!value->is(Value::Kind::Table)) {
        section.wrong_type(*value, "split", "a table", "write { POOL = 95, OTHER = 5 }");
        return true;
    }
    bool is_good = true;
    for (const Entry& entry : value->entries) {
        check_reference(section.reading(), entry.place, section.title(), "pool", entry.key,
                        names.pools);
        SplitShare share{entry.key, 0};
        is_good = section.read_number(entry.value, entry.key, share.weight, {0, kSplitWeightMax},
                                      "write a weight, as 95") &&
                  is_good;
        out.split.push_back(std::move(share));
    }
    if (value->entries.empty()) {
        section.error(section.value_place("split"), "\"split\" is empty",
                      "write { POOL = 95, OTHER = 5 }");
    } else if (is_good && std::all_of(out.split.begin(), out.split.end(),
                                      [](const SplitShare& share) { return share.weight == 0; })) {
        section.error(section.value_place("split"), "no pool of \"split\" has a weight above 0",
                      "give one of them a weight of 1");
    }
    return true;
}

}  // namespace fairlead::conf
