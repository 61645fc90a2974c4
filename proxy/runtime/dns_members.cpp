#include "proxy/runtime/dns_members.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace fairlead::runtime {
namespace {

using net::DnsPart;
using net::DnsPlace;
using Outcome = net::DnsPart::Outcome;

HostPort host_port(const DnsPlace& place) {
    return {place.address.ip.text(), place.address.port, {}};
}

auto order(const DnsPlace& place) {
    return std::tuple(place.priority, place.address.ip, place.address.port);
}

bool is_same_address(const DnsPlace& a, const DnsPlace& b) { return a.address == b.address; }

/// In order, each address once: where two records name it, the one that comes first.
std::vector<DnsPlace> in_order(const std::vector<std::vector<DnsPlace>>& parts) {
    std::vector<DnsPlace> places;
    for (const auto& part : parts) places.insert(places.end(), part.begin(), part.end());
    std::sort(places.begin(), places.end(), [](const DnsPlace& a, const DnsPlace& b) {
        if (order(a) != order(b)) return order(a) < order(b);
        return a.weight > b.weight;
    });
    std::vector<DnsPlace> unique;
    std::set<std::pair<IpAddress, std::uint16_t>> seen;
    for (const DnsPlace& place : places) {
        if (unique.size() == DnsMembership::kPlacesMax) break;
        if (seen.emplace(place.address.ip, place.address.port).second) unique.push_back(place);
    }
    return unique;
}

conf::Backend backend_of(const DnsPlace& place, const conf::Pool& pool, std::uint32_t tier) {
    conf::Backend backend;
    backend.address = host_port(place);
    backend.name = backend.address.text();
    backend.weight = place.weight;
    backend.max_in_flight = pool.max_in_flight;
    backend.tier = tier;
    backend.where = pool.dns->where;
    return backend;
}

void lay_over_pool(conf::Pool& pool, const std::vector<DnsPlace>& places) {
    std::set<std::string, std::less<>> names;
    for (const conf::Backend& each : pool.backends) names.insert(each.name);
    std::uint32_t tier = 0;
    for (std::size_t index = 0; index < places.size(); ++index) {
        if (index > 0 && places[index].priority != places[index - 1].priority) ++tier;
        conf::Backend backend = backend_of(places[index], pool, tier);
        if (names.insert(backend.name).second) pool.backends.push_back(std::move(backend));
    }
}

std::vector<std::string> names_missing(const DnsMembership& from, const DnsMembership& in) {
    std::vector<std::string> names;
    for (const DnsPlace& place : from.places()) {
        const bool is_there =
            std::any_of(in.places().begin(), in.places().end(),
                        [&](const DnsPlace& other) { return is_same_address(place, other); });
        if (!is_there) names.push_back(host_port(place).text());
    }
    return names;
}

}  // namespace

DnsMembership::DnsMembership(net::DnsQuestion question)
    : question_(std::move(question)), parts_(question_.is_service() ? 1 : 2) {}

void DnsMembership::take(const net::DnsAnswer& answer) {
    std::vector<std::vector<DnsPlace>> parts = parts_;
    std::uint32_t ttl_s = UINT32_MAX;
    std::string error;
    bool has_failed = false;
    for (std::size_t index = 0; index < parts.size(); ++index) {
        const DnsPart& part = answer.parts.at(index);
        if (part.outcome == Outcome::Found) {
            parts[index] = part.places;
            ttl_s = std::min(ttl_s, part.ttl_s);
            continue;
        }
        if (error.empty() || part.outcome == Outcome::Failed) error = part.error;
        if (part.outcome == Outcome::Empty) parts[index].clear();
        has_failed = has_failed || part.outcome == Outcome::Failed;
    }
    std::vector<DnsPlace> places = in_order(parts);
    // Nobody takes the last backend away: a zone that was emptied by mistake is more likely.
    const bool is_useful = !places.empty() && ttl_s != UINT32_MAX;
    if (is_useful) {
        parts_ = std::move(parts);
        places_ = std::move(places);
    }
    if (is_useful && !has_failed) {
        error_.clear();
        retry_ = kRetryMin;
        holds_for_ = std::clamp<Duration>(std::chrono::seconds{ttl_s}, kTtlMin, kTtlMax);
        return;
    }
    error_ = std::move(error);
    holds_for_ = retry_;
    retry_ = std::min(retry_ * 2, kRetryMax);
}

net::DnsQuestion question_of(const conf::Dns& dns) { return {dns.name, dns.port, dns.servers}; }

const DnsMembership* find(const DnsBook& book, const conf::Pool& pool) {
    if (!pool.dns) return nullptr;
    const auto found = book.find(pool.name);
    const bool is_ours = found != book.end() && found->second.question() == question_of(*pool.dns);
    return is_ours ? &found->second : nullptr;
}

DnsBook complete(DnsBook book, const conf::Model& model, Duration patience) {
    DnsBook wanted;
    std::vector<std::string> names;
    std::vector<net::DnsQuestion> questions;
    for (const conf::Pool& pool : model.pools) {
        if (!pool.dns) continue;
        if (const DnsMembership* const known = find(book, pool)) {
            wanted.emplace(pool.name, *known);
            continue;
        }
        names.push_back(pool.name);
        questions.push_back(question_of(*pool.dns));
    }
    if (questions.empty()) return wanted;
    const std::vector<net::DnsAnswer> answers = net::look_up(questions, patience);
    for (std::size_t index = 0; index < names.size(); ++index) {
        DnsMembership membership(std::move(questions[index]));
        membership.take(answers[index]);
        wanted.emplace(std::move(names[index]), std::move(membership));
    }
    return wanted;
}

void lay_members(conf::Model& model, const DnsBook& book) {
    for (conf::Pool& pool : model.pools) {
        if (const DnsMembership* const found = find(book, pool)) {
            lay_over_pool(pool, found->places());
        }
    }
}

std::string describe_change(const DnsMembership& before, const DnsMembership& after) {
    std::vector<std::string> parts;
    const auto note = [&](std::vector<std::string> names, std::string_view what) {
        if (!names.empty()) parts.push_back(fmt::format("{} {}", fmt::join(names, ", "), what));
    };
    note(names_missing(after, before), "added");
    note(names_missing(before, after), "removed");
    const std::string text = fmt::format("{}", fmt::join(parts, ", "));
    return text.empty() ? "weights or priorities have changed" : text;
}

}  // namespace fairlead::runtime
