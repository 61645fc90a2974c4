// Bytes from one socket pair through a relay into another one: the whole way of a tunnel's or a
// layer 4 session's bytes, with the kernel's part of it.
#include <benchmark/benchmark.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include "bench/micro/micro.h"
#include "proxy/net/loop.h"
#include "proxy/net/relay.h"
#include "proxy/net/uv_stream.h"

namespace fairlead::micro {

namespace {

/// A connection whose far end is ours.
struct Pair {
    Pair() { is_open = ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0; }
    ~Pair() {
        if (is_open) ::close(far());
    }
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;
    int near() const { return ends[0]; }  ///< taken over by a stream
    int far() const { return ends[1]; }

    std::array<int, 2> ends{};
    bool is_open = false;
};

struct Ended final : net::RelayObserver {
    void on_relay_ended(Failure) override { has_ended = true; }
    bool has_ended = false;
};

/// One message at a time, and back again: both directions of the relay.
void relay(benchmark::State& state) {
    const Pair client;
    const Pair backend;
    if (!client.is_open || !backend.is_open) {
        state.SkipWithError("no socket pair");
        return;
    }
    net::Loop loop;
    Ended ended;
    net::Relay relay(loop, net::adopt(loop, client.near()), net::adopt(loop, backend.near()),
                     kForever, ended);
    relay.start();
    const auto bytes = static_cast<std::size_t>(state.range(0));
    std::string message(bytes, 'x');
    const auto pass = [&](int from, int to) {
        if (::send(from, message.data(), bytes, MSG_NOSIGNAL) < static_cast<ssize_t>(bytes)) {
            return false;
        }
        for (std::size_t seen = 0; seen < bytes && !ended.has_ended;) {
            loop.run_once(false);
            const ssize_t got = ::recv(to, message.data(), bytes, MSG_DONTWAIT);
            if (got > 0) seen += static_cast<std::size_t>(got);
        }
        return !ended.has_ended;
    };
    for (auto _ : state) {
        if (!pass(client.far(), backend.far()) || !pass(backend.far(), client.far())) {
            state.SkipWithError("the relay ended");
            break;
        }
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * 2 * state.range(0));
}

}  // namespace

void register_relay() {
    // The larger one still fits into a unix socket at once.
    benchmark::RegisterBenchmark("relay", relay)->ArgName("bytes")->Arg(200)->Arg(64 * 1024);
}

}  // namespace fairlead::micro
