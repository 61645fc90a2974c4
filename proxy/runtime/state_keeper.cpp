#include "proxy/runtime/state_keeper.h"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <utility>

#include "proxy/runtime/state_file.h"
#include "proxy/telemetry/log.h"

namespace fairlead::runtime {

/// One write at a time, and never an older text over a newer one. Any thread.
struct StateKeeper::Writer {
    explicit Writer(std::string to) : path(std::move(to)) {}

    /// @return why it failed; empty when the file holds this text or a newer one
    std::string write(std::uint64_t turn, const std::string& text) {
        const std::lock_guard lock{mutex};
        if (turn <= newest) return {};
        newest = turn;
        const Result<void> written = write_state(path, text);
        if (written) return {};
        const Error& error = written.error();
        return error.hint.empty() ? error.message : error.message + ": " + error.hint;
    }
    /// Lets no turn through any more.
    void close() {
        const std::lock_guard lock{mutex};
        newest = UINT64_MAX;
    }

    const std::string path;
    std::uint64_t turns = 0;  // main's thread only
    std::mutex mutex;
    std::uint64_t newest = 0;  // guarded
};

StateKeeper::StateKeeper(net::Loop& loop, std::string path, std::function<SavedState()> collect)
    : loop_(loop),
      collect_(std::move(collect)),
      writer_(std::make_shared<Writer>(std::move(path))),
      due_(net::Deadline::of<&StateKeeper::on_due>(loop.timers(), *this)),
      background_(std::make_unique<net::Background>(loop)) {}

StateKeeper::~StateKeeper() = default;

std::string StateKeeper::text() const {
    SavedState state = collect_();
    state.written = SystemClock{}.wall();
    return to_json(state);
}

void StateKeeper::note_changed() {
    is_changed_ = true;
    if (is_writing_ || due_.is_set()) return;
    const Time soon = loop_.now() + kGather;
    due_.set(last_ == Time::min() ? soon : std::max(soon, last_ + kEvery));
}

void StateKeeper::on_due() {
    if (!std::exchange(is_changed_, false)) return;
    is_writing_ = true;
    last_ = loop_.now();
    const auto failure = std::make_shared<std::string>();
    // One at a time, so there is always room for it.
    (void)background_->run([writer = writer_, turn = ++writer_->turns, text = text(),
                            failure] { *failure = writer->write(turn, text); },
                           [this, failure] { on_written(*failure); });
}

void StateKeeper::on_written(const std::string& failure) {
    is_writing_ = false;
    if (failure != last_failure_ && !failure.empty()) {
        telemetry::log::warn("{}; tried again every {} s", failure,
                             std::chrono::duration_cast<std::chrono::seconds>(kRetry).count());
    } else if (failure.empty() && !last_failure_.empty()) {
        telemetry::log::info("the state file {} is written again", writer_->path);
    }
    last_failure_ = failure;
    if (!failure.empty()) {
        is_changed_ = true;
        due_.set(loop_.now() + kRetry);
    } else if (is_changed_) {
        note_changed();
    }
}

void StateKeeper::save_now() {
    due_.clear();
    is_changed_ = false;
    const std::string failure = writer_->write(++writer_->turns, text());
    if (!failure.empty()) telemetry::log::warn("{}", failure);
}

void StateKeeper::give_up() {
    due_.clear();
    is_changed_ = false;
    writer_->close();
}

}  // namespace fairlead::runtime
