/// Takes backends of one pool out because real traffic failed on them, and brings them back. It is
/// told the time and looks at what workers have noted; no clock, no I/O. Main's thread.
///
/// A backend is out when so many requests in a row failed, or too large a part of them, and the
/// others of its pool do better: a fault that all of them show is not cured by using fewer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "balancing/shared_pool.h"

namespace fairlead::balancing {

/// From one look at a pool in which something failed to the next.
inline constexpr Duration kEjectionLook = std::chrono::milliseconds{250};

class Ejection {
  public:
    enum class Cause : std::uint8_t { Row, Ratio };
    /// Why a backend went out.
    struct Verdict {
        Cause cause = Cause::Row;
        Fault last = Fault::Connect;   ///< of the row
        bool is_connect_only = false;  ///< of the row
        std::uint32_t failures = 0;    ///< in a row, or of `requests`
        std::uint32_t requests = 0;    ///< Ratio: in the time looked at
        double others = 0;             ///< Ratio: the part that failed on the others
        std::uint32_t times = 1;       ///< how often it went out lately, this time included
        Time until{};
    };
    enum class Step : std::uint8_t {
        Ejected,
        // Back, because
        TimeIsUp,
        NobodyIsBetter,  ///< all that are in use fail as well
        ChecksPass,
        SwitchedOff,  ///< by a reload
    };
    struct Event {
        std::shared_ptr<Backend> backend;
        Step step = Step::Ejected;
        Verdict verdict;
        State before = State::Unknown;  ///< its state, and for how long
        Duration lasted{};
    };

    explicit Ejection(std::shared_ptr<SharedPool> pool);

    /// A reload's pool: backends that stay keep what is known of them. Where ejection is off now,
    /// whoever is out comes back in the next step().
    void apply(std::shared_ptr<SharedPool> pool);
    const std::shared_ptr<SharedPool>& pool() const { return pool_; }

    /// Looks once; every kEjectionLook. Cheap while nothing fails.
    /// @return what happened, ejections and returns, already done
    std::vector<Event> step(Time now);
    /// Checks have passed again as often as a return needs. Brings back who could not be reached:
    /// now it can. An answer that is a failure is nothing that checks see.
    /// @return the event, when it was out for that
    std::optional<Event> note_checks_pass(const Backend& backend, Time now);
    /// Checks found it down and then well again: it is as good as a new one.
    std::optional<Event> note_recovered(const Backend& backend, Time now);
    /// Null when it is not out.
    const Verdict* verdict(const Backend& backend) const;

  private:
    /// Of one look, what was counted since the one before.
    struct Sample {
        std::uint32_t answered = 0;
        std::uint32_t failed = 0;
    };
    struct Sum {
        std::uint64_t answered = 0;
        std::uint64_t failed = 0;
        std::size_t looks = 0;

        std::uint64_t requests() const { return answered + failed; }
        double ratio() const {
            return requests() == 0 ? 0
                                   : static_cast<double>(failed) / static_cast<double>(requests());
        }
    };
    static constexpr std::size_t kLooks = 40;  // ten seconds
    /// Of a pool of thousands in which everything fails; the others have their turn next time.
    static constexpr std::size_t kJudgedPerLook = 64;
    struct Record {
        explicit Record(std::shared_ptr<Backend> of) : backend(std::move(of)) {}
        /// @param skipped  so many of the latest looks are left out
        Sum sum(std::size_t looks, std::size_t skipped = 0) const;

        std::shared_ptr<Backend> backend;
        std::vector<Sample> samples;  // a ring of kLooks; empty while nothing fails
        std::size_t sampled = 0;      // looks at it, also those that fell out
        std::uint32_t answered_before = 0;
        std::uint32_t failed_before = 0;
        std::uint32_t times = 0;
        Time forget_at = Time::max();  // when `times` falls by one
        bool is_out = false;
        Verdict verdict;
    };

    const EjectionSettings& settings() const { return pool_->settings().ejection; }
    void look();
    void stop_looking();
    bool is_row_long_enough(const Record& record) const;
    void bring_back_due(Time now, std::vector<Event>& events);
    void eject_bad(Time now, std::vector<Event>& events);
    std::optional<Verdict> judge(const Record& record, Time now) const;
    std::optional<Verdict> judge_row(const Record& record, Time now) const;
    std::optional<Verdict> judge_ratio(const Record& record) const;
    std::vector<Sum> others(const Record& than, std::size_t looks, std::size_t skipped = 0) const;
    bool may_go(const Verdict& verdict) const;
    Event eject(Record& record, Verdict verdict, Time now);
    Event bring_back(Record& record, Step step, Time now);
    Record* find(const Backend& backend) const;

    std::shared_ptr<SharedPool> pool_;
    std::vector<std::unique_ptr<Record>> records_;  // in the pool's order
    std::unordered_map<const Backend*, Record*> by_backend_;
    bool is_looking_ = false;
    Time look_until_ = Time::min();
    std::size_t next_judged_ = 0;
};

}  // namespace fairlead::balancing
