#include "proxy/net/signals.h"

#include <uv.h>

#include <csignal>
#include <utility>

#include "proxy/net/handle.h"

namespace fairlead::net {

struct SignalWatch::State {
    State(Loop& loop, std::function<void()> call)
        : on_signal(std::move(call)),
          handle(this, [&](uv_signal_t* uv) { return uv_signal_init(loop.raw(), uv); }) {
        if (!handle.is_open()) must(UV_EMFILE, "cannot watch signals");
    }

    std::function<void()> on_signal;
    Handle<uv_signal_t> handle;
};

SignalWatch::SignalWatch(Loop& loop, int signal_number, std::function<void()> on_signal)
    : state_(std::make_unique<State>(loop, std::move(on_signal))) {
    const auto on_uv = [](uv_signal_t* uv, int) {
        auto* self = owner_of<State>(uv);
        if (self == nullptr) return;
        std::function<void()> call = std::move(self->on_signal);  // it may destroy the watch
        call();
        if (owner_of<State>(uv) != nullptr) self->on_signal = std::move(call);
    };
    must(uv_signal_start(state_->handle.get(), on_uv, signal_number), "cannot watch a signal");
}

SignalWatch::~SignalWatch() = default;

void ignore_sigpipe() { std::signal(SIGPIPE, SIG_IGN); }

}  // namespace fairlead::net
