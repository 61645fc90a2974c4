/// A backend that does as a test says: each connection runs a script on a thread of its own.
/// Everything that arrives is recorded. Stops when destroyed: waiting scripts are interrupted.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/scenarios/support/wire.h"

namespace fairlead::scenarios {

class FakeBackend;

/// One accepted connection.
class Peer : public Wire {
  public:
    Peer(int descriptor, FakeBackend& its_backend, std::size_t its_number)
        : Wire(descriptor), backend(its_backend), number(its_number) {}

    /// Reads one and notes it in the backend's requests(), if it came at all.
    Message read_request();
    /// Notes one that a script has read by itself.
    void note(const Message& request);

    FakeBackend& backend;
    const std::size_t number;  ///< in order of arrival, from 0
};

class FakeBackend {
  public:
    using Script = std::function<void(Peer&)>;
    using Answer = std::function<std::string(const Message& request)>;

    /// On a free port of 127.0.0.1. The connection is closed when the script returns.
    explicit FakeBackend(Script script, std::uint16_t port = 0);
    /// On "[::1]" or "unix:PATH".
    FakeBackend(Script script, const std::string& place);
    ~FakeBackend();
    FakeBackend(const FakeBackend&) = delete;
    FakeBackend& operator=(const FakeBackend&) = delete;

    /// As in a configuration: "127.0.0.1:3001".
    const std::string& address() const { return address_; }
    std::uint16_t port() const { return port_; }

    /// No more connections are accepted (they are refused); existing ones go on.
    void stop_listening();
    /// Accepted so far.
    std::size_t connections() const;
    /// What every connection has read so far.
    std::vector<Message> requests() const;
    std::size_t request_count() const { return request_count_; }
    /// Waits until so many have come. @return false when they did not
    bool wait_for_requests(std::size_t count) const;
    bool wait_for_connections(std::size_t count) const;

  private:
    friend class Peer;
    void start(int descriptor);
    void accept_all();
    void note(const Message& request);

    Script script_;
    std::string address_;
    std::string unlink_path_;
    std::uint16_t port_ = 0;
    int listener_ = -1;
    int stop_pipe_[2] = {-1, -1};
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<std::unique_ptr<Peer>> peers_;
    std::vector<std::thread> threads_;
    std::vector<Message> requests_;
    std::atomic<std::size_t> request_count_ = 0;
    std::thread acceptor_;
};

/// A script that reads requests and answers each with what `answer` makes of it, until the peer
/// closes.
FakeBackend::Script serve(FakeBackend::Answer answer);
/// A script for one answer, the same to every request.
FakeBackend::Script serve(std::string answer);
/// A script that waits until the other end closes, or the test is over.
inline void hold(Peer& peer) { peer.read_to_end(); }
/// An answer: 200 with this body; `fields` are whole lines.
std::string ok(std::string_view body, std::string_view fields = {});

/// A backend that answers every request with 200 and `body`.
class PlainBackend : public FakeBackend {
  public:
    explicit PlainBackend(std::string_view body, std::uint16_t port = 0)
        : FakeBackend(serve(ok(body)), port) {}
};

/// A port of 127.0.0.1 on which connecting is refused, and stays so.
class RefusingAddress {
  public:
    RefusingAddress();
    ~RefusingAddress();
    RefusingAddress(const RefusingAddress&) = delete;
    RefusingAddress& operator=(const RefusingAddress&) = delete;
    const std::string& address() const { return address_; }

  private:
    int descriptor_;
    std::string address_;
};

/// A port of 127.0.0.1 on which connecting gets no answer: its queue is full.
class SilentAddress {
  public:
    SilentAddress();
    ~SilentAddress();
    SilentAddress(const SilentAddress&) = delete;
    SilentAddress& operator=(const SilentAddress&) = delete;
    const std::string& address() const { return address_; }

  private:
    int listener_;
    std::vector<int> fillers_;
    std::string address_;
};

}  // namespace fairlead::scenarios
