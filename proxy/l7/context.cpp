#include "proxy/l7/context.h"

#include <cstring>

#include "proxy/l7/exchange.h"

namespace fairlead::l7 {
namespace {

constexpr std::size_t kFreeExchangesMax = 1024;

}  // namespace

Context::Context(net::Loop& its_loop, unsigned its_worker, telemetry::AccessWriter& its_access_log,
                 std::string its_instance, Random its_random)
    : loop(its_loop),
      worker(its_worker),
      access_log(its_access_log),
      instance(std::move(its_instance)),
      random(its_random) {
    free_.reserve(kFreeExchangesMax);
}

Context::~Context() = default;

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

const std::string& Context::own_lines(std::uint16_t local_port) {
    if (own_lines_.empty() || own_lines_port_ != local_port) {
        own_lines_port_ = local_port;
        own_lines_ = make_own_lines(local_port, instance);
    }
    return own_lines_;
}

void Context::make_request_id(char* out) {
    for (int half = 0; half < 2; ++half, out += 16) {
        // The sixteen digits of a number at once: its nibbles spread over bytes, each then moved
        // to '0' to '9' or, when above nine, on to 'a' to 'f'.
        const std::uint64_t bits = random.next();
        for (int part = 0; part < 2; ++part) {
            std::uint64_t digits = part == 0 ? bits >> 32U : bits & 0xFFFFFFFFU;
            digits = (digits | digits << 16U) & 0x0000FFFF0000FFFFU;
            digits = (digits | digits << 8U) & 0x00FF00FF00FF00FFU;
            digits = (digits | digits << 4U) & 0x0F0F0F0F0F0F0F0FU;
            const std::uint64_t above_nine =
                ((digits + 0x0606060606060606U) >> 4U) & 0x0101010101010101U;
            digits += 0x3030303030303030U + above_nine * ('a' - '9' - 1);
            std::memcpy(out + 8 * part, &digits, sizeof digits);
        }
    }
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
