#include "tests/scenarios/support/steady_load.h"

#include "bench/load_run.h"

namespace fairlead::scenarios {
namespace {

/// Longer than any test; stop() ends it.
constexpr Duration kForLong = std::chrono::hours{1};
/// Of a request: however slow the machine is, an answer comes.
constexpr Duration kPatient = std::chrono::seconds{60};
constexpr unsigned kGets = 9;
constexpr std::uint64_t kBodyBytes = 300;

std::vector<bench::RequestShape> requests_over_http() {
    bench::RequestShape get;
    get.weight = kGets;
    bench::RequestShape post;
    post.method = "POST";
    post.body_bytes = kBodyBytes;
    return {get, post};
}

std::vector<bench::RequestShape> requests_over_tcp() {
    bench::RequestShape request;
    request.body_bytes = kBodyBytes;
    return {request};
}

bench::LoadSettings settings(std::uint16_t port, const LoadShape& shape) {
    bench::Target target;
    target.host = "127.0.0.1:" + std::to_string(port);
    target.url = (shape.is_tcp ? "tcp://" : "http://") + target.host;
    target.address = BindAddress::parse(target.host)->address;
    target.protocol = shape.is_tcp ? bench::Protocol::Tcp : bench::Protocol::Http1;
    target.requests = shape.is_tcp ? requests_over_tcp() : requests_over_http();

    bench::LoadSettings settings;
    settings.targets = {std::move(target)};
    settings.is_closed = shape.is_closed;
    settings.rate = shape.rate;
    settings.connections = shape.connections;
    settings.duration = kForLong;
    settings.warmup = Duration::zero();
    settings.timeout = kPatient;
    settings.requests_per_connection = shape.per_connection;
    settings.sends_ids = shape.counts_executions;
    return settings;
}

LoadOutcome outcome_of(const Result<bench::RunReport>& report) {
    LoadOutcome outcome;
    if (!report) {
        outcome.failed = 1;
        outcome.failures = report.error().message;
        return outcome;
    }
    outcome.ok = report->outcomes.ok();
    outcome.failed = report->outcomes.errors();
    for (std::size_t kind = 1; kind < bench::kOutcomes; ++kind) {
        const auto word = bench::outcome_word(static_cast<bench::Outcome>(kind));
        const std::uint64_t count = report->outcomes.by_outcome[kind];
        if (count == 0) continue;
        if (!outcome.failures.empty()) outcome.failures += ", ";
        outcome.failures.append(word).append(" ").append(std::to_string(count));
    }
    if (report->executions) {
        outcome.duplicated = report->executions->duplicated;
        outcome.lost = report->executions->lost;
    }
    return outcome;
}

}  // namespace

SteadyLoad::SteadyLoad(std::uint16_t port, const LoadShape& shape)
    : thread_([this, load = settings(port, shape)] {
          outcome_ = outcome_of(bench::run_load(load, is_stopping_));
      }) {}

SteadyLoad::~SteadyLoad() { stop(); }

LoadOutcome SteadyLoad::stop() {
    is_stopping_ = true;
    if (thread_.joinable()) thread_.join();
    return outcome_;
}

}  // namespace fairlead::scenarios
