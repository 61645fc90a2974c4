#include "proxy/runtime/farewell.h"

#include <algorithm>
#include <utility>

#include "proxy/http/field.h"
#include "proxy/http/h1_writer.h"
#include "proxy/l7/local_reply.h"

namespace fairlead::runtime {
namespace {

/// Longer than any registered one.
constexpr std::size_t kMethodBytesMax = 32;
/// What such a client sends after its answer, and for how long, at most.
constexpr std::size_t kDiscardedBytesMax = 16 * 1024 * 1024;
constexpr Duration kLingerFor = std::chrono::seconds{3};

}  // namespace

LooksPlain looks_plain(std::string_view first) {
    const auto end =
        std::find_if_not(first.begin(), first.end(), [](char c) { return http::is_token_char(c); });
    const auto length = static_cast<std::size_t>(end - first.begin());
    if (length > kMethodBytesMax) return LooksPlain::No;
    if (end == first.end()) return LooksPlain::Maybe;
    return length > 0 && *end == ' ' ? LooksPlain::Yes : LooksPlain::No;
}

Farewell::Farewell(net::Loop& loop, unsigned worker, FarewellOwner& owner, Slot& slot,
                   std::unique_ptr<net::Stream> stream, Time started)
    : ConnectionStage(loop, worker, slot, std::move(stream), started), owner_(owner) {}

std::size_t Farewell::answer(std::string_view first) {
    http::HeadBuffer out;
    l7::LocalReply reply;
    reply.status = 400;
    reply.failure = Failure::ClientBadRequest;
    reply.text = "this port speaks TLS: use https://";
    reply.is_head = first.starts_with("HEAD ");
    l7::write_local_reply(out, reply);
    if (inner().write(out.view())) {
        linger();
    } else {
        listen(loop().now() + kLingerFor);  // it is broken and silent: its time ends it
    }
    return out.view().size();
}

void Farewell::linger() {
    listen(loop().now() + kLingerFor);
    inner().shutdown_write();
    if (!inner().is_reading()) inner().start_reading();
}

void Farewell::on_bytes(std::span<char> bytes) {
    discarded_bytes_ += bytes.size();
    if (discarded_bytes_ > kDiscardedBytesMax) fail(Failure::None);
}

}  // namespace fairlead::runtime
