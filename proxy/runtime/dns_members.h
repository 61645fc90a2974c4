/// The backends that DNS gives to pools: what has been answered, and how it is laid over what the
/// file says. Plain values but for complete(); pure.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "conf/model.h"
#include "proxy/base/clock.h"
#include "proxy/net/dns_lookup.h"

namespace fairlead::runtime {

/// What is known of one name. A failed, empty or broken answer changes nothing of it.
class DnsMembership {
  public:
    /// However short or long an answer says that it holds.
    static constexpr Duration kTtlMin = std::chrono::seconds{1};
    static constexpr Duration kTtlMax = std::chrono::minutes{1};
    /// After an answer of no use it is asked again so soon, then after twice the time each.
    static constexpr Duration kRetryMin = std::chrono::seconds{1};
    static constexpr Duration kRetryMax = std::chrono::seconds{30};
    /// Backends of one name; of more, the first of the lowest priorities.
    static constexpr std::size_t kPlacesMax = 1000;

    explicit DnsMembership(net::DnsQuestion question);

    const net::DnsQuestion& question() const { return question_; }
    void take(const net::DnsAnswer& answer);

    /// The last good answer, in an order that does not depend on the server's.
    const std::vector<net::DnsPlace>& places() const { return places_; }
    /// When to ask again, from the last answer on.
    Duration holds_for() const { return holds_for_; }
    /// Why the last answer was of no use; empty: it was good.
    const std::string& error() const { return error_; }

  private:
    net::DnsQuestion question_;
    std::vector<std::vector<net::DnsPlace>> parts_;  ///< the last good one of each
    std::vector<net::DnsPlace> places_;
    Duration holds_for_ = kRetryMin;
    Duration retry_ = kRetryMin;
    std::string error_;
};

/// By pool.
using DnsBook = std::map<std::string, DnsMembership, std::less<>>;

net::DnsQuestion question_of(const conf::Dns& dns);
/// What the book has of this pool, asked in the way the pool wants; null: nothing.
const DnsMembership* find(const DnsBook& book, const conf::Pool& pool);

/// The book of exactly the pools with `dns`: those it has as they are, new ones asked. Blocks up to
/// `patience` when there are new ones; any thread.
DnsBook complete(DnsBook book, const conf::Model& model, Duration patience);

/// Adds the backends to their pools: SRV priorities become tiers, SRV weights weights. A backend
/// that is written there by the same name stays as it is written.
void lay_members(conf::Model& model, const DnsBook& book);

/// "app.internal:8000: 127.0.0.2:8000 added, 127.0.0.1:8000 removed"
std::string describe_change(const DnsMembership& before, const DnsMembership& after);

}  // namespace fairlead::runtime
