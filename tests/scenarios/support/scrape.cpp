#include "tests/scenarios/support/scrape.h"

#include <cstdlib>

namespace fairlead::scenarios {

Scrape::Scrape(std::string_view text) {
    bool is_rising = false;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string line{text.substr(0, end)};
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.starts_with("# TYPE ")) {
            is_rising = line.ends_with(" counter") || line.ends_with(" histogram");
        }
        const std::size_t space = line.rfind(' ');
        if (line.starts_with("#") || space == std::string::npos) continue;
        const double value = std::strtod(line.c_str() + space, nullptr);
        values_.emplace(line.substr(0, space), value);
        if (is_rising) counters_.emplace(line.substr(0, space), value);
    }
}

double Scrape::at(const std::string& series) const {
    const auto found = values_.find(series);
    return found == values_.end() ? 0 : found->second;
}

double Scrape::sum(const std::string& beginning) const {
    double sum = 0;
    for (auto each = values_.lower_bound(beginning);
         each != values_.end() && each->first.starts_with(beginning); ++each) {
        sum += each->second;
    }
    return sum;
}

std::vector<std::string> RisingOnly::fallen(const Scrape& scrape) {
    std::vector<std::string> fallen;
    for (const auto& [series, value] : scrape.counters()) {
        double& highest = highest_[series];
        if (value < highest) {
            fallen.push_back(series + ": " + std::to_string(highest) + " -> " +
                             std::to_string(value));
        } else {
            highest = value;
        }
    }
    return fallen;
}

}  // namespace fairlead::scenarios
