#include "proxy/net/ticket_keys.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>

namespace fairlead::net {
namespace {

TicketKeys::Secret fresh(WallTime now) {
    TicketKeys::Secret secret;
    // Fails only when the system has no randomness at all: then nothing here is safe.
    if (RAND_bytes(secret.bytes.data(), static_cast<int>(secret.bytes.size())) != 1) std::abort();
    secret.made = now;
    return secret;
}

bool is_usable(const TicketKeys::Secret& secret, WallTime now) {
    return secret.made <= now && now - secret.made < TicketKeys::kOpensFor;
}

}  // namespace

TicketKeys::TicketKeys(WallTime now) { secrets_.push_back(fresh(now)); }

bool TicketKeys::rotate(WallTime now) {
    const std::lock_guard lock(mutex_);
    const std::size_t before = secrets_.size();
    std::erase_if(secrets_, [&](const Secret& each) { return !is_usable(each, now); });
    const bool is_due = secrets_.empty() || now - secrets_.front().made >= kRotateEvery;
    if (is_due) secrets_.insert(secrets_.begin(), fresh(now));
    if (!is_due && secrets_.size() == before) return false;
    version_.fetch_add(1, std::memory_order_release);
    return true;
}

std::vector<TicketKeys::Secret> TicketKeys::secrets() const {
    const std::lock_guard lock(mutex_);
    return secrets_;
}

void TicketKeys::restore(std::vector<Secret> secrets, WallTime now) {
    std::erase_if(secrets, [&](const Secret& each) { return !is_usable(each, now); });
    if (secrets.empty()) return;
    std::stable_sort(secrets.begin(), secrets.end(),
                     [](const Secret& a, const Secret& b) { return a.made > b.made; });
    // As many as rotating leaves: a file that holds more was not written here.
    constexpr std::size_t kMost = kOpensFor / kRotateEvery + 1;
    if (secrets.size() > kMost) secrets.resize(kMost);
    const std::lock_guard lock(mutex_);
    secrets_ = std::move(secrets);
    version_.fetch_add(1, std::memory_order_release);
}

}  // namespace fairlead::net
