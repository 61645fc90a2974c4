#include "proxy/runtime/removed_series.h"

#include <iterator>
#include <utility>

#include "proxy/runtime/series.h"

namespace fairlead::runtime {
namespace {

std::string key(std::string_view pool, std::string_view backend) {
    std::string text;
    text.reserve(pool.size() + 1 + backend.size());
    return text.append(pool).append(1, '\0').append(backend);
}

}  // namespace

void RemovedSeries::add(const std::string& pool, const std::string& backend, Shared series) {
    const auto [place, is_new] = by_name_.try_emplace(key(pool, backend));
    if (!is_new) return;
    place->second = entries_.insert(entries_.end(), {pool, backend, std::move(series)});
}

void RemovedSeries::take_out(std::string_view pool, std::string_view backend) {
    if (entries_.empty()) return;
    const auto found = by_name_.find(key(pool, backend));
    if (found == by_name_.end()) return;
    entries_.erase(found->second);
    by_name_.erase(found);
}

RemovedSeries::Shared RemovedSeries::find(std::string_view pool, std::string_view backend) const {
    if (entries_.empty()) return nullptr;
    const auto found = by_name_.find(key(pool, backend));
    return found == by_name_.end() ? nullptr : found->second->series;
}

void RemovedSeries::trim(std::size_t most) {
    SeriesMaker series(registry_, SeriesMaker::Mode::Forget);
    for (auto each = entries_.begin();
         most > 0 && entries_.size() > kKeptMax && each != entries_.end();) {
        // Ours is the last share, and nobody but main could make another one.
        if (each->series.use_count() > 1) {
            ++each;
            continue;
        }
        // Letting go of it comes after all that workers did before they let go of theirs.
        each->series.reset();
        series.backend(each->pool, each->backend);
        by_name_.erase(key(each->pool, each->backend));
        each = entries_.erase(each);
        --most;
    }
}

}  // namespace fairlead::runtime
