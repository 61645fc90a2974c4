/// Keeps the state file up to date while the process runs. Main's thread and loop; the file is
/// written in the background.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "proxy/net/background.h"
#include "proxy/net/loop.h"
#include "proxy/net/timer_wheel.h"
#include "proxy/runtime/saved_state.h"

namespace fairlead::runtime {

class StateKeeper {
  public:
    /// Between two writes at the least.
    static constexpr Duration kEvery = std::chrono::seconds{2};
    /// A first change waits so long for others that come with it.
    static constexpr Duration kGather = std::chrono::milliseconds{100};
    /// After a write that failed.
    static constexpr Duration kRetry = std::chrono::seconds{30};

    /// @param collect  the state of now; called on main's thread, `written` is filled in here
    StateKeeper(net::Loop& loop, std::string path, std::function<SavedState()> collect);
    /// Writes nothing: see save_now().
    ~StateKeeper();
    StateKeeper(const StateKeeper&) = delete;
    StateKeeper& operator=(const StateKeeper&) = delete;

    /// Something of it is different: it is written soon, together with what else changes until
    /// then.
    void note_changed();
    /// Writes before it returns, after a write that is under way: for the end of the process.
    void save_now();
    /// Nothing is written any more: another process keeps the file from here on. Waits for a write
    /// that is under way.
    void give_up();

  private:
    struct Writer;
    void on_due();
    void on_written(const std::string& failure);
    std::string text() const;

    net::Loop& loop_;
    std::function<SavedState()> collect_;
    std::shared_ptr<Writer> writer_;  // shared with the job that writes
    net::Deadline due_;
    Time last_ = Time::min();  // when the last write began
    bool is_writing_ = false;
    bool is_changed_ = false;
    std::string last_failure_;
    std::unique_ptr<net::Background> background_;
};

}  // namespace fairlead::runtime
