#include "proxy/cli/demo_traffic.h"

namespace fairlead::cli {

DemoTraffic::DemoTraffic(bench::LaneSettings settings) {
    thread_.call([&](net::Loop& loop) {
        lane_ = std::make_unique<bench::Lane>(loop, std::move(settings));
        lane_->start(loop.now(), Time::min(), Time::max());
    });
}

DemoTraffic::~DemoTraffic() {
    thread_.call([this](net::Loop&) { lane_.reset(); });
}

const bench::Tally& DemoTraffic::tally() {
    thread_.call([this](net::Loop&) { tally_.add(lane_->take()); });
    return tally_;
}

void DemoTraffic::stop() {
    thread_.call([this](net::Loop&) { lane_->stop(); });
}

bool DemoTraffic::is_idle() {
    bool is_idle = false;
    thread_.call([&](net::Loop&) { is_idle = lane_->is_idle(); });
    return is_idle;
}

}  // namespace fairlead::cli
