#include "proxy/l7/context.h"

#include "proxy/l7/exchange.h"

namespace fairlead::l7 {
namespace {

constexpr std::size_t kFreeExchangesMax = 1024;

}  // namespace

Context::Context(net::Loop& its_loop, unsigned its_worker, ClientConnectionOwner& its_clients,
                 telemetry::AccessWriter& its_access_log, std::string its_instance,
                 Random its_random)
    : loop(its_loop),
      worker(its_worker),
      clients(its_clients),
      access_log(&its_access_log),
      instance(std::move(its_instance)),
      random(its_random) {
    free_.reserve(kFreeExchangesMax);
}

Context::~Context() = default;

void Context::set_access_log(telemetry::AccessWriter& writer) {
    if (access_log == &writer) return;
    access_log->flush();
    access_log = &writer;
}

std::unique_ptr<Exchange> Context::take_exchange() {
    if (free_.empty()) return std::make_unique<Exchange>(*this);
    std::unique_ptr<Exchange> exchange = std::move(free_.back());
    free_.pop_back();
    return exchange;
}

void Context::recycle(std::unique_ptr<Exchange> exchange) {
    loop.retire_raw(exchange.release(), this, [](void* object, void* context) noexcept {
        std::unique_ptr<Exchange> dead(static_cast<Exchange*>(object));
        auto& self = *static_cast<Context*>(context);
        dead->reset();
        if (self.free_.size() < kFreeExchangesMax) self.free_.push_back(std::move(dead));
    });
}

const std::string& Context::own_lines(std::uint16_t local_port, bool is_secure) {
    if (own_lines_.empty() || own_lines_port_ != local_port || own_lines_are_secure_ != is_secure) {
        own_lines_port_ = local_port;
        own_lines_are_secure_ = is_secure;
        own_lines_ = make_own_lines(local_port, is_secure, instance);
    }
    return own_lines_;
}

WallTime Context::wall() {
    const Time now = loop.now();
    if (now != wall_read_at_) {
        wall_read_at_ = now;
        wall_ = std::chrono::time_point_cast<std::chrono::milliseconds>(
            std::chrono::system_clock::now());
    }
    return wall_;
}

}  // namespace fairlead::l7
