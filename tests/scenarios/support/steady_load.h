/// A steady load on a listener for as long as the object lives: requests over connections that are
/// kept, made by the engine of `fairlead-bench run` on threads of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace fairlead::scenarios {

struct LoadShape {
    double rate = 2000;  ///< requests a second; one in ten is a POST
    /// For a listener with mode "tcp" and an echo behind it: a request is some bytes that come
    /// back.
    bool is_tcp = false;
    /// Instead of a rate: each connection asks again when it has its answer, so none is ever quiet.
    /// A proxy that ends closes quiet ones, which may cross a request on its way.
    bool is_closed = false;
    unsigned connections = 32;      ///< at a time
    unsigned per_connection = 500;  ///< requests, then another connection takes its place
    /// Count executions at the origins (bench::TestOrigins) behind the listener.
    bool counts_executions = false;
};

/// What the clients saw.
struct LoadOutcome {
    std::uint64_t ok = 0;
    std::uint64_t failed = 0;
    std::string failures{};        ///< "reset 2, status_5xx 1"; empty when none
    std::uint64_t duplicated = 0;  ///< executed more than once, of counts_executions
    std::uint64_t lost = 0;        ///< answered though never executed, or not answered
};

class SteadyLoad {
  public:
    /// On 127.0.0.1.
    explicit SteadyLoad(std::uint16_t port, const LoadShape& shape = {});
    ~SteadyLoad();
    SteadyLoad(const SteadyLoad&) = delete;
    SteadyLoad& operator=(const SteadyLoad&) = delete;

    /// Ends it. What is under way has a second to come to its end and counts.
    LoadOutcome stop();

  private:
    std::atomic<bool> is_stopping_ = false;
    LoadOutcome outcome_;
    std::thread thread_;
};

}  // namespace fairlead::scenarios
