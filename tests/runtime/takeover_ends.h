/// Both ends of a takeover in one test: an old process that answers on a control socket, and what
/// its server told.
#pragma once

#include <sys/socket.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proxy/net/loop.h"
#include "proxy/runtime/takeover_client.h"
#include "proxy/runtime/takeover_server.h"
#include "proxy/runtime/takeover_upgrade.h"
#include "tests/net/sockets.h"
#include "tests/net/turn.h"

namespace fairlead::runtime::test {

/// What the old process has, and what it is told.
struct OldProcess final : TakeoverObserver {
    TakeoverGift on_takeover_begun() override {
        TakeoverGift gift;
        for (const net::SocketSet& set : sets) {
            gift.sockets.push_back({OfferedKind::Listener, "web", &set});
        }
        gift.state = state;
        ++begun;
        return gift;
    }
    void on_takeover_ready() override { ++ready; }
    void on_takeover_failed(const Error& why) override { failure = why.message; }

    /// It serves on: a client still gets a connection.
    bool serves() const {
        const SocketAddress to{*IpAddress::parse("127.0.0.1"), sets[0].address().address.port, {}};
        net::test::Plain client = net::test::Plain::connected_to(to);
        const net::Descriptor accepted{
            ::accept4(sets[0].descriptor(0), nullptr, nullptr, SOCK_CLOEXEC)};
        return client.is_open() && accepted.is_open();
    }

    std::vector<net::SocketSet> sets;
    std::string state = "{}";
    int begun = 0;
    int ready = 0;
    std::string failure;
};

inline net::SocketSet bound(std::string_view address, unsigned workers = 1) {
    auto set = net::SocketSet::bind(net::test::bind_address(address), workers);
    REQUIRE(set);
    return std::move(*set);
}

/// The control socket of the old process.
class ControlSocket {
  public:
    ControlSocket() : path_(folder_.file("admin.sock")), set_(bound("unix:" + path_)) {}

    const std::string& path() const { return path_; }
    /// Takes the next connection with the head of its request; the answer is still to be sent.
    net::Descriptor accept() {
        pollfd wait{set_.descriptor(0), POLLIN, 0};
        ::poll(&wait, 1, 10'000);
        net::Descriptor connection{::accept4(set_.descriptor(0), nullptr, nullptr, SOCK_CLOEXEC)};
        request.clear();
        char byte = 0;
        while (!request.ends_with("\r\n\r\n") && ::recv(connection.get(), &byte, 1, 0) == 1) {
            request += byte;
        }
        return connection;
    }

    std::string request;

  private:
    net::test::TemporaryFolder folder_;
    std::string path_;
    net::SocketSet set_;
};

inline void say(const net::Descriptor& connection, std::string_view text) {
    REQUIRE(::send(connection.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
}

inline constexpr std::string_view kSwitching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
    "Upgrade: fairlead-takeover\r\n\r\n";

using BegunClient = Result<std::unique_ptr<TakeoverClient>>;

/// Turns the loop until `is_done`, which no event of the loop announces: asked every 2 ms.
template <class Predicate>
bool turn_and_ask(net::Loop& loop, Predicate is_done) {
    const Time end = loop.now() + std::chrono::seconds{10};
    while (!is_done()) {
        if (loop.now() > end) return false;
        net::test::turn_for(loop, std::chrono::milliseconds{2});
    }
    return true;
}

/// begin() blocks, so it has a thread.
inline std::future<BegunClient> begin_client(const ControlSocket& control,
                                             Duration most = std::chrono::seconds{10}) {
    return std::async(std::launch::async, [path = control.path(), most] {
        return TakeoverClient::begin(path, std::nullopt, most);
    });
}

/// Turns the loop, on which the server is, until the client has what it wants.
inline BegunClient finish(net::Loop& loop, std::future<BegunClient>& client) {
    const bool is_done = turn_and_ask(loop, [&] {
        return client.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
    });
    REQUIRE(is_done);
    return client.get();
}

/// Two connected sockets.
inline std::pair<net::Descriptor, net::Descriptor> connected_pair() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    return {net::Descriptor{ends[0]}, net::Descriptor{ends[1]}};
}

/// The next message that comes to a channel whose other end is on the loop.
inline Result<TakeoverMessage> next_message(net::Loop& loop, TakeoverChannel& channel) {
    std::optional<TakeoverMessage> message;
    std::optional<Error> error;
    const bool came = turn_and_ask(loop, [&] {
        auto taken = channel.take();
        if (!taken) error = taken.error();
        if (taken && *taken) message = std::move(*taken);
        return message || error;
    });
    REQUIRE(came);
    if (error) return fail(*error);
    return *message;
}

inline void tell(TakeoverChannel& channel, const TakeoverMessage& message) {
    REQUIRE(channel.put(message));
    REQUIRE(channel.flush());
    REQUIRE_FALSE(channel.has_output());
}

}  // namespace fairlead::runtime::test
