#include "proxy/cli/demo_traffic.h"

namespace fairlead::cli {

DemoTraffic::DemoTraffic(bench::TrafficSettings settings) {
    thread_.call([&](net::Loop& loop) {
        traffic_ = std::make_unique<bench::Traffic>(loop, std::move(settings));
    });
}

DemoTraffic::~DemoTraffic() {
    thread_.call([this](net::Loop&) { traffic_.reset(); });
}

bench::TrafficCounts DemoTraffic::counts() {
    bench::TrafficCounts counts;
    thread_.call([&](net::Loop&) { counts = traffic_->counts(); });
    return counts;
}

void DemoTraffic::stop() {
    thread_.call([this](net::Loop&) { traffic_->stop(); });
}

bool DemoTraffic::is_idle() {
    bool is_idle = false;
    thread_.call([&](net::Loop&) { is_idle = traffic_->is_idle(); });
    return is_idle;
}

}  // namespace fairlead::cli
