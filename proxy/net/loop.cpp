#include "proxy/net/loop.h"

#include <uv.h>

#include <cassert>
#include <utility>

#include "proxy/net/handle.h"
#include "proxy/net/timer_wheel.h"

namespace fairlead::net {

// libuv runs "prepare" right before it waits for events and "check" right after their callbacks.
// Both are called from uv_run itself, so nothing of ours is on the stack in them.
struct Loop::Hooks {
    explicit Hooks(Loop& loop)
        : prepare(&loop, [&](uv_prepare_t* uv) { return uv_prepare_init(loop.raw(), uv); }),
          check(&loop, [&](uv_check_t* uv) { return uv_check_init(loop.raw(), uv); }) {
        uv_prepare_start(prepare.get(), [](uv_prepare_t* uv) {
            auto* const self = owner_of<Loop>(uv);
            if (self == nullptr) return;
            self->between_phases();
            // libuv runs what is due, then waits for events whatever that has brought.
            if (self->is_single_turn_ && self->has_progress_) uv_stop(uv->loop);
        });
        uv_check_start(check.get(), [](uv_check_t* uv) {
            auto* const self = owner_of<Loop>(uv);
            if (self == nullptr) return;
            ++self->turn_;
            self->between_phases();
        });
        // Hooks alone are no reason for run_once to wait.
        uv_unref(prepare.generic());
        uv_unref(check.generic());
    }

    Handle<uv_prepare_t> prepare;
    Handle<uv_check_t> check;
};

struct Loop::Turning {
    explicit Turning(Loop& loop) : loop_(loop) {
        assert(loop_.thread_ == std::thread::id{} && "the loop is running already");
        loop_.thread_ = std::this_thread::get_id();
        loop_.between_phases();
    }
    ~Turning() {
        loop_.between_phases();
        loop_.thread_ = std::thread::id{};
    }
    Turning(const Turning&) = delete;
    Turning& operator=(const Turning&) = delete;

  private:
    Loop& loop_;
};

Loop::Loop() : loop_(std::make_unique<uv_loop_s>()), scratch_(kScratchBytes) {
    must(uv_loop_init(loop_.get()), "cannot create an event loop");
    loop_->data = this;
    hooks_ = std::make_unique<Hooks>(*this);
    timers_ = std::make_unique<TimerWheel>(*this);
}

Loop& Loop::of(const uv_loop_s* raw) { return *static_cast<Loop*>(raw->data); }

Loop::~Loop() {
    assert_on_loop();
    bury_retired();
    timers_.reset();
    hooks_.reset();
    while (uv_run(loop_.get(), UV_RUN_DEFAULT) != 0) {
    }
    [[maybe_unused]] const int status = uv_loop_close(loop_.get());
    assert(status == 0 && "something that uses the loop outlives it");
}

void Loop::run() {
    const Turning turning{*this};
    // libuv returns when no handle is active; a loop that waits for its first connection goes on.
    auto* keep_alive = hooks_->prepare.generic();
    uv_ref(keep_alive);
    uv_run(loop_.get(), UV_RUN_DEFAULT);
    uv_unref(keep_alive);
}

void Loop::run_once(bool wait) {
    has_progress_ = false;
    const Turning turning{*this};
    is_single_turn_ = wait;
    uv_run(loop_.get(), wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    is_single_turn_ = false;
}

void Loop::stop() {
    assert_on_loop();
    uv_stop(loop_.get());
}

Time Loop::read_clock() {
    now_ = std::chrono::steady_clock::now();
    now_is_fresh_ = true;
    return now_;
}

void Loop::retire_raw(void* object, void* context, Bury bury) {
    assert_on_loop();
    retired_.push_back({object, context, bury});
}

void Loop::assert_on_loop() const {
    assert(thread_ == std::thread::id{} || thread_ == std::this_thread::get_id());
}

void Loop::between_phases() noexcept {
    bury_retired();
    now_is_fresh_ = false;
}

void Loop::bury_retired() noexcept {
    // A burial may retire more. Two vectors that swap keep their memory and stay valid meanwhile.
    has_progress_ = has_progress_ || !retired_.empty();
    while (!retired_.empty()) {
        std::swap(retired_, burying_);
        for (const Retired& each : burying_) each.bury(each.object, each.context);
        burying_.clear();
    }
}

}  // namespace fairlead::net
