#include "proxy/runtime/takeover_client.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "proxy/runtime/takeover_upgrade.h"

namespace fairlead::runtime {
namespace {

Error refused(const TakeoverRefusal& refusal) {
    return {
        "the running process does not hand its sockets over: " + refusal.error, refusal.hint, {}};
}

}  // namespace

Result<std::unique_ptr<TakeoverClient>> TakeoverClient::begin(const std::string& socket,
                                                              std::optional<uid_t> also_trusted,
                                                              Duration most) {
    const Time end = SystemClock{}.now() + most;
    Result<net::Descriptor> connection = connect_to_control(socket, end);
    if (!connection) return fail(std::move(connection).error());
    // Whoever answers there decides where we listen and what we believe.
    const std::optional<SocketPeer> peer = socket_peer(connection->get());
    const bool is_trusted = peer && (peer->uid == 0 || peer->uid == ::geteuid() ||
                                     (also_trusted && peer->uid == *also_trusted));
    if (!is_trusted) {
        return fail(fmt::format("the process at {} is of another user (uid {}): not believed",
                                socket, peer ? peer->uid : 0),
                    "start the new process as that user");
    }
    if (Result<void> done = upgrade_to_takeover(*connection, end); !done) {
        return fail(std::move(done).error());
    }
    std::unique_ptr<TakeoverClient> client{new TakeoverClient{std::move(*connection), *peer}};
    if (Result<void> got = client->receive_gift(end); !got) return fail(std::move(got).error());
    return client;
}

TakeoverClient::TakeoverClient(net::Descriptor connection, SocketPeer peer)
    : channel_(std::move(connection)), peer_(peer) {}

TakeoverClient::~TakeoverClient() = default;

Result<TakeoverMessage> TakeoverClient::next_message(Time end) {
    while (true) {
        Result<void> sent = channel_.flush();
        // What the old one said before it closed is still read when nothing can be sent any more.
        Result<std::optional<TakeoverMessage>> message = channel_.take();
        if (!message) return fail(std::move(message).error());
        if (*message) {
            const auto* refusal = std::get_if<TakeoverRefusal>(&**message);
            if (refusal != nullptr) return fail(refused(*refusal));
            return std::move(**message);
        }
        if (!sent) return fail(std::move(sent).error());
        if (Result<void> waited = channel_.wait(end); !waited) {
            return fail(std::move(waited).error());
        }
    }
}

Result<void> TakeoverClient::receive_gift(Time end) {
    const TakeoverHello hello{kTakeoverVersion, ::getpid()};
    if (Result<void> put = channel_.put(hello); !put) return put;
    Result<TakeoverMessage> message = next_message(end);
    if (!message) return fail(std::move(message).error());
    auto* offer = std::get_if<TakeoverOffer>(&*message);
    if (offer == nullptr) return fail("the running process answers with something else");
    state_ = std::move(offer->state);

    std::vector<net::Descriptor> descriptors;
    while (descriptors.size() < offer->descriptors()) {
        Result<TakeoverMessage> next = next_message(end);
        if (!next) return fail(std::move(next).error());
        const auto* part = std::get_if<TakeoverDescriptors>(&*next);
        if (part == nullptr) return fail("the running process sends fewer sockets than it said");
        Result<std::vector<net::Descriptor>> came = channel_.take_descriptors(part->count);
        if (!came) return fail(std::move(came).error());
        for (net::Descriptor& each : *came) descriptors.push_back(std::move(each));
    }
    if (descriptors.size() > offer->descriptors()) {
        return fail("the running process sends more sockets than it said");
    }
    std::size_t at = 0;
    for (const OfferedSockets& each : offer->sockets) {
        for (std::uint32_t i = 0; i < each.count; ++i, ++at) {
            if (!net::is_listening_on(descriptors[at].get(), each.address)) {
                return fail(
                    fmt::format("the running process sends a socket that does not listen "
                                "on {}, as it said",
                                each.address.text()));
            }
            sockets_.push_back({std::move(descriptors[at]), each.listener, each.owner});
        }
    }
    return {};
}

InheritedSockets TakeoverClient::take_sockets() {
    return InheritedSockets{std::exchange(sockets_, {})};
}

void TakeoverClient::ready(net::Loop& loop, std::function<void(TakeoverEnd, std::string)> on_end) {
    on_end_ = std::move(on_end);
    deadline_.reset(
        new net::Deadline{net::Deadline::of<&TakeoverClient::on_deadline>(loop.timers(), *this)});
    deadline_->set(loop.now() + kReleaseMost);
    readiness_ =
        std::make_unique<net::Readiness>(loop, channel_.descriptor(), [this] { on_turn(); });
    (void)channel_.put(TakeoverReady{});  // without descriptors it always can
    readiness_->wait_for(true, true);
}

void TakeoverClient::on_turn() {
    const Result<void> sent = channel_.flush();
    // What the old one said before it closed is still read when nothing can be sent any more.
    readiness_->wait_for(true, sent && channel_.has_output());
    const Result<std::optional<TakeoverMessage>> message = channel_.take();
    if (!message) {
        return end(TakeoverEnd::Gone,
                   "the old process ended without a word: " + message.error().message);
    }
    if (!*message) return;
    if (const auto* refusal = std::get_if<TakeoverRefusal>(&**message)) {
        const Error why = refused(*refusal);
        return end(TakeoverEnd::Refused,
                   why.hint.empty() ? why.message : why.message + ": " + why.hint);
    }
    if (std::holds_alternative<TakeoverReleased>(**message)) {
        return end(TakeoverEnd::Released,
                   fmt::format("the old process (pid {}) accepts no more", peer_.pid));
    }
    end(TakeoverEnd::Silent, "the old process says what nobody asked");
}

void TakeoverClient::on_deadline() {
    end(TakeoverEnd::Silent, "the old process does not say that it let go");
}

void TakeoverClient::end(TakeoverEnd how, std::string text) {
    readiness_.reset();
    deadline_->clear();
    const auto on_end = std::exchange(on_end_, nullptr);
    on_end(how, std::move(text));  // last: it may destroy this
}

}  // namespace fairlead::runtime
