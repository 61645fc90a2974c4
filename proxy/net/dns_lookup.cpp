#include "proxy/net/dns_lookup.h"

// The calls below are what Debian 12 has; later releases have others beside them.
#define CARES_NO_DEPRECATED 1
#include <ares.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/time.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>

#include "proxy/net/dns_message.h"

namespace fairlead::net {
namespace {

using Outcome = DnsPart::Outcome;

/// One server that is away costs so long before the next one is asked.
constexpr int kServerTimeoutMs = 700;
constexpr int kTries = 2;
constexpr int kClassInternet = 1;

DnsPart failed(std::string why) { return {Outcome::Failed, {}, 0, std::move(why)}; }
DnsPart empty(std::string why) { return {Outcome::Empty, {}, 0, std::move(why)}; }

/// c-ares wants it once per process.
bool is_library_ready() {
    static const bool is_ready = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
    return is_ready;
}

/// One question on its way. Stays where it is: c-ares keeps its address.
class Lookup {
  public:
    explicit Lookup(const DnsQuestion& question) : question_(question) {
        answer_.parts.resize(question.is_service() ? 1 : 2);
        if (const std::string problem = open(); !problem.empty()) {
            for (DnsPart& part : answer_.parts) part = failed(problem);
            return;
        }
        if (question.is_service()) {
            ask(DnsType::Srv, question.name, 0, {});
        } else {
            ask(DnsType::A, question.name, 0, {});
            ask(DnsType::Aaaa, question.name, 1, {});
        }
    }
    ~Lookup() {
        if (channel_ != nullptr) ares_destroy(channel_);
    }
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;

    bool is_pending() const { return pending_ > 0; }
    ares_channel channel() const { return channel_; }
    /// Sockets to wait for: POLLIN, POLLOUT.
    const std::unordered_map<ares_socket_t, short>& sockets() const { return sockets_; }
    void give_up() {
        if (channel_ != nullptr) ares_cancel(channel_);
    }
    DnsAnswer take() {
        if (question_.is_service()) settle_service();
        return std::move(answer_);
    }

  private:
    /// What an answer to one query is for.
    struct Query {
        Lookup* lookup;
        DnsType type;
        std::size_t part;
        SrvRecord service;  ///< whose target is looked up; without target: none
    };

    /// @return what is in the way; empty: nothing
    std::string open() {
        if (!is_library_ready()) return "the resolver cannot be set up";
        ares_options options{};
        options.timeout = kServerTimeoutMs;
        options.tries = kTries;
        options.sock_state_cb = [](void* self, ares_socket_t socket, int reads, int writes) {
            static_cast<Lookup*>(self)->watch(socket, reads != 0, writes != 0);
        };
        options.sock_state_cb_data = this;
        const int status = ares_init_options(
            &channel_, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
        if (status != ARES_SUCCESS) {
            channel_ = nullptr;
            return ares_strerror(status);
        }
        if (question_.servers.empty()) return {};
        std::string list;
        for (const HostPort& server : question_.servers) {
            if (!list.empty()) list += ',';
            list += server.text();
        }
        const int set = ares_set_servers_ports_csv(channel_, list.c_str());
        return set == ARES_SUCCESS ? std::string{} : std::string{ares_strerror(set)};
    }

    void watch(ares_socket_t socket, bool reads, bool writes) {
        if (!reads && !writes) {
            sockets_.erase(socket);
            return;
        }
        sockets_[socket] = static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
    }

    void ask(DnsType type, const std::string& name, std::size_t part, SrvRecord service) {
        const bool is_target = !service.target.empty();
        queries_.push_back({this, type, part, std::move(service)});
        ++pending_;
        // What a server names is whole; what a person writes may be short.
        const auto begin = is_target ? ares_query : ares_search;
        begin(channel_, name.c_str(), kClassInternet, static_cast<int>(type), on_answer,
              &queries_.back());
    }

    static void on_answer(void* context, int status, int /*timeouts*/, unsigned char* bytes,
                          int size) {
        auto& query = *static_cast<Query*>(context);
        query.lookup->on_answer(query, status,
                                {bytes, bytes == nullptr ? 0 : static_cast<std::size_t>(size)});
        --query.lookup->pending_;
    }

    void on_answer(const Query& query, int status, std::span<const std::uint8_t> message) {
        DnsPart& part = answer_.parts[query.part];
        if (status == ARES_ENOTFOUND || status == ARES_ENODATA) {
            if (query.service.target.empty()) {
                part = empty(status == ARES_ENOTFOUND ? "no such name" : "no such records");
            }
            return;
        }
        if (status != ARES_SUCCESS) return fail_part(part, query, ares_strerror(status));
        auto records = read_dns_answer(message, query.type);
        if (!records) return fail_part(part, query, records.error().message);
        if (query.type == DnsType::Srv) return follow(*records);
        const bool is_host = query.service.target.empty();
        if (!is_host && !records->addresses.empty()) note_ttl(records->ttl_s);
        if (is_host) {
            part = records->addresses.empty() ? empty("no such records")
                                              : DnsPart{Outcome::Found, {}, records->ttl_s, {}};
        }
        for (const IpAddress& address : records->addresses) {
            const std::uint16_t port = is_host ? question_.port : query.service.port;
            part.places.push_back({SocketAddress{address, port, {}}, query.service.priority,
                                   std::max<std::uint16_t>(query.service.weight, 1)});
        }
    }

    void fail_part(DnsPart& part, const Query& query, std::string why) {
        if (!query.service.target.empty()) {
            why = fmt::format("{}: {}", query.service.target, why);
        }
        part = failed(std::move(why));
        has_failed_ = true;
    }

    /// Looks up where the instances are.
    void follow(DnsRecords& records) {
        DnsPart& part = answer_.parts.front();
        if (records.services.empty()) {
            part = empty("no such records");
            return;
        }
        part = empty("no target has an address");
        note_ttl(records.ttl_s);
        std::stable_sort(records.services.begin(), records.services.end(),
                         [](const auto& a, const auto& b) { return a.priority < b.priority; });
        if (records.services.size() > kDnsTargetsMax) records.services.resize(kDnsTargetsMax);
        for (const SrvRecord& each : records.services) {
            ask(DnsType::A, each.target, 0, each);
            ask(DnsType::Aaaa, each.target, 0, each);
        }
    }

    void note_ttl(std::uint32_t ttl_s) { ttl_s_ = std::min(ttl_s_.value_or(ttl_s), ttl_s); }

    /// All targets have been looked up, or it has failed.
    void settle_service() {
        DnsPart& part = answer_.parts.front();
        if (has_failed_) {
            part.outcome = Outcome::Failed;
            part.places.clear();
        } else if (!part.places.empty()) {
            part.outcome = Outcome::Found;
            part.ttl_s = ttl_s_.value_or(0);
            part.error.clear();
        }
    }

    const DnsQuestion& question_;
    ares_channel channel_ = nullptr;
    std::unordered_map<ares_socket_t, short> sockets_;
    std::deque<Query> queries_;  // stay where they are
    std::size_t pending_ = 0;
    DnsAnswer answer_;
    std::optional<std::uint32_t> ttl_s_;  // of a service and its targets
    bool has_failed_ = false;
};

using Clock = std::chrono::steady_clock;

/// Waits once, for whatever comes first: a socket, a server's time, the end of patience.
void turn(const std::vector<std::unique_ptr<Lookup>>& lookups, Clock::time_point end) {
    const auto left = std::chrono::duration_cast<std::chrono::microseconds>(end - Clock::now());
    timeval most{static_cast<time_t>(left.count() / 1'000'000),
                 static_cast<suseconds_t>(left.count() % 1'000'000)};
    std::vector<pollfd> sockets;
    std::vector<Lookup*> owners;
    for (const auto& each : lookups) {
        if (!each->is_pending()) continue;
        timeval shorter{};
        if (const timeval* next = ares_timeout(each->channel(), &most, &shorter)) most = *next;
        for (const auto& [socket, events] : each->sockets()) {
            sockets.push_back({socket, events, 0});
            owners.push_back(each.get());
        }
    }
    const int wait_ms = static_cast<int>(most.tv_sec * 1000 + (most.tv_usec + 999) / 1000);
    const int ready = ::poll(sockets.data(), sockets.size(), wait_ms);
    for (std::size_t index = 0; ready > 0 && index < sockets.size(); ++index) {
        const short events = sockets[index].revents;
        if (events == 0) continue;
        const bool reads = (events & (POLLIN | POLLERR | POLLHUP)) != 0;
        const bool writes = (events & (POLLOUT | POLLERR)) != 0;
        ares_process_fd(owners[index]->channel(), reads ? sockets[index].fd : ARES_SOCKET_BAD,
                        writes ? sockets[index].fd : ARES_SOCKET_BAD);
    }
    for (const auto& each : lookups) {
        if (each->is_pending()) {
            ares_process_fd(each->channel(), ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        }
    }
}

}  // namespace

std::vector<DnsAnswer> look_up(std::span<const DnsQuestion> questions, Duration patience) {
    const Clock::time_point end =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(patience);
    std::vector<std::unique_ptr<Lookup>> lookups;
    for (const DnsQuestion& each : questions) lookups.push_back(std::make_unique<Lookup>(each));
    const auto is_pending = [&] {
        return std::any_of(lookups.begin(), lookups.end(),
                           [](const auto& each) { return each->is_pending(); });
    };
    while (is_pending() && Clock::now() < end) turn(lookups, end);
    std::vector<DnsAnswer> answers;
    for (const auto& each : lookups) {
        each->give_up();
        answers.push_back(each->take());
    }
    return answers;
}

}  // namespace fairlead::net
