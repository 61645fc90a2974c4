#include "conf/keys.h"

#include <set>

#include "conf/read_file.h"

namespace fairlead::conf {

std::vector<std::string> keys() {
    const Result<Document> document = Document::parse("", "");
    std::vector<std::string> found;
    if (!document) return found;
    std::vector<Error> ignored;
    std::set<std::string> asked;
    Model model;
    read_file(Reading{*document, ignored, ignored, &asked}, {}, model);
    for (const std::string& key : asked) {
        const bool has_section = key.find('.') != std::string::npos;
        if (has_section && !key.starts_with("defaults.")) found.push_back(key);
    }
    return found;
}

}  // namespace fairlead::conf
