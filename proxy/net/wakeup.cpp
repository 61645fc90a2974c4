#include "proxy/net/wakeup.h"

#include <uv.h>

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include "proxy/net/handle.h"

namespace fairlead::net {

struct Wakeup::State {
    explicit State(Loop& loop)
        : async(this,
                [&](uv_async_t* uv) { return uv_async_init(loop.raw(), uv, &State::on_async); }) {
        if (!async.is_open()) must(UV_ENOMEM, "cannot create a wakeup");
    }

    static void on_async(uv_async_t* uv) noexcept;

    Handle<uv_async_t> async;
    std::mutex mutex;                             // guards `messages`
    std::vector<std::function<void()>> messages;  // in order
    std::atomic<bool> is_nudged{false};
    std::function<void()> on_nudge;  // set before use, then read by the loop only
};

void Wakeup::State::on_async(uv_async_t* uv) noexcept {
    // What is posted from here on causes another call: a message that posts cannot hold up the
    // loop.
    auto* self = owner_of<State>(uv);
    if (self == nullptr) return;
    std::vector<std::function<void()>> batch;
    {
        const std::lock_guard lock{self->mutex};
        batch.swap(self->messages);
    }
    for (const std::function<void()>& message : batch) {
        message();
        if (owner_of<State>(uv) == nullptr) return;  // it destroyed the Wakeup: drop the rest
    }
    if (self->is_nudged.exchange(false) && self->on_nudge) {
        // Out of the Wakeup meanwhile, because it may destroy that as well.
        std::function<void()> on_nudge = std::move(self->on_nudge);
        on_nudge();
        if (owner_of<State>(uv) != nullptr) self->on_nudge = std::move(on_nudge);
    }
}

Wakeup::Wakeup(Loop& loop) : state_(std::make_unique<State>(loop)) {}
Wakeup::~Wakeup() = default;

void Wakeup::post(std::function<void()> message) {
    {
        const std::lock_guard lock{state_->mutex};
        state_->messages.push_back(std::move(message));
    }
    uv_async_send(state_->async.get());
}

void Wakeup::nudge() noexcept {
    if (!state_->is_nudged.exchange(true)) uv_async_send(state_->async.get());
}

void Wakeup::set_on_nudge(std::function<void()> on_nudge) {
    state_->on_nudge = std::move(on_nudge);
}

}  // namespace fairlead::net
