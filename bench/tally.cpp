#include "bench/tally.h"

namespace fairlead::bench {

void Tally::add(const Tally& other) {
    planned += other.planned;
    unsent += other.unsent;
    slipped += other.slipped;
    outcomes.add(other.outcomes);
    ended += other.ended;
    from_planned.add(other.from_planned);
    from_send.add(other.from_send);
    bytes_sent += other.bytes_sent;
    bytes_received += other.bytes_received;
    connections_opened += other.connections_opened;
    handshakes_whole += other.handshakes_whole;
    handshakes_resumed += other.handshakes_resumed;
    requests_reused += other.requests_reused;
}

}  // namespace fairlead::bench
