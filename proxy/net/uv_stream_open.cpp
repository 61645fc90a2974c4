// How a stream comes to be: connected by us, or taken over.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <memory>
#include <string>

#include "proxy/net/native_address.h"
#include "proxy/net/uv_failure.h"
#include "proxy/net/uv_stream.h"
#include "proxy/net/uv_stream_class.h"

namespace fairlead::net {
namespace {

int socket_option(int descriptor, int option) {
    int value = -1;
    socklen_t length = sizeof(value);
    return getsockopt(descriptor, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
}

bool is_connected_stream(int descriptor) {
    sockaddr_storage peer{};
    socklen_t length = sizeof(peer);
    return socket_option(descriptor, SO_TYPE) == SOCK_STREAM &&
           getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &length) == 0;
}

}  // namespace

void UvStream::connect(const SocketAddress& to) {
    phase_ = Phase::Connecting;
    if (is_unix_) return connect_unix(to.unix_path);
    know_peer(to);
    sockaddr_storage native{};
    to_native(to, native);
    uv_tcp_nodelay(&uv_, 1);  // remembered until there is a socket
    auto request = std::make_unique<uv_connect_t>();
    const int status =
        uv_tcp_connect(request.get(), &uv_, reinterpret_cast<const sockaddr*>(&native),
                       [](uv_connect_t* done, int result) {
                           const std::unique_ptr<uv_connect_t> finished{done};
                           auto* self = of(done->handle->data);
                           if (self != nullptr)
                               self->connected(result);  // last: this may retire us
                       });
    if (status != 0) return tell_later(status);
    request.release();  // its callback takes it back
    start_reading();    // now rather than in on_connected: saves two epoll_ctl
}

/// A unix socket is connected, or is not, at once.
void UvStream::connect_unix(const std::string& path) {
    if (path.size() > unix_path_bytes_max()) return tell_later(UV_ENAMETOOLONG);
    sockaddr_storage native{};
    const socklen_t length = to_native({{}, 0, path}, native);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return tell_later(-errno);
    int status = 0;
    do {
        status = ::connect(fd, reinterpret_cast<const sockaddr*>(&native), length);
    } while (status != 0 && errno == EINTR);
    if (status != 0) {
        status = -errno;
        ::close(fd);
        return tell_later(status);
    }
    status = uv_tcp_open(&uv_, fd);
    if (status != 0) ::close(fd);
    tell_later(status);
    start_reading();
}

bool UvStream::take(int descriptor) {
    const int status = uv_tcp_open(&uv_, descriptor);
    if (status != 0) ::close(descriptor);
    return status == 0;
}

void UvStream::tell_later(int status) {
    ended_at_once_ = std::make_unique<EndedAtOnce>(*this, status);
    uv_timer_start(
        ended_at_once_->timer.get(),
        [](uv_timer_t* uv) {
            auto* self = owner_of<UvStream>(uv);
            if (self != nullptr) self->tell_at_last();
        },
        0, 0);
}

void UvStream::tell_at_last() {
    const int status = ended_at_once_->status;
    ended_at_once_.reset();
    if (is_reading_) {
        is_reading_ = false;
        start_reading();
    }
    connected(status);
}

void UvStream::connected(int status) {
    if (phase_ != Phase::Connecting) return;
    if (status != 0) return break_with(connect_failure(status));
    phase_ = Phase::Open;
    if (fin_is_wanted_ && writes_pending_ == 0) send_fin();
    observer_->on_connected();
}

std::unique_ptr<Stream> connect(Loop& loop, const SocketAddress& to, StreamObserver& observer) {
    loop.assert_on_loop();
    auto stream = std::make_unique<UvStream>(loop, to.is_unix());
    stream->set_observer(observer);
    stream->connect(to);
    return stream;
}

std::unique_ptr<Stream> adopt(Loop& loop, int descriptor) {
    loop.assert_on_loop();
    if (!is_connected_stream(descriptor)) {
        ::close(descriptor);
        return nullptr;
    }
    const bool is_unix = socket_option(descriptor, SO_DOMAIN) == AF_UNIX;
    auto stream = std::make_unique<UvStream>(loop, is_unix);
    if (!stream->take(descriptor)) return nullptr;
    if (!is_unix) {
        const int on = 1;
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    return stream;
}

std::unique_ptr<Stream> adopt_accepted(Loop& loop, int descriptor, bool is_unix,
                                       const SocketAddress& peer, std::uint16_t local_port) {
    auto stream = std::make_unique<UvStream>(loop, is_unix);
    if (!stream->take(descriptor)) return nullptr;
    if (is_unix) return stream;
    stream->know_peer(peer);
    stream->know_local_port(local_port);
    return stream;
}

}  // namespace fairlead::net
