/// One libuv event loop with what belongs to each turn of it: the clock read once, the scratch
/// buffer everybody reads into, the timer wheel, and the burial of objects that have ended.
/// Lives on, and is touched by, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "proxy/base/clock.h"

struct uv_loop_s;

namespace fairlead::net {

class TimerWheel;
struct TlsScratch;

/// Bytes in a loop's scratch buffer. Small reads touch only its first pages; a large body moves in
/// few system calls (measured: a quarter less CPU per megabyte than with 64 KiB).
inline constexpr std::size_t kScratchBytes = 256 * 1024;

class Loop {
  public:
    Loop();
    /// Runs the loop until the last handle is closed. Everything that uses the loop is gone before.
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Runs until stop(), also while nothing is there to wait for. The calling thread is the loop's
    /// thread meanwhile.
    void run();
    /// One turn, for tests; waits for events when `wait` and any handle is active, unless it has
    /// made progress without one: somebody waits for that, maybe, and no event would tell.
    void run_once(bool wait = true);
    /// Something was done that no event has brought: a deadline had passed.
    void note_progress() { has_progress_ = true; }
    /// Ends run() after the present turn; before run(), makes it return at once. On the loop's
    /// thread.
    void stop();

    /// Read at most once before and once after a turn's wait for events.
    Time now() { return now_is_fresh_ ? now_ : read_clock(); }
    /// Rises each time that events have been waited for: what happens under one number happens
    /// while new events wait.
    std::uint64_t turn() const { return turn_; }
    TimerWheel& timers() { return *timers_; }
    /// The buffer every stream of this loop reads into: valid until the callback that was handed
    /// bytes in it returns, and free for use as scratch by that callback after its bytes are used.
    std::span<char> scratch() { return scratch_; }

    /// Destroys `object` once the stack has unwound, at the latest before the loop waits again.
    template <class T>
    void retire(std::unique_ptr<T> object) {
        if (object == nullptr) return;
        retire_raw(object.release(), nullptr,
                   [](void* dead, void*) noexcept { delete static_cast<T*>(dead); });
    }
    using Bury = void (*)(void* object, void* context) noexcept;
    /// The same with an own way to bury (back into a free list, say). Does not allocate once warm.
    void retire_raw(void* object, void* context, Bury bury);

    /// What TLS wants once per loop: made when it is first asked for, destroyed with the loop.
    TlsScratch& tls_scratch();

    /// Asserts that this is the loop's thread, or that the loop is not running.
    void assert_on_loop() const;
    uv_loop_s* raw() { return loop_.get(); }
    /// Whose raw() it is.
    static Loop& of(const uv_loop_s* raw);

  private:
    struct Hooks;  // prepare and check handles
    struct Retired {
        void* object;
        void* context;
        Bury bury;
    };
    struct Turning;  // marks the thread as the loop's while it turns
    Time read_clock();
    void between_phases() noexcept;
    void bury_retired() noexcept;

    std::unique_ptr<uv_loop_s> loop_;
    std::unique_ptr<Hooks> hooks_;
    std::vector<char> scratch_;
    std::unique_ptr<TimerWheel> timers_;
    std::shared_ptr<TlsScratch> tls_scratch_;
    std::vector<Retired> retired_;
    std::vector<Retired> burying_;
    std::thread::id thread_;  // empty while the loop is not running
    Time now_{};
    bool now_is_fresh_ = false;
    bool has_progress_ = false;    ///< in this turn
    bool is_single_turn_ = false;  ///< run_once() that may wait
    std::uint64_t turn_ = 1;
};

}  // namespace fairlead::net
