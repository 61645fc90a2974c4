#include "proxy/net/readiness.h"

#include <uv.h>

#include <utility>

#include "proxy/net/handle.h"

namespace fairlead::net {

struct Readiness::State {
    State(Loop& loop, int descriptor, std::function<void()> call)
        : on_ready(std::move(call)),
          handle(this, [&](uv_poll_t* uv) { return uv_poll_init(loop.raw(), uv, descriptor); }) {
        if (!handle.is_open()) must(UV_EBADF, "cannot wait for a descriptor");
    }

    static void on_uv(uv_poll_t* uv, int, int) noexcept {
        auto* self = owner_of<State>(uv);
        if (self == nullptr) return;
        const std::function<void()> call = self->on_ready;  // it may destroy this
        call();
    }

    std::function<void()> on_ready;
    Handle<uv_poll_t> handle;
};

Readiness::Readiness(Loop& loop, int descriptor, std::function<void()> on_ready)
    : state_(std::make_unique<State>(loop, descriptor, std::move(on_ready))) {}
Readiness::~Readiness() = default;

void Readiness::wait_for(bool readable, bool writable) {
    uv_poll_t* uv = state_->handle.get();
    const int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    const int status = events == 0 ? uv_poll_stop(uv) : uv_poll_start(uv, events, &State::on_uv);
    must(status, "cannot wait for a descriptor");
}

}  // namespace fairlead::net
