#include "balancing/ejection.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fairlead::balancing {
namespace {

/// A backend has to fail so many times as much as the others ...
constexpr double kTimesWorse = 2;
/// ... and by so many standard deviations more (two proportions, pooled). There are hundreds of
/// thousands of looks in a day, and chance should not get there in one of them.
constexpr double kDeviations = 5;
/// One ejection is forgotten after so many times `out` in use.
constexpr int kForgetAfter = 5;

/// It is given requests, or would be.
bool is_in_use(const Backend& backend) {
    return is_well(backend.state()) || backend.state() == State::Unknown;
}

bool is_significant(double worse, double worse_count, double better, double better_count) {
    const double all = worse_count + better_count;
    const double mean = (worse * worse_count + better * better_count) / all;
    const double deviation = std::sqrt(mean * (1 - mean) * (1 / worse_count + 1 / better_count));
    return worse - better >= kDeviations * deviation;
}

Ejection::Verdict verdict_of(const Evidence::Row& row) {
    Ejection::Verdict verdict;
    verdict.cause = Ejection::Cause::Row;
    verdict.last = row.last;
    verdict.is_connect_only = row.is_connect_only;
    verdict.failures = (row.points + 1) / Evidence::kPoints;
    return verdict;
}

std::size_t looks_in(Duration duration) {
    return static_cast<std::size_t>((duration + kEjectionLook - Duration{1}) / kEjectionLook);
}

}  // namespace

Ejection::Ejection(std::shared_ptr<SharedPool> pool) { apply(std::move(pool)); }

void Ejection::apply(std::shared_ptr<SharedPool> pool) {
    pool_ = std::move(pool);
    std::unordered_map<const Backend*, std::unique_ptr<Record>> before;
    for (auto& record : records_) before.emplace(record->backend.get(), std::move(record));
    records_.clear();
    by_backend_.clear();
    for (const auto& backend : pool_->backends()) {
        auto& known = before[backend.get()];
        records_.push_back(known != nullptr ? std::move(known) : std::make_unique<Record>(backend));
        by_backend_.emplace(backend.get(), records_.back().get());
        if (is_looking_) records_.back()->samples.resize(kLooks);
    }
}

Ejection::Sum Ejection::Record::sum(std::size_t looks, std::size_t skipped) const {
    Sum sum;
    sum.looks = std::min(looks, std::min(sampled, kLooks));
    for (std::size_t back = 1 + skipped; back <= sum.looks; ++back) {
        const Sample& sample = samples[(sampled - back) % kLooks];
        sum.answered += sample.answered;
        sum.failed += sample.failed;
    }
    return sum;
}

std::vector<Ejection::Event> Ejection::step(Time now) {
    std::vector<Event> events;
    const bool is_suspected = pool_->signals().take_suspicion();
    if (settings().is_on && is_suspected) {
        look_until_ = now + static_cast<int>(kLooks) * kEjectionLook;
        if (!std::exchange(is_looking_, true)) {
            for (const auto& record : records_) record->samples.assign(kLooks, {});
        }
    }
    if (is_looking_) look();
    bring_back_due(now, events);
    if (is_looking_) eject_bad(now, events);
    if (is_looking_ && now >= look_until_) stop_looking();
    return events;
}

void Ejection::look() {
    for (const auto& record : records_) {
        const Evidence& evidence = record->backend->evidence();
        const std::uint32_t answered = evidence.answered();
        const std::uint32_t failed = evidence.failed();
        // The first look has nothing to compare with: it begins with what has just failed.
        Sample sample{answered - record->answered_before, failed - record->failed_before};
        if (record->sampled == 0) sample = {};
        record->samples[record->sampled % kLooks] = sample;
        ++record->sampled;
        record->answered_before = answered;
        record->failed_before = failed;
    }
}

void Ejection::stop_looking() {
    is_looking_ = false;
    for (const auto& record : records_) {
        record->samples = {};
        record->sampled = 0;
    }
}

void Ejection::bring_back_due(Time now, std::vector<Event>& events) {
    bool is_any_out = false;
    bool is_any_good = false;
    for (const auto& record : records_) {
        if (record->is_out) {
            is_any_out = true;
        } else {
            is_any_good =
                is_any_good || (is_in_use(*record->backend) && !is_row_long_enough(*record));
            if (now >= record->forget_at && record->times > 0) {
                --record->times;
                record->forget_at = now + kForgetAfter * settings().out;
            }
        }
    }
    if (!is_any_out) return;
    for (const auto& record : records_) {
        if (!record->is_out) continue;
        if (!settings().is_on) {
            events.push_back(bring_back(*record, Step::SwitchedOff, now));
        } else if (now >= record->verdict.until) {
            events.push_back(bring_back(*record, Step::TimeIsUp, now));
        } else if (!is_any_good) {
            events.push_back(bring_back(*record, Step::NobodyIsBetter, now));
        }
    }
}

void Ejection::eject_bad(Time now, std::vector<Event>& events) {
    std::size_t judged = 0;
    for (std::size_t count = 0; count < records_.size() && judged < kJudgedPerLook; ++count) {
        Record& record = *records_[next_judged_++ % records_.size()];
        if (record.is_out || !is_in_use(*record.backend)) continue;
        if (record.backend->evidence().row().points == 0 && record.sum(kLooks).failed == 0) {
            continue;
        }
        ++judged;
        if (const std::optional<Verdict> verdict = judge(record, now)) {
            if (may_go(*verdict)) events.push_back(eject(record, *verdict, now));
        }
    }
}

std::optional<Ejection::Verdict> Ejection::judge(const Record& record, Time now) const {
    std::optional<Verdict> verdict = judge_row(record, now);
    return verdict ? verdict : judge_ratio(record);
}

bool Ejection::is_row_long_enough(const Record& record) const {
    const Evidence::Row row = record.backend->evidence().row();
    return row.points >= settings().failures * Evidence::kPoints &&
           row.ended - row.began >= settings().over;
}

std::optional<Ejection::Verdict> Ejection::judge_row(const Record& record, Time now) const {
    if (!is_row_long_enough(record)) return std::nullopt;
    const Evidence::Row row = record.backend->evidence().row();
    // One that does better is enough: it is who gets the requests. Better at the same time: what it
    // has done since this one failed last may be what this one would do as well.
    const auto since = static_cast<std::size_t>((now - row.ended) / kEjectionLook);
    const std::vector<Sum> all = others(record, looks_in(now - row.began), since);
    const bool is_one_better = std::any_of(
        all.begin(), all.end(), [](const Sum& sum) { return sum.ratio() * kTimesWorse <= 1; });
    if (!is_one_better) return std::nullopt;
    return verdict_of(row);
}

/// By the shortest time up to now that has enough requests: what was before says less.
std::optional<Ejection::Verdict> Ejection::judge_ratio(const Record& record) const {
    std::size_t looks = std::max<std::size_t>(1, looks_in(settings().over));
    if (record.sampled < looks) return std::nullopt;
    Sum own = record.sum(looks);
    while (own.requests() < settings().min_requests && own.looks == looks) {
        own = record.sum(++looks);
    }
    if (own.requests() < settings().min_requests || own.ratio() < settings().ratio) {
        return std::nullopt;
    }
    // It still fails. Else a fault that all had and that is over would show on those alone that
    // have been asked less since.
    if (record.sum(std::max<std::size_t>(1, looks / 2)).ratio() < settings().ratio) {
        return std::nullopt;
    }
    // Those of the others that do well enough, and half of them at least: backends that fail for
    // the same cause do not excuse each other.
    std::vector<Sum> all = others(record, looks);
    if (all.empty()) return std::nullopt;
    std::sort(all.begin(), all.end(),
              [](const Sum& a, const Sum& b) { return a.ratio() < b.ratio(); });
    Sum better;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const bool is_of_better_half = i == 0 || i < all.size() / 2;
        if (!is_of_better_half && all[i].ratio() >= settings().ratio) break;
        better.answered += all[i].answered;
        better.failed += all[i].failed;
    }
    const bool is_worse = own.ratio() >= kTimesWorse * better.ratio() &&
                          (better.requests() == 0 ||
                           is_significant(own.ratio(), static_cast<double>(own.requests()),
                                          better.ratio(), static_cast<double>(better.requests())));
    if (!is_worse) return std::nullopt;
    // When the last of them failed in a row that says more.
    const Evidence::Row row = record.backend->evidence().row();
    if (row.points >= settings().failures * Evidence::kPoints) return verdict_of(row);
    Verdict verdict;
    verdict.cause = Cause::Ratio;
    verdict.failures = static_cast<std::uint32_t>(own.failed);
    verdict.requests = static_cast<std::uint32_t>(own.requests());
    verdict.others = better.ratio();
    return verdict;
}

/// What was seen of each other backend that is in use. One that was out lately has to show first
/// that it is well again; another one that was not asked is taken to be.
std::vector<Ejection::Sum> Ejection::others(const Record& than, std::size_t looks,
                                            std::size_t skipped) const {
    std::vector<Sum> all;
    for (const auto& other : records_) {
        if (other.get() == &than || other->is_out || !is_in_use(*other->backend)) continue;
        const Sum sum = other->sum(looks, skipped);
        const bool is_doubtful = other->times > 0 || other->backend->evidence().row().points > 0;
        if (sum.requests() == 0 && is_doubtful) continue;
        all.push_back(sum);
    }
    return all;
}

/// A connection that cannot be made is of use to nobody: for that as many go as it takes.
bool Ejection::may_go(const Verdict& verdict) const {
    if (verdict.is_connect_only) return true;
    std::size_t members = 0;
    std::size_t out = 0;
    for (const auto& record : records_) {
        const State state = record->backend->state();
        if (state == State::Draining || state == State::Maintenance) continue;
        ++members;
        if (state == State::Down || state == State::Ejected) ++out;
    }
    const double share = settings().max_out * static_cast<double>(members);
    const auto most = static_cast<std::size_t>(std::floor(share + 1e-9));
    return members > 1 && out < std::max<std::size_t>(most, 1);
}

Ejection::Event Ejection::eject(Record& record, Verdict verdict, Time now) {
    ++record.times;
    verdict.times = record.times;
    const Duration out = settings().out * static_cast<Duration::rep>(record.times);
    verdict.until = now + std::min(out, settings().out_max);
    record.is_out = true;
    record.verdict = verdict;
    Backend& backend = *record.backend;
    Event event{record.backend, Step::Ejected, verdict, backend.state(), now - backend.since()};
    backend.set_ejected(true, now);
    return event;
}

Ejection::Event Ejection::bring_back(Record& record, Step step, Time now) {
    record.is_out = false;
    record.forget_at = now + kForgetAfter * settings().out;
    record.backend->evidence().forget_row();
    record.sampled = 0;
    Backend& backend = *record.backend;
    Event event{record.backend, step, record.verdict, backend.state(), now - backend.since()};
    pool_->bring_back(backend, now);
    return event;
}

std::optional<Ejection::Event> Ejection::note_checks_pass(const Backend& backend, Time now) {
    Record* const record = find(backend);
    if (record == nullptr || !record->is_out) return std::nullopt;
    const Verdict& verdict = record->verdict;
    const bool is_about_reaching =
        verdict.cause == Cause::Row &&
        (verdict.is_connect_only || verdict.last == Fault::Silent || verdict.last == Fault::Left);
    if (!is_about_reaching) return std::nullopt;
    return bring_back(*record, Step::ChecksPass, now);
}

std::optional<Ejection::Event> Ejection::note_recovered(const Backend& backend, Time now) {
    Record* const record = find(backend);
    if (record == nullptr || !record->is_out) return std::nullopt;
    return bring_back(*record, Step::ChecksPass, now);
}

const Ejection::Verdict* Ejection::verdict(const Backend& backend) const {
    const Record* const record = find(backend);
    return record == nullptr || !record->is_out ? nullptr : &record->verdict;
}

Ejection::Record* Ejection::find(const Backend& backend) const {
    const auto found = by_backend_.find(&backend);
    return found == by_backend_.end() ? nullptr : found->second;
}

}  // namespace fairlead::balancing
