/// Observers that write down what they hear.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proxy/net/listener.h"
#include "proxy/net/stream.h"

namespace fairlead::net::test {

/// Writes down what a stream tells, and calls the hooks a test sets.
struct Recorder final : StreamObserver {
    void on_connected() override {
        ++connected;
        if (when_connected) when_connected();
    }
    void on_bytes(std::span<char> bytes) override {
        received.append(bytes.data(), bytes.size());
        if (when_bytes) when_bytes();
    }
    void on_end() override {
        ++ended;
        if (when_ended) when_ended();
    }
    void on_drained() override {
        ++drained;
        if (when_drained) when_drained();
    }
    void on_broken(Failure failure) override {
        broken.push_back(failure);
        if (when_broken) when_broken();
    }
    bool is_silent() const {
        return connected == 0 && ended == 0 && drained == 0 && broken.empty() && received.empty();
    }

    int connected = 0;
    int ended = 0;
    int drained = 0;
    std::string received;
    std::vector<Failure> broken;
    std::function<void()> when_connected, when_bytes, when_ended, when_drained, when_broken;
};

/// Keeps what a listener accepts.
struct Acceptor final : ListenerObserver {
    void on_accepted(std::unique_ptr<Stream> stream) override {
        streams.push_back(std::move(stream));
        if (when_accepted) when_accepted();
    }
    void on_accept_failed(Failure failure) override {
        failures.push_back(failure);
        if (when_failed) when_failed();
    }
    std::vector<std::unique_ptr<Stream>> streams;
    std::vector<Failure> failures;
    std::function<void()> when_accepted, when_failed;
};

}  // namespace fairlead::net::test
