#include "proxy/runtime/handshake_gate.h"

#include <algorithm>

namespace fairlead::runtime {

HandshakeGate::HandshakeGate(net::Loop& loop)
    : loop_(loop), next_turn_(net::NextTurn::of<&HandshakeGate::on_turn>(loop, *this)) {}

bool HandshakeGate::enter(Guest& guest) {
    if (turn_ != loop_.turn()) {
        turn_ = loop_.turn();
        begun_ = 0;
    }
    if (begun_ < kPerTurn && waiting_.empty()) {
        ++begun_;
        return true;
    }
    waiting_.push_back(&guest);
    next_turn_.ask();
    return false;
}

void HandshakeGate::leave(Guest& guest) {
    waiting_.erase(std::remove(waiting_.begin(), waiting_.end(), &guest), waiting_.end());
}

void HandshakeGate::on_turn() {
    turn_ = loop_.turn();
    begun_ = 0;
    while (begun_ < kPerTurn && !waiting_.empty()) {
        Guest& next = *waiting_.front();
        waiting_.pop_front();
        ++begun_;
        next.begin();
    }
    if (!waiting_.empty()) next_turn_.ask();
}

}  // namespace fairlead::runtime
