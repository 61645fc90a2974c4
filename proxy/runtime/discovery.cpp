#include "proxy/runtime/discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "proxy/net/resolver.h"
#include "proxy/telemetry/log.h"

namespace fairlead::runtime {
namespace {

namespace log = telemetry::log;

std::vector<HostPort> names_of(const conf::Model& model) {
    std::vector<HostPort> names;
    for (const conf::Pool& pool : model.pools) {
        for (const conf::Backend& backend : pool.backends) {
            if (!backend.address.is_name()) continue;
            const bool is_new =
                std::find(names.begin(), names.end(), backend.address) == names.end();
            if (is_new) names.push_back(backend.address);
        }
    }
    return names;
}

/// Once when it begins to fail, once when it is well again.
void tell(const std::string& pool, const DnsMembership& before, const DnsMembership& now) {
    const std::string& name = now.question().name;
    if (before.error() == now.error()) return;
    if (now.error().empty()) {
        log::info("pool {}: dns {}: answered again", pool, name);
    } else {
        log::warn(
            "pool {}: dns {}: {}; {}", pool, name, now.error(),
            now.places().empty() ? "it has given no backend yet" : "the last good answer is kept");
    }
}

}  // namespace

/// Filled in on a thread of the pool.
struct Discovery::Asked {
    std::vector<std::string> pools;
    std::vector<net::DnsQuestion> questions;
    std::vector<net::DnsAnswer> answers;
};

struct Discovery::NamesAsked {
    std::vector<HostPort> names;
    AddressBook addresses;
};

Discovery::Discovery(net::Loop& loop, Server& server, Steering& steering)
    : loop_(loop),
      server_(server),
      steering_(steering),
      deadline_(net::Deadline::of<&Discovery::on_due>(loop.timers(), *this)),
      background_(loop, 2) {
    refresh();
}

void Discovery::refresh() {
    std::map<std::string, Watched, std::less<>> pools;
    for (const auto& [name, membership] : steering_.dns()) {
        const auto found = pools_.find(name);
        const bool is_watched =
            found != pools_.end() && found->second.membership.question() == membership.question();
        if (is_watched) {
            pools.emplace(name, std::move(found->second));
            continue;
        }
        pools.emplace(name, Watched{membership, loop_.now() + membership.holds_for()});
        if (!membership.error().empty()) {
            tell(name, DnsMembership(membership.question()), membership);
        }
    }
    pools_ = std::move(pools);
    names_ = names_of(server_.snapshot().model);
    if (names_.empty()) {
        names_due_ = Time::max();
    } else if (names_due_ == Time::max()) {
        names_due_ = loop_.now() + kNamesEvery;
    }
    schedule();
}

void Discovery::schedule() {
    Time next = is_asking_names_ ? Time::max() : names_due_;
    if (!is_asking_pools_) {
        for (const auto& [name, each] : pools_) next = std::min(next, each.due);
    }
    deadline_.set(next);
}

void Discovery::on_due() {
    if (!is_asking_pools_) ask_pools();
    if (!is_asking_names_ && names_due_ <= loop_.now()) ask_names();
    schedule();
}

void Discovery::ask_pools() {
    const auto asked = std::make_shared<Asked>();
    for (auto& [name, each] : pools_) {
        if (each.due > loop_.now()) continue;
        asked->pools.push_back(name);
        asked->questions.push_back(each.membership.question());
        each.due = loop_.now() + DnsMembership::kRetryMin;  // when nothing comes of it
    }
    if (asked->pools.empty()) return;
    is_asking_pools_ =
        background_.run([asked] { asked->answers = net::look_up(asked->questions, kPatience); },
                        [this, asked] { on_answers(*asked); });
}

void Discovery::on_answers(const Asked& asked) {
    is_asking_pools_ = false;
    DnsBook changed;
    for (std::size_t index = 0; index < asked.pools.size(); ++index) {
        const std::string& name = asked.pools[index];
        const auto found = pools_.find(name);
        if (found == pools_.end()) continue;
        DnsMembership& membership = found->second.membership;
        if (membership.question() != asked.questions[index]) continue;
        const DnsMembership before = membership;
        membership.take(asked.answers[index]);
        tell(name, before, membership);
        found->second.due = loop_.now() + membership.holds_for();
        // Compared with what is in force: a change that was refused is tried again.
        steering_.note_dns(name, membership);
        const auto in_force = steering_.dns().find(name);
        const bool is_changed =
            in_force != steering_.dns().end() && in_force->second.places() != membership.places();
        if (is_changed) changed.emplace(name, membership);
    }
    if (!changed.empty()) put_in_force(changed);
    schedule();
}

void Discovery::put_in_force(const DnsBook& changed) {
    std::vector<std::string> lines;
    for (const auto& [name, membership] : changed) {
        lines.push_back(fmt::format("pool {}: dns {}: {}", name, membership.question().name,
                                    describe_change(steering_.dns().at(name), membership)));
    }
    steering_.set_dns(changed, [lines](std::optional<Refusal> refusal) {
        for (const std::string& line : lines) {
            if (refusal) {
                log::warn("{}: not taken yet: {}", line, refusal->error);
            } else {
                log::info("{}", line);
            }
        }
    });
}

void Discovery::ask_names() {
    const auto asked = std::make_shared<NamesAsked>();
    asked->names = names_;
    names_due_ = loop_.now() + kNamesEvery;
    const auto work = [asked] {
        for (const HostPort& name : asked->names) {
            asked->addresses.emplace(name.text(), net::resolve_now(name));
        }
    };
    is_asking_names_ = background_.run(work, [this, asked] { on_addresses(*asked); });
}

void Discovery::on_addresses(const NamesAsked& asked) {
    is_asking_names_ = false;
    if (!names_.empty()) names_due_ = loop_.now() + kNamesEvery;
    const auto& pools = server_.snapshot().pools;
    const bool is_elsewhere = std::any_of(pools.begin(), pools.end(), [&](const auto& pool) {
        return has_moved(*pool, asked.addresses);
    });
    if (is_elsewhere) {
        steering_.look_again([](std::optional<Refusal> refusal) {
            if (!refusal) {
                log::info("backends: a name has other addresses now");
            } else {
                log::warn("backends: a name has other addresses now: not taken yet: {}",
                          refusal->error);
            }
        });
    }
    schedule();
}

}  // namespace fairlead::runtime
