#include "proxy/l7/rate_limiter.h"

#include <algorithm>
#include <string_view>

#include "proxy/base/hash.h"

namespace fairlead::l7 {

RateLimiter::RateLimiter(std::uint64_t seed, std::size_t clients)
    : seed_(seed), rows_(std::max<std::size_t>(1, (clients + kRowClients - 1) / kRowClients)) {}

Duration RateLimiter::take(const IpAddress& client, const RateSettings& settings, Time now) {
    const IpAddress key = client_key(client);
    const std::uint64_t hash = hash_bytes(
        std::string_view(reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()), seed_);
    const std::size_t index = hash % rows_.size();
    Row& row = rows_[index];
    const std::scoped_lock lock(locks_[index % kLocks]);
    Cell* cell = &row.front();
    for (Cell& each : row) {
        if (each.client == key && each.free_at > now) {
            cell = &each;
            break;
        }
        if (each.free_at < cell->free_at) cell = &each;
    }
    const bool is_known = cell->client == key && cell->free_at > now;
    const Time from = is_known ? cell->free_at : now;
    // Burst times the interval is at most a million hours, far from overflow.
    const Duration ahead = from + settings.interval - now;
    const Duration allowed = settings.interval * static_cast<std::int64_t>(settings.burst);
    if (ahead > allowed) return ahead - allowed;
    cell->client = key;
    cell->free_at = from + settings.interval;
    return Duration::zero();
}

}  // namespace fairlead::l7
