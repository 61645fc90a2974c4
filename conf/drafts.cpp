#include "conf/drafts.h"

#include <fmt/format.h>

namespace fairlead::conf {
namespace {

void inherit(std::optional<Mark>& mark) {
    if (mark) mark->inherited = true;
}

}  // namespace

Retry RetryDraft::effective() const {
    if (!is_off) return value;
    Retry off = value;
    off.attempts = 0;
    off.on = RetryOn::nothing();
    return off;
}

Queue QueueDraft::effective() const {
    Queue queue = value;
    if (is_off) queue.size = 0;
    return queue;
}

PoolDraft PoolDraft::inherited() const {
    PoolDraft copy = *this;
    inherit(copy.retry.per_try);
    inherit(copy.queue.written);
    inherit(copy.check.timeout);
    inherit(copy.check.every);
    inherit(copy.check.every_changing);
    inherit(copy.connect);
    inherit(copy.response);
    inherit(copy.total);
    inherit(copy.hash_key);
    return copy;
}

Pool PoolDraft::finished() const {
    Pool out = pool;
    out.retry = retry.effective();
    out.queue = queue.effective();
    if (check.is_on) out.check = check.value;
    return out;
}

void check_order(const Reading& reading, MarkedTime inner, MarkedTime outer, bool is_strict) {
    // "none" sets no limit of its own, so it cannot be beyond the other's.
    const bool is_good = inner.time == kForever || outer.time == kForever ||
                         (is_strict ? inner.time < outer.time : inner.time <= outer.time);
    if (is_good) return;
    if (!inner.mark) {
        inner.time = outer.time;
        return;
    }
    const bool outer_is_own = outer.mark && !outer.mark->inherited;
    if (inner.mark->inherited && !outer_is_own) return;
    const Place place = inner.mark->inherited ? outer.mark->place : inner.mark->place;
    reading.error(
        place,
        fmt::format("\"{}\" ({}) {} \"{}\" ({})", inner.key, format_duration(inner.time),
                    is_strict ? "is not shorter than" : "is longer than", outer.key,
                    format_duration(outer.time)),
        fmt::format("\"{}\" ends first, so \"{}\" would never be reached", outer.key, inner.key));
}

}  // namespace fairlead::conf
