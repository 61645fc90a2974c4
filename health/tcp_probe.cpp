#include "health/tcp_probe.h"

#include <algorithm>
#include <utility>

namespace fairlead::health {

TcpProbe::TcpProbe(net::Loop& loop, const conf::Check& check, ProbeTarget target)
    : SocketProbe(loop, check.timeout, std::move(target)),
      send_(check.send),
      expected_(check.expect_bytes) {}

std::unique_ptr<Probe> TcpProbe::make(net::Loop& loop, const conf::Check& check,
                                      ProbeTarget target) {
    // One that only connects leaves the rest to the type that is for it.
    if (check.send.empty() && check.expect_bytes.empty()) target.tls.reset();
    return std::make_unique<TcpProbe>(loop, check, std::move(target));
}

void TcpProbe::on_open() {
    answer_.clear();
    if (!send_.empty() && !send(send_)) return;
    if (expected_.empty()) pass();
}

void TcpProbe::on_bytes(std::span<char> bytes) {
    // Looked for again from where it could have begun, so that the parts of it may come apart.
    const std::size_t from = answer_.size() - std::min(answer_.size(), expected_.size() - 1);
    answer_.append(bytes.data(), std::min(bytes.size(), kAnswerBytesMax - answer_.size()));
    if (answer_.find(expected_, from) != std::string::npos) {
        pass();
    } else if (answer_.size() == kAnswerBytesMax) {
        fail("the first 64 KiB of the answer do not contain " + in_quotes(expected_));
    }
}

void TcpProbe::on_end() {
    fail(answer_.empty() ? "closed without an answer"
                         : "answer does not contain " + in_quotes(expected_));
}

}  // namespace fairlead::health
