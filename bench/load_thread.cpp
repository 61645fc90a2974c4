#include "bench/load_thread.h"

#include <algorithm>
#include <utility>

namespace fairlead::bench {

namespace {

Time now() { return std::chrono::steady_clock::now(); }

double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// `whole` split into `parts` by weight, at least 1 each.
std::vector<unsigned> split_by_weight(unsigned whole, const std::vector<Target>& targets) {
    std::uint64_t sum = 0;
    for (const Target& target : targets) sum += target.weight;
    std::vector<unsigned> parts;
    std::uint64_t weight_so_far = 0;
    unsigned given = 0;
    for (const Target& target : targets) {
        weight_so_far += target.weight;
        const auto up_to = static_cast<unsigned>(whole * weight_so_far / sum);
        parts.push_back(std::max(1U, up_to - given));
        given = std::max(given, up_to);
    }
    return parts;
}

}  // namespace

std::vector<LaneSettings> lanes_of(const LoadSettings& settings, std::string_view id_series,
                                   unsigned thread) {
    const std::vector<unsigned> connections =
        split_by_weight(settings.connections, settings.targets);
    double weights = 0;
    for (const Target& target : settings.targets) weights += target.weight;
    const std::size_t targets = settings.targets.size();
    std::vector<LaneSettings> lanes;
    for (std::size_t i = 0; i < targets; ++i) {
        const unsigned share = connections[i] / settings.threads;
        const unsigned rest = connections[i] % settings.threads;
        LaneSettings lane;
        lane.target = settings.targets[i];
        lane.is_closed = settings.is_closed;
        lane.is_poisson = settings.is_poisson;
        lane.rate = settings.rate * lane.target.weight / weights / settings.threads;
        // Lanes of one rate take turns, or a constant load would come in bursts.
        const double turn = static_cast<double>(i) / static_cast<double>(targets);
        lane.phase = (thread + turn) / settings.threads;
        lane.connections = std::max(1U, share + (thread < rest ? 1U : 0U));
        lane.streams = settings.streams;
        lane.timeout = settings.timeout;
        lane.requests_per_connection = settings.requests_per_connection;
        lane.resumes_tls = settings.resumes_tls;
        lane.id_series = id_series;
        lane.id_first = thread * targets + i;
        lane.id_step = settings.threads * targets;
        lane.seed = settings.seed + lane.id_first * 0x9E37'79B9'7F4A'7C15ULL;
        lanes.push_back(std::move(lane));
    }
    return lanes;
}

LoadThread::LoadThread(std::vector<LaneSettings> lanes) {
    thread_.call([&](net::Loop& loop) {
        for (LaneSettings& settings : lanes) {
            lanes_.push_back(std::make_unique<Lane>(loop, std::move(settings)));
        }
    });
}

LoadThread::~LoadThread() {
    thread_.call([&](net::Loop&) { lanes_.clear(); });
}

void LoadThread::begin_measuring() {
    thread_.call([&](net::Loop&) {
        cpu_then_ = thread_cpu();
        then_ = now();
    });
}

LoadThread::Cpu LoadThread::measured_cpu() {
    Cpu out;
    thread_.call([&](net::Loop&) {
        const ThreadCpu cpu = thread_cpu();
        const Duration user = cpu.user - cpu_then_.user;
        const Duration system = cpu.system - cpu_then_.system;
        // Not told the second time when no descriptor was left to ask with.
        const Duration waited = std::max(Duration::zero(), cpu.waited - cpu_then_.waited);
        const Duration busy = user + system + waited;
        const double wall = seconds_of(now() - then_);
        out.user_seconds = seconds_of(user);
        out.system_seconds = seconds_of(system);
        if (wall > 0) out.busy_share = std::min(1.0, seconds_of(busy) / wall);
    });
    return out;
}

}  // namespace fairlead::bench
