// A stream in use: reading, writing, ending.
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <string>

#include "proxy/net/native_address.h"
#include "proxy/net/uv_stream_class.h"

namespace fairlead::net {
namespace {

/// What the kernel did not take at once. Lives until libuv's callback, also beyond the stream.
struct WriteRequest {
    uv_write_t uv{};
    std::string bytes;
};

}  // namespace

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
        ::operator delete(static_cast<void*>(this));  // clang 14 has no sized form
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

bool UvStream::is_unheard(Duration duration) const {
    if (is_unix_) return false;
    // Not TCP_USER_TIMEOUT: that ends a connection also while its peer, alive, takes nothing more.
    tcp_info info{};
    socklen_t length = sizeof info;
    if (::getsockopt(descriptor(), IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return false;
    return info.tcpi_unacked > 0 && std::chrono::milliseconds{info.tcpi_last_ack_recv} >= duration;
}

void UvStream::acknowledge() {
    if (is_unix_) return;
    // Not for good, whatever the name says: the kernel delays again once something is sent.
    const int on = 1;
    ::setsockopt(descriptor(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
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

std::optional<std::uint32_t> UvStream::peer_uid() const {
    ucred credentials{};
    socklen_t length = sizeof(credentials);
    const bool is_known =
        is_unix_ && getsockopt(descriptor(), SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0;
    // The kernel says -1 for a process of another user namespace that has no number here.
    if (!is_known || credentials.uid == static_cast<uid_t>(-1)) return std::nullopt;
    return credentials.uid;
}

Descriptor UvStream::duplicate() const {
    return Descriptor{::fcntl(descriptor(), F_DUPFD_CLOEXEC, 0)};
}

SocketAddress UvStream::local() const { return local_address(descriptor()); }

std::uint16_t UvStream::local_port() const {
    if (local_port_ != 0 || is_unix_) return local_port_;
    const std::uint16_t port = local().port;
    if (phase_ == Phase::Open) know_local_port(port);  // not final while connecting
    return port;
}

bool UvStream::has_error() const {
    int error = 0;
    socklen_t length = sizeof error;
    return ::getsockopt(descriptor(), SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0;
}

void UvStream::read(ssize_t status_or_bytes, char* bytes) {
    // libuv would read on as long as buffers come back full, 8 MiB of one connection in a turn. One
    // read a turn is fairer to the others, and cheaper: peers that get a little each stay busy,
    // where one that gets much falls asleep between the pieces and is woken for each.
    if (status_or_bytes == UV_ENOBUFS) return;
    // libuv takes a hang-up behind a read that did not fill the buffer for an end, without looking
    // and without a buffer: what a peer sent before its reset would pass for all it had to say.
    if (status_or_bytes == UV_EOF && bytes == nullptr && has_error()) {
        break_with(Failure::BackendReset);
        return;
    }
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

}  // namespace fairlead::net
