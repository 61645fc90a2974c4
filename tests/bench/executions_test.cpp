#include "bench/executions.h"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <list>
#include <string>
#include <thread>

#include "tests/bench/listening_socket.h"
#include "tests/bench/raw_client.h"
#include "tests/bench/test_origins.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Stands in front of an origin and passes requests on, but answers every tenth itself, and sends
/// every seventh twice: what no balancer may do. Questions to /stats pass untouched.
class UnfaithfulProxy {
  public:
    explicit UnfaithfulProxy(const SocketAddress& origin) : origin_(origin) {
        acceptor_ = std::thread([this] { accept(); });
    }
    ~UnfaithfulProxy() {
        listener_.stop();
        acceptor_.join();
        for (std::thread& each : clients_) each.join();
    }
    UnfaithfulProxy(const UnfaithfulProxy&) = delete;
    UnfaithfulProxy& operator=(const UnfaithfulProxy&) = delete;

    const SocketAddress& address() const { return listener_.address(); }
    std::uint64_t dropped() const { return dropped_; }
    std::uint64_t doubled() const { return doubled_; }

  private:
    void accept() {
        while (true) {
            const int client = listener_.accept();
            if (client < 0) return;
            clients_.emplace_back([this, client] {
                serve(client);
                ::close(client);
            });
        }
    }

    /// Until the client closes.
    void serve(int client) {
        RawClient origin(origin_);
        std::string bytes;
        char buffer[4096];
        for (ssize_t got = 0; (got = ::recv(client, buffer, sizeof(buffer), 0)) > 0;) {
            bytes.append(buffer, static_cast<std::size_t>(got));
            for (std::size_t end = 0; (end = bytes.find("\r\n\r\n")) != std::string::npos;) {
                const std::string answer = answer_to(bytes.substr(0, end + 4), origin);
                bytes.erase(0, end + 4);
                if (::send(client, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return;
            }
        }
    }

    std::string answer_to(std::string request, RawClient& origin) {
        if (request.find("/stats") != std::string::npos) {
            // The question closes its connection; ours to the origin goes on.
            const std::size_t close = request.find("Connection: close\r\n");
            request.erase(close, std::strlen("Connection: close\r\n"));
            const RawResponse stats = origin.ask(request);
            return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(stats.body.size()) +
                   "\r\n\r\n" + stats.body;
        }
        const std::uint64_t number = ++requests_;
        if (number % 10 == 0) {
            ++dropped_;
        } else {
            origin.ask(request);
            if (number % 7 == 0) {
                origin.ask(request);
                ++doubled_;
            }
        }
        return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    }

    SocketAddress origin_;
    ListeningSocket listener_;
    std::thread acceptor_;
    std::list<std::thread> clients_;  // made by the acceptor, joined after it
    std::atomic<std::uint64_t> requests_{0};
    std::atomic<std::uint64_t> dropped_{0};
    std::atomic<std::uint64_t> doubled_{0};
};

LoadSettings run_against(const SocketAddress& address) {
    LoadSettings settings;
    Target target;
    target.address = address;
    target.host = address.text();
    target.requests.emplace_back();
    settings.targets = {target};
    settings.is_closed = true;
    settings.connections = 4;
    settings.duration = milliseconds(300);
    settings.warmup = milliseconds(50);
    return settings;
}

const std::atomic<bool> kNeverStops{false};

}  // namespace

TEST_CASE("requests that were lost or executed twice behind the target are reported exactly",
          "[bench][executions]") {
    TestOrigins origins;
    UnfaithfulProxy proxy(origins.address());
    const auto report = run_load(run_against(proxy.address()), kNeverStops);
    REQUIRE(report);
    CHECK(report->outcomes.errors() == 0);  // its clients notice nothing
    REQUIRE(report->executions);
    CHECK(proxy.dropped() > 0);
    CHECK(proxy.doubled() > 0);
    CHECK(report->executions->lost == proxy.dropped());
    CHECK(report->executions->duplicated == proxy.doubled());
    CHECK(report->executions->executed ==
          report->executions->sent - proxy.dropped() + proxy.doubled());
    CHECK_FALSE(report->executions->duplicated_ids.empty());
}

TEST_CASE("what others did at the same origin does not count", "[bench][executions]") {
    TestOrigins origins;
    RawClient other(origins.address());
    for (int i = 0; i < 3; ++i)
        other.ask("GET / HTTP/1.1\r\nHost: t\r\nX-Bench-Id: mine-1\r\n\r\n");
    const auto report = run_load(run_against(origins.address()), kNeverStops);
    REQUIRE(report);
    CHECK(report->executions->executed == report->executions->sent);
    CHECK(report->executions->duplicated == 0);
}

TEST_CASE("a run without ids says nothing of executions", "[bench][executions]") {
    TestOrigins origins;
    LoadSettings settings = run_against(origins.address());
    settings.sends_ids = false;
    const auto report = run_load(settings, kNeverStops);
    REQUIRE(report);
    CHECK_FALSE(report->executions);
}

}  // namespace fairlead::bench
