#include "proxy/runtime/protocol_choice.h"

#include <string_view>
#include <utility>

namespace fairlead::runtime {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

}  // namespace

ProtocolChoice::ProtocolChoice(net::Loop& loop, unsigned worker, ProtocolChoiceOwner& owner,
                               Slot& slot, std::unique_ptr<net::Stream> stream,
                               const net::ProxyHeader* header)
    : ConnectionStage(loop, worker, slot, std::move(stream), loop.now()), owner_(owner) {
    if (header != nullptr) header_ = *header;
}

void ProtocolChoice::start(std::span<char> first) {
    // As long as a client of either may take to begin.
    listen(after(started(), slot().config().timeouts.keepalive));
    if (first.empty()) {
        inner().start_reading();
    } else {
        on_bytes(first);
        if (!is_over()) inner().start_reading();
    }
}

void ProtocolChoice::on_bytes(std::span<char> bytes) {
    if (is_over()) return;
    const std::string_view text(bytes.data(), bytes.size());
    if (first_.empty() && text.size() >= kPreface.size()) {  // the usual case copies nothing
        choose(text.starts_with(kPreface), bytes);
        return;
    }
    first_ += text;
    if (!first_.starts_with(kPreface) && kPreface.starts_with(first_)) return;  // more will tell
    choose(first_.starts_with(kPreface), first_);
}

void ProtocolChoice::choose(bool is_http2, std::span<char> first) {
    if (end()) owner_.on_protocol_chosen(*this, is_http2, first);
}

}  // namespace fairlead::runtime
