#include "proxy/runtime/listener_load.h"

#include <cassert>
#include <string_view>
#include <utility>

#include "proxy/base/hash.h"

namespace fairlead::runtime {
namespace {

std::uint64_t hash(const IpAddress& key) {
    return hash_bytes(
        std::string_view(reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()));
}

}  // namespace

std::size_t ListenerLoad::KeyHash::operator()(const IpAddress& key) const { return hash(key); }

std::size_t ListenerLoad::clients() const {
    std::size_t sum = 0;
    for (const Shard& each : shards_) {
        const std::scoped_lock lock(each.lock);
        sum += each.counts.size();
    }
    return sum;
}

ListenerLoad::Shard& ListenerLoad::shard(const IpAddress& client) {
    return shards_[(hash(client) >> 32U) % kShards];
}

bool ListenerLoad::add(const IpAddress& client, std::uint64_t most) {
    Shard& its = shard(client);
    const std::scoped_lock lock(its.lock);
    std::uint64_t& count = its.counts[client];
    if (count >= most) return false;  // most is at least 1: the entry was there
    ++count;
    return true;
}

void ListenerLoad::remove(const IpAddress& client) {
    Shard& its = shard(client);
    const std::scoped_lock lock(its.lock);
    const auto found = its.counts.find(client);
    assert(found != its.counts.end() && found->second > 0);
    if (--found->second == 0) its.counts.erase(found);
}

ClientHold::ClientHold(ListenerLoad& load) : load_(&load) {
    load.connections_.fetch_add(1, std::memory_order_relaxed);
}

ClientHold::ClientHold(ClientHold&& other) noexcept
    : load_(std::exchange(other.load_, nullptr)),
      client_(other.client_),
      is_by_client_(std::exchange(other.is_by_client_, false)) {}

ClientHold& ClientHold::operator=(ClientHold&& other) noexcept {
    if (this == &other) return *this;
    release();
    load_ = std::exchange(other.load_, nullptr);
    client_ = other.client_;
    is_by_client_ = std::exchange(other.is_by_client_, false);
    return *this;
}

bool ClientHold::count_client(const IpAddress& client, std::uint64_t most) {
    assert(load_ != nullptr && !is_by_client_ && most >= 1);
    client_ = client;
    is_by_client_ = load_->add(client, most);
    return is_by_client_;
}

void ClientHold::release() {
    if (load_ == nullptr) return;
    if (is_by_client_) load_->remove(client_);
    load_->connections_.fetch_sub(1, std::memory_order_relaxed);
    load_ = nullptr;
    is_by_client_ = false;
}

}  // namespace fairlead::runtime
