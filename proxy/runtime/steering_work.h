/// What Steering keeps of a change while it is under way. Private to it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/runtime/prepare.h"
#include "proxy/runtime/steering.h"

namespace fairlead::runtime {

/// Changes that wait their turn; more at a time no person makes.
inline constexpr std::size_t kJobsMax = 256;

/// Pools whose names are new wait so long for an answer at most.
inline constexpr Duration kDnsPatience = std::chrono::seconds{4};

/// The model with what DNS gives laid over it; the same object when it gives nothing.
std::shared_ptr<const conf::Model> with_members(std::shared_ptr<const conf::Model> model,
                                                const DnsBook& dns);

struct Steering::AdminChange {
    std::string pool;
    std::string backend;
    balancing::AdminState state;
};

/// One change under way: filled in on a thread of the pool, then applied on main's.
struct Steering::Work {
    // ---- asked for
    std::string path;  ///< of a file to load; empty: `file_model` is what is wanted
    std::shared_ptr<const conf::Model> file_model;
    DnsBook dns;
    Overrides overrides;
    std::shared_ptr<const conf::SettingList> running;
    TlsMaking tls;
    std::string trigger;
    std::optional<Duration> confirm;
    OnReloaded on_reloaded;
    OnChanged on_changed;  ///< of a person's change, whose words `trigger` then has
    std::vector<AdminChange> admin;

    // ---- found
    std::vector<Error> errors;
    std::vector<Error> warnings;
    std::shared_ptr<const conf::Model> base_model;  ///< with what DNS gives, without overrides
    std::vector<std::string> ended;                 ///< overrides
    std::uint64_t fingerprint = 0;
    std::vector<std::string> files;
    std::vector<std::string> folders;
    WallTime began{};
    Prepared prepared;
    std::vector<std::string> changes;

    /// Any thread.
    void load();
};

}  // namespace fairlead::runtime
