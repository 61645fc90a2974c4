/// How many client connections a listener has, in all and by client, over all workers. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "proxy/base/address.h"

namespace fairlead::runtime {

class ClientHold;

class ListenerLoad {
  public:
    ListenerLoad() = default;
    ListenerLoad(const ListenerLoad&) = delete;
    ListenerLoad& operator=(const ListenerLoad&) = delete;

    std::uint64_t connections() const { return connections_.load(std::memory_order_relaxed); }
    /// Clients of which at least one connection is counted; bounded by the connections.
    std::size_t clients() const;

  private:
    friend class ClientHold;
    static constexpr std::size_t kShards = 16;
    struct KeyHash {
        std::size_t operator()(const IpAddress& key) const;
    };
    struct Shard {
        mutable std::mutex lock;
        std::unordered_map<IpAddress, std::uint64_t, KeyHash> counts;
    };
    bool add(const IpAddress& client, std::uint64_t most);
    void remove(const IpAddress& client);
    Shard& shard(const IpAddress& client);

    std::atomic<std::uint64_t> connections_{0};
    std::array<Shard, kShards> shards_;
};

/// One connection, counted at its listener from accept to its end. Moves with the connection from
/// stage to stage; not shared by threads.
class ClientHold {
  public:
    ClientHold() = default;  ///< of nothing
    /// @param load  outlives it
    explicit ClientHold(ListenerLoad& load);
    ClientHold(ClientHold&& other) noexcept;
    ClientHold& operator=(ClientHold&& other) noexcept;
    ~ClientHold() { release(); }

    /// Counts it by its client, too. At most once.
    /// @param most  connections one client may have, this one included
    /// @return false: it is one too many, and is not counted
    bool count_client(const IpAddress& client, std::uint64_t most);

  private:
    void release();

    ListenerLoad* load_ = nullptr;
    IpAddress client_;
    bool is_by_client_ = false;
};

}  // namespace fairlead::runtime
