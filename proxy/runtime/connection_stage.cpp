#include "proxy/runtime/connection_stage.h"

#include <algorithm>
#include <utility>

namespace fairlead::runtime {
namespace {

/// While draining, for the first words of a client that has just come.
constexpr Duration kDrainGrace = std::chrono::seconds{1};

}  // namespace

ConnectionStage::ConnectionStage(net::Loop& loop, unsigned worker, Slot& slot,
                                 std::unique_ptr<net::Stream> stream, Time started)
    : loop_(loop),
      worker_(worker),
      slot_(slot),
      stream_(std::move(stream)),
      deadline_(net::Deadline::of<&ConnectionStage::on_deadline>(loop.timers(), *this)),
      started_(started) {
    ++slot_.stages;
    slot_.series().connections->add(worker_, 1);
}

ConnectionStage::~ConnectionStage() {
    --slot_.stages;
    slot_.series().connections->add(worker_, -1);
    net::close(loop_, std::move(stream_));
}

void ConnectionStage::listen(Time until) {
    stream_->set_observer(*this);
    deadline_.set(until);
}

Time ConnectionStage::handshake_end() const {
    return after(started_, slot_.config().timeouts.handshake);
}

void ConnectionStage::drain() {
    if (has_begun()) return;
    deadline_.set(std::min(deadline_.when(), loop_.now() + kDrainGrace));
}

bool ConnectionStage::end() {
    if (std::exchange(is_over_, true)) return false;
    deadline_.clear();
    return true;
}

void ConnectionStage::fail(Failure failure) {
    if (end()) tell_failed(failure);
}

}  // namespace fairlead::runtime
