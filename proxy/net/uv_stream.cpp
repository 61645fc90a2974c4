#include "proxy/net/uv_stream.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <new>
#include <string>

#include "proxy/net/handle.h"
#include "proxy/net/native_address.h"
#include "proxy/net/uv_failure.h"

namespace fairlead::net {
namespace {

/// What the kernel did not take at once. Lives until libuv's callback, also beyond the stream.
struct WriteRequest {
    uv_write_t uv{};
    std::string bytes;
};

/// There is one of these per connection, so its size counts: the handle is a part of it, small
/// things share a word, and addresses are kept without a string. libuv needs the handle until its
/// close callback, so `delete` is immediate for everybody else and gives the memory back then.
/// Unix sockets are in a uv_tcp_t too, which asks only for a connected stream socket and is smaller
/// than a uv_pipe_t.
class UvStream final : public Stream {
  public:
    UvStream(Loop& loop, bool is_unix)
        : writes_pending_(0),
          phase_(Phase::Open),
          life_(Life::Open),
          is_dropped_(false),
          is_unix_(is_unix),
          is_reading_(false),
          is_sated_(false),
          has_ended_(false),
          fin_is_wanted_(false) {
        [[maybe_unused]] const int status = uv_tcp_init(loop.raw(), &uv_);
        assert(status == 0 && "libuv only stores at this point");
        uv_.data = this;
    }
    static void operator delete(UvStream* self, std::destroying_delete_t) { self->drop(); }

    void connect(const SocketAddress& to);
    bool take(int descriptor);
    void know_peer(const SocketAddress& peer) const {
        peer_ip_ = peer.ip;
        peer_port_ = peer.port;
    }
    void know_local_port(std::uint16_t port) const { local_port_ = port; }

    void set_observer(StreamObserver& observer) override { observer_ = &observer; }
    void start_reading() override;
    void stop_reading() override;
    bool is_reading() const override { return is_reading_; }
    bool write(std::span<const Bytes> pieces) override;
    std::size_t queued_bytes() const override;
    void shutdown_write() override;
    void reset() override;
    bool has_pending_input() const override;
    bool has_unread_bytes() const override;
    std::size_t unacknowledged_bytes() const override;
    std::size_t read_rest(std::span<char> buffer) override;
    SocketAddress peer() const override;
    SocketAddress local() const override;
    std::uint16_t local_port() const override;

  private:
    enum class Phase : std::uint8_t { Connecting, Open, Broken };
    enum class Life : std::uint8_t {
        Open,
        Closing,  // libuv still has the handle
        Closed,
    };
    /// Says later how connecting ended at once. Only made when that happens.
    struct EndedAtOnce {
        EndedAtOnce(UvStream& stream, int with)
            : status(with),
              timer(&stream, [&](uv_timer_t* uv) { return uv_timer_init(stream.uv_.loop, uv); }) {}
        int status;
        Handle<uv_timer_t> timer;
    };

    /// Whom a callback is for; null once the handle is closed.
    static UvStream* of(const void* data) {
        auto* self = static_cast<UvStream*>(const_cast<void*>(data));
        return self->life_ == Life::Open ? self : nullptr;
    }
    Loop& loop() const { return Loop::of(uv_.loop); }
    uv_stream_t* stream() const { return reinterpret_cast<uv_stream_t*>(&uv_); }
    int descriptor() const;
    void connect_unix(const std::string& path);
    ssize_t send_now(std::span<const iovec> pieces) const;
    bool queue(std::span<const Bytes> pieces, std::size_t taken_bytes);
    void send_fin();
    void tell_later(int status);
    void tell_at_last();
    void close_handle();
    void drop();

    void connected(int status);
    void read(ssize_t status_or_bytes, char* bytes);
    void written(int status);
    void break_with(Failure failure);

    mutable uv_tcp_t uv_{};  // `data` is this
    StreamObserver* observer_ = nullptr;
    std::unique_ptr<EndedAtOnce> ended_at_once_;
    mutable IpAddress peer_ip_;
    mutable std::uint16_t peer_port_ = 0;  // 0: not known yet, as below
    mutable std::uint16_t local_port_ = 0;
    std::uint32_t writes_pending_ : 22;  // uv_write requests libuv still has
    Phase phase_ : 2;
    Life life_ : 2;
    bool is_dropped_ : 1;  // nobody has it any more
    bool is_unix_ : 1;
    bool is_reading_ : 1;
    bool is_sated_ : 1;       // its last read filled the buffer: the next one waits for its turn
    bool has_ended_ : 1;      // the peer's FIN has been told
    bool fin_is_wanted_ : 1;  // shutdown_write was called
};
// What glibc's malloc rounds up to 304 bytes.
static_assert(sizeof(UvStream) <= sizeof(uv_tcp_t) + 48, "counts for every idle client");

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

void UvStream::close_handle() {
    life_ = Life::Closing;
    close_part(reinterpret_cast<uv_handle_t*>(&uv_), [](uv_handle_t* closed) {
        auto* self = static_cast<UvStream*>(closed->data);
        self->life_ = Life::Closed;
        if (self->is_dropped_) self->drop();
    });
}

/// Destroys it, or sees to it that the close callback does.
void UvStream::drop() {
    is_dropped_ = true;
    if (life_ == Life::Closed) {
        this->~UvStream();
        ::operator delete(this, sizeof(UvStream));
        return;
    }
    ended_at_once_.reset();
    if (life_ == Life::Open) close_handle();
}

int UvStream::descriptor() const {
    uv_os_fd_t fd = -1;
    if (life_ != Life::Open) return -1;
    return uv_fileno(reinterpret_cast<uv_handle_t*>(&uv_), &fd) == 0 ? fd : -1;
}

void UvStream::start_reading() {
    loop().assert_on_loop();
    assert(observer_ != nullptr);
    if (is_reading_ || has_ended_ || phase_ == Phase::Broken) return;
    if (ended_at_once_ != nullptr) {
        is_reading_ = ended_at_once_->status == 0;  // not really before that has been told
        return;
    }
    is_sated_ = false;
    const int status = uv_read_start(
        stream(),
        [](uv_handle_t* uv, std::size_t, uv_buf_t* buffer) {
            auto* self = of(uv->data);
            if (self != nullptr && self->is_sated_) {
                self->is_sated_ = false;
                *buffer = uv_buf_init(nullptr, 0);  // ends libuv's loop, told as UV_ENOBUFS
                return;
            }
            const std::span<char> scratch =
                self == nullptr ? std::span<char>{} : self->loop().scratch();
            buffer->base = scratch.data();
            buffer->len = scratch.size();
        },
        [](uv_stream_t* uv, ssize_t status_or_bytes, const uv_buf_t* buffer) {
            auto* self = of(uv->data);
            if (self != nullptr) self->read(status_or_bytes, buffer->base);
        });
    // Refused only for a socket whose connect failed at once, which is told later.
    is_reading_ = status == 0;
}

void UvStream::stop_reading() {
    loop().assert_on_loop();
    if (!is_reading_) return;
    is_reading_ = false;
    uv_read_stop(stream());
}

/// What the kernel takes now. Not by uv_try_write, whose write() and writev() pass through the file
/// layer first: a small request costs 2 % less CPU this way.
/// @return bytes taken, 0 when it takes none at present, -1 when the connection is broken
ssize_t UvStream::send_now(std::span<const iovec> pieces) const {
    constexpr int kFlags = MSG_NOSIGNAL | MSG_DONTWAIT;
    ssize_t taken = 0;
    do {
        if (pieces.size() == 1) {
            taken = ::send(descriptor(), pieces[0].iov_base, pieces[0].iov_len, kFlags);
        } else {
            msghdr message{};
            message.msg_iov = const_cast<iovec*>(pieces.data());
            message.msg_iovlen = pieces.size();
            taken = ::sendmsg(descriptor(), &message, kFlags);
        }
    } while (taken < 0 && errno == EINTR);
    if (taken >= 0) return taken;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ? 0 : -1;
}

bool UvStream::write(std::span<const Bytes> pieces) {
    loop().assert_on_loop();
    assert(!fin_is_wanted_ && "nothing can be written after shutdown_write");
    if (phase_ == Phase::Broken) return false;
    if (phase_ == Phase::Connecting || writes_pending_ != 0) return queue(pieces, 0);

    constexpr std::size_t kPiecesPerCall = 64;
    std::array<iovec, kPiecesPerCall> buffers;
    while (!pieces.empty()) {
        const auto group = pieces.first(std::min(pieces.size(), kPiecesPerCall));
        std::size_t wanted = 0;
        std::size_t count = 0;
        for (const Bytes piece : group) {
            if (piece.empty()) continue;
            buffers[count].iov_base = const_cast<char*>(piece.data());  // the kernel only reads it
            buffers[count].iov_len = piece.size();
            ++count;
            wanted += piece.size();
        }
        if (count != 0) {
            const ssize_t taken = send_now(std::span(buffers.data(), count));
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
    if (ended_at_once_ != nullptr && ended_at_once_->status != 0) return true;  // on_broken will
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
            auto* self = of(done->handle->data);
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
    return life_ == Life::Open ? uv_stream_get_write_queue_size(stream()) : 0;
}

void UvStream::shutdown_write() {
    loop().assert_on_loop();
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
    loop().assert_on_loop();
    if (const int fd = descriptor(); fd >= 0) {
        const linger abort{1, 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
    }
    phase_ = Phase::Broken;
    is_reading_ = false;
    ended_at_once_.reset();
    if (life_ == Life::Open) close_handle();
}

bool UvStream::has_pending_input() const {
    if (phase_ == Phase::Broken || has_ended_) return true;
    char byte = 0;
    const ssize_t got = ::recv(descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

bool UvStream::has_unread_bytes() const {
    char byte = 0;
    return !has_ended_ && ::recv(descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

std::size_t UvStream::unacknowledged_bytes() const {
    int in_kernel = 0;  // for a unix socket the memory they take there, which is more
    if (::ioctl(descriptor(), SIOCOUTQ, &in_kernel) != 0) in_kernel = 0;
    return queued_bytes() + static_cast<std::size_t>(in_kernel);
}

std::size_t UvStream::read_rest(std::span<char> buffer) {
    loop().assert_on_loop();
    const ssize_t got = ::recv(descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
}

SocketAddress UvStream::peer() const {
    if (is_unix_) return peer_address(descriptor());
    if (peer_port_ == 0) know_peer(peer_address(descriptor()));
    return {peer_ip_, peer_port_, {}};
}

SocketAddress UvStream::local() const { return local_address(descriptor()); }

std::uint16_t UvStream::local_port() const {
    if (local_port_ != 0 || is_unix_) return local_port_;
    const std::uint16_t port = local().port;
    if (phase_ == Phase::Open) know_local_port(port);  // not final while connecting
    return port;
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

void UvStream::read(ssize_t status_or_bytes, char* bytes) {
    // libuv would read on as long as buffers come back full, 8 MiB of one connection in a turn. One
    // read a turn is fairer to the others, and cheaper: peers that get a little each stay busy,
    // where one that gets much falls asleep between the pieces and is woken for each.
    if (status_or_bytes == UV_ENOBUFS) return;
    if (status_or_bytes > 0) {
        is_sated_ = static_cast<std::size_t>(status_or_bytes) == kScratchBytes;
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
    ended_at_once_.reset();
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
                                       const SocketAddress& peer, std::uint16_t local_port) {
    auto stream = std::make_unique<UvStream>(loop, is_unix);
    if (!stream->take(descriptor)) return nullptr;
    if (is_unix) return stream;
    stream->know_peer(peer);
    stream->know_local_port(local_port);
    return stream;
}

}  // namespace fairlead::net
