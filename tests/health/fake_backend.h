/// A backend of the probes' tests, on the test's own loop: takes connections, writes down what it
/// is sent and answers with what the test says.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/net/listener.h"
#include "proxy/net/loop.h"
#include "proxy/net/stream.h"
#include "tests/support/catch.h"

namespace fairlead::health {

class FakeBackend final : private net::ListenerObserver {
  public:
    enum class Then { Stay, Close, Reset };

    explicit FakeBackend(net::Loop& loop, std::string_view bind = "127.0.0.1:0")
        : loop_(loop),
          sockets_(net::SocketSet::bind(BindAddress::parse(bind).value(), 1).value()),
          listener_(net::Listener::make(loop, sockets_.descriptor(0), *this).value()) {}
    ~FakeBackend() {
        for (auto& client : clients_) net::close(loop_, std::move(client->stream));
    }

    SocketAddress address() const { return sockets_.address().address; }
    HostPort host_port() const { return HostPort::parse(address().text()).value(); }

    /// What a client is sent once it has sent `trigger` (empty: at once), one write for each piece,
    /// and what happens to the connection then.
    std::string trigger = "\r\n\r\n";
    std::vector<std::string> answer;
    Then then = Then::Stay;

    std::size_t connections() const { return clients_.size(); }
    /// Of all connections, one after the other.
    std::string received() const {
        std::string all;
        for (const auto& client : clients_) all += client->received;
        return all;
    }
    /// The last connection has been closed by the other side.
    bool is_left() const { return !clients_.empty() && clients_.back()->is_left; }
    net::Stream& last() { return *clients_.back()->stream; }

  private:
    struct Client final : net::StreamObserver {
        Client(FakeBackend& its, std::unique_ptr<net::Stream> connection)
            : backend(its), stream(std::move(connection)) {}
        void on_bytes(std::span<char> bytes) override {
            const bool had = received.find(backend.trigger) != std::string::npos;
            received.append(bytes.data(), bytes.size());
            if (!had && received.find(backend.trigger) != std::string::npos) reply();
        }
        void on_end() override { is_left = true; }
        void on_broken(Failure) override { is_left = true; }
        void reply() {
            for (const std::string& piece : backend.answer) stream->write(piece);
            if (backend.then == Then::Close) stream->shutdown_write();
            if (backend.then == Then::Reset) stream->reset();
        }
        FakeBackend& backend;
        std::unique_ptr<net::Stream> stream;
        std::string received;
        bool is_left = false;
    };

    void on_accepted(std::unique_ptr<net::Stream> stream) override {
        clients_.push_back(std::make_unique<Client>(*this, std::move(stream)));
        Client& client = *clients_.back();
        client.stream->set_observer(client);
        client.stream->start_reading();
        if (trigger.empty()) client.reply();
    }
    void on_accept_failed(Failure) override { FAIL("accepting failed"); }

    net::Loop& loop_;
    net::SocketSet sockets_;
    std::unique_ptr<net::Listener> listener_;
    std::vector<std::unique_ptr<Client>> clients_;
};

/// A place on the loopback where nobody listens.
inline SocketAddress deserted() {
    const net::SocketSet closed =
        net::SocketSet::bind(BindAddress::parse("127.0.0.1:0").value(), 1).value();
    return closed.address().address;
}

}  // namespace fairlead::health
