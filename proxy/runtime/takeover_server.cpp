#include "proxy/runtime/takeover_server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

namespace fairlead::runtime {

Result<std::unique_ptr<TakeoverServer>> TakeoverServer::make(net::Loop& loop,
                                                             net::Descriptor connection,
                                                             std::string_view already_read,
                                                             TakeoverObserver& observer,
                                                             TakeoverLimits limits) {
    const std::optional<SocketPeer> peer = socket_peer(connection.get());
    if (!peer) return fail("a takeover needs a unix socket", "use the admin socket");
    if (peer->uid != 0 && peer->uid != ::geteuid()) {
        return fail(
            fmt::format("uid {} may not take over the sockets of uid {}", peer->uid, ::geteuid()),
            "start the new process as the same user or as root");
    }
    return std::unique_ptr<TakeoverServer>{
        new TakeoverServer{loop, std::move(connection), already_read, *peer, observer, limits}};
}

void TakeoverServer::refuse(net::Descriptor connection, const Error& why) {
    // A few bytes on an empty connection: they always fit.
    TakeoverChannel channel{std::move(connection), {}};
    (void)channel.put(TakeoverRefusal{why.message, why.hint});
    (void)channel.flush();
}

TakeoverServer::TakeoverServer(net::Loop& loop, net::Descriptor connection,
                               std::string_view already_read, SocketPeer peer,
                               TakeoverObserver& observer, TakeoverLimits limits)
    : loop_(loop),
      channel_(std::move(connection), already_read),
      peer_(peer),
      observer_(observer),
      limits_(limits),
      deadline_(net::Deadline::of<&TakeoverServer::on_deadline>(loop.timers(), *this)),
      readiness_(
          std::make_unique<net::Readiness>(loop, channel_.descriptor(), [this] { on_turn(); })) {
    enter(Phase::Hello, limits_.hello);
    // What was read already is no event: writing is possible at once, and leads to a look at it.
    readiness_->wait_for(true, true);
}

TakeoverServer::~TakeoverServer() {
    if (phase_ == Phase::Ended || phase_ == Phase::Ready) return;
    (void)channel_.put(TakeoverRefusal{"the running process gave the takeover up", ""});
    (void)channel_.flush();
}

void TakeoverServer::enter(Phase phase, Duration limit) {
    assert(phase_ != Phase::Ended);
    phase_ = phase;
    deadline_.set(after(loop_.now(), limit));
}

void TakeoverServer::on_turn() {
    if (Result<void> sent = channel_.flush(); !sent) return fail_with(sent.error());
    if (phase_ == Phase::Giving && !channel_.has_output()) enter(Phase::Given, limits_.ready);
    readiness_->wait_for(true, channel_.has_output());
    Result<std::optional<TakeoverMessage>> message = channel_.take();
    if (!message) {
        if (channel_.is_closed()) return fail_with(message.error());
        return refuse(std::move(message).error());
    }
    if (*message) on_message(**message);  // last: the observer may destroy this
}

void TakeoverServer::on_message(const TakeoverMessage& message) {
    const auto* hello = std::get_if<TakeoverHello>(&message);
    if (hello != nullptr && phase_ == Phase::Hello) {
        Result<void> version = check_takeover_version(std::to_string(hello->version));
        if (!version) return refuse(std::move(version).error());
        enter(Phase::Giving, limits_.giving);
        // Asked for here, so that it is what is bound now; its sets are duplicated before anything
        // else can happen.
        Result<void> given = give(observer_.on_takeover_begun());
        if (!given) return refuse(std::move(given).error());
        readiness_->wait_for(true, true);
        return;
    }
    // It cannot be ready before the offer has left.
    if (std::holds_alternative<TakeoverReady>(message) && phase_ == Phase::Given) {
        enter(Phase::Ready, kForever);
        // Nothing more is expected; that the other end is gone must not wake the loop for ever.
        readiness_->wait_for(false, false);
        return observer_.on_takeover_ready();
    }
    refuse(Error{"the new process says what is not its turn to say", {}, {}});
}

Result<void> TakeoverServer::give(const TakeoverGift& gift) {
    TakeoverOffer offer;
    std::vector<int> descriptors;
    for (const TakeoverGift::Sockets& each : gift.sockets) {
        const std::vector<int> own = each.set->descriptors();
        offer.sockets.push_back({each.kind, each.listener, each.set->address(),
                                 static_cast<std::uint32_t>(own.size()), each.set->lends_as()});
        descriptors.insert(descriptors.end(), own.begin(), own.end());
    }
    offer.state = gift.state;
    if (descriptors.size() > kTakeoverSocketsMax) {
        return fail(fmt::format("more than {} sockets cannot be handed over", kTakeoverSocketsMax));
    }
    if (Result<void> put = channel_.put(offer); !put) return put;
    constexpr std::size_t kMost = TakeoverChannel::kDescriptorsPerMessage;
    for (std::size_t at = 0; at < descriptors.size(); at += kMost) {
        const std::size_t count = std::min(kMost, descriptors.size() - at);
        const auto first = descriptors.begin() + static_cast<std::ptrdiff_t>(at);
        const std::vector<int> part{first, first + static_cast<std::ptrdiff_t>(count)};
        const TakeoverDescriptors message{static_cast<std::uint32_t>(count)};
        if (Result<void> put = channel_.put(message, part); !put) return put;
    }
    return {};
}

void TakeoverServer::on_deadline() {
    switch (phase_) {
        case Phase::Hello:
            return refuse({"the new process did not say hello in time", {}, {}});
        case Phase::Giving:
            return refuse({"the new process did not take the sockets in time", {}, {}});
        case Phase::Given:
            return refuse(
                {fmt::format(
                     "the new process was not ready within {} s",
                     std::chrono::duration_cast<std::chrono::seconds>(limits_.ready).count()),
                 "look at its log; the running one serves on",
                 {}});
        case Phase::Ready:
        case Phase::Ended:
            return;
    }
}

void TakeoverServer::release() {
    assert(phase_ == Phase::Ready);
    enter(Phase::Ended, kForever);
    // A few bytes on an empty connection: they always fit. A new process that died meanwhile
    // changes nothing, for there is no way back.
    (void)channel_.put(TakeoverReleased{});
    (void)channel_.flush();
    readiness_.reset();
}

void TakeoverServer::refuse(const Error& why) {
    (void)channel_.put(TakeoverRefusal{why.message, why.hint});
    (void)channel_.flush();
    fail_with(why);
}

void TakeoverServer::fail_with(const Error& why) {
    enter(Phase::Ended, kForever);
    readiness_.reset();
    observer_.on_takeover_failed(why);  // last: it may destroy this
}

}  // namespace fairlead::runtime
