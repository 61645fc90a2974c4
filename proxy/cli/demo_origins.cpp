#include "proxy/cli/demo_origins.h"

namespace fairlead::cli {

Result<std::unique_ptr<DemoOrigins>> DemoOrigins::start(std::size_t count) {
    std::unique_ptr<DemoOrigins> demo(new DemoOrigins);
    std::uint16_t port = kPortMin;
    for (std::size_t i = 0; i < count; ++i) {
        if (auto added = demo->add(port); !added) return fail(std::move(added).error());
    }
    return demo;
}

DemoOrigins::~DemoOrigins() {
    thread_.call([this](net::Loop&) { origins_.clear(); });
}

std::string DemoOrigins::name(std::size_t origin) {
    return std::string(1, static_cast<char>('a' + origin % 26));
}

/// On the first free port from `port` on, which then is the one after it.
Result<void> DemoOrigins::add(std::uint16_t& port) {
    Result<void> result = fail("no free port for the demo's origins");
    thread_.call([&](net::Loop& loop) {
        for (; !result && port <= kPortMax; ++port) {
            bench::OriginSettings settings;
            settings.bind.address.ip = *IpAddress::parse("127.0.0.1");
            settings.bind.address.port = port;
            settings.name = name(origins_.size());
            auto origin = bench::Origin::make(loop, std::move(settings), log_);
            if (!origin) {
                result = fail(std::move(origin).error());
                continue;
            }
            addresses_.push_back((*origin)->address().address);
            origins_.push_back(std::move(*origin));
            is_alive_.push_back(true);
            result = {};
        }
    });
    return result;
}

void DemoOrigins::kill(std::size_t origin) {
    thread_.call([this, origin](net::Loop&) { origins_[origin]->kill(); });
    is_alive_[origin] = false;
}

Result<void> DemoOrigins::revive(std::size_t origin) {
    Result<void> result;
    thread_.call([&](net::Loop&) { result = origins_[origin]->revive(); });
    is_alive_[origin] = result.has_value();
    return result;
}

}  // namespace fairlead::cli
