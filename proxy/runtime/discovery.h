/// Keeps what DNS says of backends up to date: the members of pools with `dns`, each when its
/// answer has run out, and the addresses of backends that are written with a name. What has changed
/// takes the way of every change, through Steering. Main's thread and loop; asking blocks threads
/// of the background pool, one at a time for each of the two.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/clock.h"
#include "proxy/net/background.h"
#include "proxy/net/loop.h"
#include "proxy/net/timer_wheel.h"
#include "proxy/runtime/dns_members.h"
#include "proxy/runtime/server.h"
#include "proxy/runtime/steering.h"

namespace fairlead::runtime {

class Discovery {
  public:
    /// Servers that have not answered by then have failed.
    static constexpr Duration kPatience = std::chrono::seconds{4};
    /// Names of single backends are looked up again so often.
    static constexpr Duration kNamesEvery = std::chrono::seconds{10};

    /// Both outlive this.
    Discovery(net::Loop& loop, Server& server, Steering& steering);
    Discovery(const Discovery&) = delete;
    Discovery& operator=(const Discovery&) = delete;

    /// After each change of what is in force: goes on with the pools and names there are now.
    void refresh();

  private:
    struct Watched {
        DnsMembership membership;
        Time due{};
    };
    struct Asked;
    struct NamesAsked;

    void on_due();
    void ask_pools();
    void on_answers(const Asked& asked);
    void put_in_force(const DnsBook& changed);
    void ask_names();
    void on_addresses(const NamesAsked& asked);
    void schedule();

    net::Loop& loop_;
    Server& server_;
    Steering& steering_;
    std::map<std::string, Watched, std::less<>> pools_;
    std::vector<HostPort> names_;
    Time names_due_ = Time::max();
    bool is_asking_pools_ = false;
    bool is_asking_names_ = false;
    net::Deadline deadline_;
    net::Background background_;
};

}  // namespace fairlead::runtime
