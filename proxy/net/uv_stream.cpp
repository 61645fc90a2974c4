#include "proxy/net/uv_stream.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <string>

#include "proxy/net/handle.h"
#include "proxy/net/native_address.h"
#include "proxy/net/uv_failure.h"

namespace fairlead::net {
namespace {

/// Both are a uv_stream_t to libuv, and one class to us.
union TcpOrPipe {
    uv_tcp_t tcp;
    uv_pipe_t pipe;
};
using StreamHandle = Handle<TcpOrPipe>;

/// What the kernel did not take at once. Lives until libuv's callback, also beyond the stream.
struct WriteRequest {
    uv_write_t uv{};
    std::string bytes;
};

/// Peer and local address as a connection keeps them: without a string.
struct Endpoint {
    IpAddress ip;
    std::uint16_t port = 0;
    bool is_known = false;

    void keep(const SocketAddress& address) {
        ip = address.ip;
        port = address.port;
        is_known = true;
    }
    SocketAddress address() const { return {ip, port, {}}; }
};

class UvStream final : public Stream {
  public:
    UvStream(Loop& loop, bool is_unix)
        : loop_(loop),
          handle_(this,
                  [&](TcpOrPipe* uv) {
                      return is_unix ? uv_pipe_init(loop.raw(), &uv->pipe, 0)
                                     : uv_tcp_init(loop.raw(), &uv->tcp);
                  }),
          is_unix_(is_unix) {
        assert(handle_.is_open() && "libuv only stores at this point");
    }

    void connect(const SocketAddress& to);
    bool take(int descriptor);
    void know_peer(const SocketAddress& peer) { peer_.keep(peer); }

    void set_observer(StreamObserver& observer) override { observer_ = &observer; }
    void start_reading() override;
    void stop_reading() override;
    bool is_reading() const override { return is_reading_; }
    bool write(std::span<const Bytes> pieces) override;
    std::size_t queued_bytes() const override;
    void shutdown_write() override;
    void reset() override;
    bool has_pending_input() const override;
    std::size_t unacknowledged_bytes() const override;
    std::size_t read_rest(std::span<char> buffer) override;
    SocketAddress peer() const override;
    SocketAddress local() const override;

  private:
    enum class Phase : std::uint8_t { Connecting, Open, Broken };
    /// Says later that connecting failed at once. Only made when that happens.
    struct FailedAtOnce {
        FailedAtOnce(UvStream& stream, int reason)
            : status(reason), timer(&stream, [&](uv_timer_t* uv) {
                  return uv_timer_init(stream.loop_.raw(), uv);
              }) {}
        int status;
        Handle<uv_timer_t> timer;
    };

    uv_stream_t* stream() const { return reinterpret_cast<uv_stream_t*>(handle_.get()); }
    int descriptor() const;
    bool queue(std::span<const Bytes> pieces, std::size_t taken_bytes);
    void send_fin();
    void fail_later(int status);

    void connected(int status);
    void read(ssize_t status_or_bytes, char* bytes);
    void written(int status);
    void break_with(Failure failure);

    Loop& loop_;
    StreamHandle handle_;
    StreamObserver* observer_ = nullptr;
    std::unique_ptr<FailedAtOnce> failed_at_once_;
    std::uint32_t writes_pending_ = 0;  // uv_write requests libuv still has
    Phase phase_ = Phase::Open;
    bool is_unix_;
    bool is_reading_ = false;
    bool has_ended_ = false;      // the peer's FIN has been told
    bool fin_is_wanted_ = false;  // shutdown_write was called
    mutable Endpoint peer_;
    mutable std::unique_ptr<Endpoint> local_;  // seldom asked for
};

void UvStream::connect(const SocketAddress& to) {
    phase_ = Phase::Connecting;
    auto request = std::make_unique<uv_connect_t>();
    const auto on_connect = [](uv_connect_t* done, int status) {
        const std::unique_ptr<uv_connect_t> finished{done};
        auto* self = owner_of<UvStream>(done->handle);
        if (self != nullptr) self->connected(status);  // last: this may retire us
    };
    if (is_unix_) {
        // libuv 1.44 would cut the path and connect to another one.
        if (to.unix_path.size() > unix_path_bytes_max()) return fail_later(UV_ENAMETOOLONG);
        uv_pipe_connect(request.get(), &handle_.get()->pipe, to.unix_path.c_str(), on_connect);
    } else {
        know_peer(to);
        sockaddr_storage native{};
        to_native(to, native);
        uv_tcp_nodelay(&handle_.get()->tcp, 1);  // remembered until there is a socket
        const int status = uv_tcp_connect(request.get(), &handle_.get()->tcp,
                                          reinterpret_cast<const sockaddr*>(&native), on_connect);
        if (status != 0) return fail_later(status);
    }
    request.release();  // on_connect takes it back
    start_reading();    // now rather than in on_connected: saves two epoll_ctl
}

bool UvStream::take(int descriptor) {
    const int status = is_unix_ ? uv_pipe_open(&handle_.get()->pipe, descriptor)
                                : uv_tcp_open(&handle_.get()->tcp, descriptor);
    if (status != 0) ::close(descriptor);
    return status == 0;
}

int UvStream::descriptor() const {
    uv_os_fd_t fd = -1;
    if (!handle_.is_open()) return -1;
    return uv_fileno(handle_.generic(), &fd) == 0 ? fd : -1;
}

void UvStream::start_reading() {
    loop_.assert_on_loop();
    assert(observer_ != nullptr);
    if (is_reading_ || has_ended_ || phase_ == Phase::Broken) return;
    if (failed_at_once_ != nullptr) return;  // reading would tell first, and less
    const int status = uv_read_start(
        stream(),
        [](uv_handle_t* uv, std::size_t, uv_buf_t* buffer) {
            auto* self = owner_of<UvStream>(uv);
            const std::span<char> scratch =
                self == nullptr ? std::span<char>{} : self->loop_.scratch();
            buffer->base = scratch.data();
            buffer->len = scratch.size();
        },
        [](uv_stream_t* uv, ssize_t status_or_bytes, const uv_buf_t* buffer) {
            auto* self = owner_of<UvStream>(uv);
            if (self != nullptr) self->read(status_or_bytes, buffer->base);
        });
    // Refused only for a socket whose connect failed at once, which is told later.
    is_reading_ = status == 0;
}

void UvStream::stop_reading() {
    loop_.assert_on_loop();
    if (!is_reading_) return;
    is_reading_ = false;
    uv_read_stop(stream());
}

bool UvStream::write(std::span<const Bytes> pieces) {
    loop_.assert_on_loop();
    assert(!fin_is_wanted_ && "nothing can be written after shutdown_write");
    if (phase_ == Phase::Broken) return false;
    if (phase_ == Phase::Connecting || writes_pending_ != 0) return queue(pieces, 0);

    constexpr std::size_t kPiecesPerCall = 64;
    std::array<uv_buf_t, kPiecesPerCall> buffers;
    while (!pieces.empty()) {
        const auto group = pieces.first(std::min(pieces.size(), kPiecesPerCall));
        std::size_t wanted = 0;
        unsigned count = 0;
        for (const Bytes piece : group) {
            if (piece.empty()) continue;
            buffers[count].base = const_cast<char*>(piece.data());  // libuv only reads it
            buffers[count].len = piece.size();
            ++count;
            wanted += piece.size();
        }
        if (count != 0) {
            int taken = uv_try_write(stream(), buffers.data(), count);
            if (taken == UV_EAGAIN) taken = 0;
            if (taken < 0) {
                phase_ = Phase::Broken;
                stop_reading();
                return false;
            }
            if (static_cast<std::size_t>(taken) < wanted) {
                return queue(pieces, static_cast<std::size_t>(taken));
            }
        }
        pieces = pieces.subspan(group.size());
    }
    return true;
}

bool UvStream::queue(std::span<const Bytes> pieces, std::size_t taken_bytes) {
    if (failed_at_once_ != nullptr) return true;  // on_broken will tell
    std::size_t total = 0;
    for (const Bytes piece : pieces) total += piece.size();
    if (total == taken_bytes) return true;

    auto request = std::make_unique<WriteRequest>();
    request->uv.data = request.get();
    request->bytes.reserve(total - taken_bytes);
    for (Bytes piece : pieces) {
        const std::size_t skipped = std::min(piece.size(), taken_bytes);
        taken_bytes -= skipped;
        request->bytes.append(piece.substr(skipped));
    }
    uv_buf_t buffer;
    buffer.base = request->bytes.data();
    buffer.len = request->bytes.size();
    const int status =
        uv_write(&request->uv, stream(), &buffer, 1, [](uv_write_t* done, int result) {
            const std::unique_ptr<WriteRequest> finished{static_cast<WriteRequest*>(done->data)};
            auto* self = owner_of<UvStream>(done->handle);
            if (self != nullptr) self->written(result);  // last: this may retire us
        });
    if (status != 0) {
        if (phase_ == Phase::Connecting) return true;  // on_broken will tell
        phase_ = Phase::Broken;
        stop_reading();
        return false;
    }
    request.release();  // its callback takes it back
    ++writes_pending_;
    return true;
}

std::size_t UvStream::queued_bytes() const {
    return handle_.is_open() ? uv_stream_get_write_queue_size(stream()) : 0;
}

void UvStream::shutdown_write() {
    loop_.assert_on_loop();
    if (fin_is_wanted_ || phase_ == Phase::Broken) return;
    fin_is_wanted_ = true;
    if (phase_ == Phase::Open && writes_pending_ == 0) send_fin();
}

void UvStream::send_fin() {
    // Not uv_shutdown: it costs a request and a turn, and its queue is known to be empty here. A
    // failure means that the connection is gone, which reading tells.
    ::shutdown(descriptor(), SHUT_WR);
}

void UvStream::reset() {
    loop_.assert_on_loop();
    if (const int fd = descriptor(); fd >= 0) {
        const linger abort{1, 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
    }
    phase_ = Phase::Broken;
    is_reading_ = false;
    failed_at_once_.reset();
    handle_.close();
}

bool UvStream::has_pending_input() const {
    if (phase_ == Phase::Broken || has_ended_) return true;
    char byte = 0;
    const ssize_t got = ::recv(descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

std::size_t UvStream::unacknowledged_bytes() const {
    int in_kernel = 0;  // for a unix socket the memory they take there, which is more
    if (::ioctl(descriptor(), SIOCOUTQ, &in_kernel) != 0) in_kernel = 0;
    return queued_bytes() + static_cast<std::size_t>(in_kernel);
}

std::size_t UvStream::read_rest(std::span<char> buffer) {
    loop_.assert_on_loop();
    const ssize_t got = ::recv(descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
}

SocketAddress UvStream::peer() const {
    if (is_unix_) return peer_address(descriptor());
    if (!peer_.is_known) peer_.keep(peer_address(descriptor()));
    return peer_.address();
}

SocketAddress UvStream::local() const {
    if (is_unix_) return local_address(descriptor());
    if (local_ == nullptr) {
        const SocketAddress local = local_address(descriptor());
        if (phase_ != Phase::Open) return local;  // not final while connecting
        local_ = std::make_unique<Endpoint>();
        local_->keep(local);
    }
    return local_->address();
}

void UvStream::fail_later(int status) {
    failed_at_once_ = std::make_unique<FailedAtOnce>(*this, status);
    uv_timer_start(
        failed_at_once_->timer.get(),
        [](uv_timer_t* uv) {
            auto* self = owner_of<UvStream>(uv);
            if (self != nullptr) self->connected(self->failed_at_once_->status);
        },
        0, 0);
}

void UvStream::connected(int status) {
    if (phase_ != Phase::Connecting) return;
    if (status != 0) return break_with(connect_failure(status));
    phase_ = Phase::Open;
    if (fin_is_wanted_ && writes_pending_ == 0) send_fin();
    observer_->on_connected();
}

void UvStream::read(ssize_t status_or_bytes, char* bytes) {
    if (status_or_bytes > 0) {
        observer_->on_bytes({bytes, static_cast<std::size_t>(status_or_bytes)});
    } else if (status_or_bytes == UV_EOF) {
        has_ended_ = true;
        stop_reading();
        observer_->on_end();
    } else if (status_or_bytes < 0) {
        break_with(Failure::BackendReset);
    }
}

void UvStream::written(int status) {
    --writes_pending_;
    if (phase_ == Phase::Broken) return;
    if (phase_ == Phase::Connecting) return;  // cancelled with the connect, which tells
    if (status != 0) return break_with(Failure::BackendReset);
    if (writes_pending_ != 0) return;
    if (fin_is_wanted_) send_fin();
    observer_->on_drained();
}

void UvStream::break_with(Failure failure) {
    phase_ = Phase::Broken;
    stop_reading();
    failed_at_once_.reset();
    observer_->on_broken(failure);
}

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
                                       const SocketAddress& peer) {
    auto stream = std::make_unique<UvStream>(loop, is_unix);
    if (!stream->take(descriptor)) return nullptr;
    if (!is_unix) stream->know_peer(peer);
    return stream;
}

}  // namespace fairlead::net
