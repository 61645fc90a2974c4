#include "proxy/net/listener.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cassert>
#include <cerrno>
#include <cstring>

#include "proxy/net/handle.h"
#include "proxy/net/native_address.h"
#include "proxy/net/timer_wheel.h"
#include "proxy/net/uv_stream.h"

namespace fairlead::net {
namespace {

/// Then the connections that are there already get their turn.
constexpr int kAcceptsPerTurn = 64;
/// close_gracefully ends even when clients come faster than they are accepted.
constexpr int kAcceptsAtClose = 65536;
constexpr Duration kPauseAfterFailure = std::chrono::milliseconds{100};

/// Watches the listening descriptor itself rather than through uv_listen: that accepts without a
/// bound in libuv 1.44, and without descriptors throws clients away by its reserve descriptor
/// instead of leaving them in the backlog.
class UvListener final : public Listener {
  public:
    UvListener(Loop& loop, int descriptor, ListenerObserver& observer)
        : loop_(loop),
          observer_(observer),
          descriptor_(descriptor),
          own_(local_address(descriptor)),
          poll_(this,
                [&](uv_poll_t* uv) { return status_ = uv_poll_init(loop.raw(), uv, descriptor); }),
          retry_(Deadline::of<&UvListener::end_backoff>(loop.timers(), *this)) {
        watch();
    }
    ~UvListener() override { close(); }

    int status() const { return status_; }
    void pause() override;
    void resume() override;
    void close_gracefully() override;

  private:
    enum class Accepted { Stream, Nothing, Skipped, Failed, Destroyed };

    bool has_more() const;
    void close();
    void watch();
    void end_backoff();
    void on_readable();
    Accepted accept_one();
    Accepted failed(int reason);

    Loop& loop_;
    ListenerObserver& observer_;
    int descriptor_;
    const SocketAddress own_;  // where it listens
    bool is_paused_ = false;
    bool is_watching_ = false;
    int status_ = 0;
    Handle<uv_poll_t> poll_;
    Deadline retry_;  // set while accepting pauses by itself
};

void UvListener::close() {
    if (descriptor_ < 0) return;
    retry_.clear();
    poll_.close();  // before the descriptor, whose number may be given out again at once
    ::close(descriptor_);
    descriptor_ = -1;
    is_watching_ = false;
}

void UvListener::watch() {
    if (!poll_.is_open()) return;
    const bool wanted = !is_paused_ && !retry_.is_set();
    if (wanted == is_watching_) return;
    is_watching_ = wanted;
    if (wanted) {
        uv_poll_start(poll_.get(), UV_READABLE, [](uv_poll_t* uv, int, int) {
            auto* self = owner_of<UvListener>(uv);
            if (self != nullptr) self->on_readable();
        });
    } else {
        uv_poll_stop(poll_.get());
    }
}

void UvListener::pause() {
    loop_.assert_on_loop();
    is_paused_ = true;
    watch();
}

void UvListener::resume() {
    loop_.assert_on_loop();
    is_paused_ = false;
    watch();
}

void UvListener::end_backoff() { watch(); }

void UvListener::on_readable() {
    for (int count = 0; count < kAcceptsPerTurn; ++count) {
        const Accepted outcome = accept_one();
        if (outcome == Accepted::Destroyed) return;
        if (outcome == Accepted::Nothing || !is_watching_ || !has_more()) return;
    }
}

/// An accept that finds nobody costs fifteen times as much as this question: the kernel makes a
/// socket and a file before it looks.
bool UvListener::has_more() const {
    pollfd queue{descriptor_, POLLIN, 0};
    return ::poll(&queue, 1, 0) > 0;
}

void UvListener::close_gracefully() {
    loop_.assert_on_loop();
    if (descriptor_ < 0) return;
    is_paused_ = true;
    watch();
    for (int count = 0; count < kAcceptsAtClose; ++count) {
        const Accepted outcome = accept_one();
        if (outcome == Accepted::Destroyed) return;
        if (outcome == Accepted::Nothing || outcome == Accepted::Failed) break;
    }
    close();
}

/// Calls the observer, which may destroy this listener: after `Destroyed` nothing of it is touched.
UvListener::Accepted UvListener::accept_one() {
    sockaddr_storage native{};
    auto* generic = reinterpret_cast<sockaddr*>(&native);
    socklen_t length = sizeof(native);
    const int accepted = ::accept4(descriptor_, generic, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted < 0) return failed(errno);
    const SocketAddress peer = own_.is_unix() ? SocketAddress{} : SocketAddress::from(generic);
    std::unique_ptr<Stream> stream =
        adopt_accepted(loop_, accepted, own_.is_unix(), peer, own_.port);
    if (stream == nullptr) return Accepted::Skipped;
    uv_poll_t* const handle = poll_.get();  // outlives us until this turn ends
    observer_.on_accepted(std::move(stream));
    return owner_of<UvListener>(handle) == nullptr ? Accepted::Destroyed : Accepted::Stream;
}

UvListener::Accepted UvListener::failed(int reason) {
    switch (reason) {
        case EAGAIN:
            return Accepted::Nothing;
        case EINTR:
        case ECONNABORTED:
        // What happened to the new connection before it was accepted (accept(2), "Error handling").
        case ENETDOWN:
        case EPROTO:
        case ENOPROTOOPT:
        case EHOSTDOWN:
        case ENONET:
        case EHOSTUNREACH:
        case EOPNOTSUPP:
        case ENETUNREACH:
        case EPERM:  // a firewall rule
            return Accepted::Skipped;
        default:
            break;
    }
    // The client stays in the backlog, and the descriptor readable: without a pause this would
    // spin.
    retry_.set(loop_.now() + kPauseAfterFailure);
    watch();
    // A unix socket whose set is gone; close_gracefully() is on its way.
    if (reason == EINVAL && own_.is_unix()) return Accepted::Failed;
    uv_poll_t* const handle = poll_.get();
    const bool has_no_descriptors =
        reason == EMFILE || reason == ENFILE || reason == ENOBUFS || reason == ENOMEM;
    observer_.on_accept_failed(has_no_descriptors ? Failure::NoDescriptors : Failure::Internal);
    return owner_of<UvListener>(handle) == nullptr ? Accepted::Destroyed : Accepted::Failed;
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::make(Loop& loop, int descriptor,
                                                 ListenerObserver& observer) {
    loop.assert_on_loop();
    const int own = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (own < 0) {
        return fail(fmt::format("cannot take over a listening socket: {}", std::strerror(errno)),
                    "raise the limit of descriptors: ulimit -n, or LimitNOFILE= of the service");
    }
    auto listener = std::make_unique<UvListener>(loop, own, observer);
    if (listener->status() != 0) {
        return fail(fmt::format("cannot wait for clients: {}", uv_strerror(listener->status())));
    }
    return std::unique_ptr<Listener>{std::move(listener)};
}

}  // namespace fairlead::net
