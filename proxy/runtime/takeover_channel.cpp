#include "proxy/runtime/takeover_channel.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "proxy/runtime/saved_state.h"

namespace fairlead::runtime {
namespace {

constexpr std::size_t kHeadBytes = 4;
/// A state is escaped once more inside its message, at worst sixfold; one so strange is refused.
constexpr std::size_t kFrameBytesMax = 2 * kStateBytesMax;

using ControlBytes =
    std::array<char, CMSG_SPACE(sizeof(int) * (TakeoverChannel::kDescriptorsPerMessage + 3))>;

std::uint32_t length_of(std::string_view head) {
    std::uint32_t length = 0;
    for (std::size_t i = 0; i < kHeadBytes; ++i) {
        length = length << 8 | static_cast<unsigned char>(head[i]);
    }
    return length;
}

std::string frame_of(const std::string& text) {
    std::string frame;
    for (int shift = 24; shift >= 0; shift -= 8) {
        frame += static_cast<char>(text.size() >> shift & 0xFF);
    }
    return frame + text;
}

tl::unexpected<Error> gone(const char* deed) {
    return fail(fmt::format("the other process cannot be {}: {}", deed, std::strerror(errno)));
}

}  // namespace

std::optional<SocketPeer> socket_peer(int descriptor) {
    ucred peer{};
    socklen_t length = sizeof(peer);
    if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return std::nullopt;
    if (length != sizeof(peer)) return std::nullopt;
    return SocketPeer{peer.uid, peer.pid};
}

TakeoverChannel::TakeoverChannel(net::Descriptor connection, std::string_view already_read)
    : connection_(std::move(connection)), input_(already_read) {
    const int flags = ::fcntl(connection_.get(), F_GETFL);
    ::fcntl(connection_.get(), F_SETFL, flags | O_NONBLOCK);
}

Result<void> TakeoverChannel::put(const TakeoverMessage& message,
                                  const std::vector<int>& descriptors) {
    assert(descriptors.size() <= kDescriptorsPerMessage);
    Output next;
    const std::string text = to_json(message);
    if (text.size() > kFrameBytesMax) return fail("the state is too long for a takeover");
    next.bytes = frame_of(text);
    for (const int fd : descriptors) {
        net::Descriptor copy{::fcntl(fd, F_DUPFD_CLOEXEC, 0)};
        if (!copy.is_open()) {
            return fail("no file descriptor is left to hand sockets over", "raise LimitNOFILE=");
        }
        next.descriptors.push_back(std::move(copy));
    }
    output_.push_back(std::move(next));
    return {};
}

Result<void> TakeoverChannel::flush() {
    while (!output_.empty()) {
        Output& next = output_.front();
        iovec bytes{next.bytes.data() + next.sent, next.bytes.size() - next.sent};
        msghdr message{};
        message.msg_iov = &bytes;
        message.msg_iovlen = 1;
        alignas(cmsghdr) ControlBytes control{};
        if (!next.descriptors.empty()) {
            const std::size_t size = sizeof(int) * next.descriptors.size();
            message.msg_control = control.data();
            message.msg_controllen = CMSG_SPACE(size);
            cmsghdr* rights = CMSG_FIRSTHDR(&message);
            rights->cmsg_level = SOL_SOCKET;
            rights->cmsg_type = SCM_RIGHTS;
            rights->cmsg_len = CMSG_LEN(size);
            std::size_t at = 0;
            for (const net::Descriptor& each : next.descriptors) {
                const int fd = each.get();
                std::memcpy(CMSG_DATA(rights) + at, &fd, sizeof(fd));
                at += sizeof(fd);
            }
        }
        const ssize_t sent = ::sendmsg(connection_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {};
        if (sent < 0) return gone("told");
        next.descriptors.clear();  // on their way with the first byte
        next.sent += static_cast<std::size_t>(sent);
        if (next.sent == next.bytes.size()) output_.pop_front();
    }
    return {};
}

/// @param most  what the message at hand still lacks: a read that goes on into the next one could
///              not tell which of the two its descriptors belong to
/// @return whether anything came
Result<bool> TakeoverChannel::receive(std::size_t most) {
    std::array<char, 64 * 1024> bytes;
    alignas(cmsghdr) ControlBytes control;
    iovec place{bytes.data(), std::min(most, bytes.size())};
    msghdr message{};
    message.msg_iov = &place;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = ::recvmsg(connection_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return false;
        is_closed_ = errno == ECONNRESET || errno == EPIPE;
        return gone("heard");
    }
    for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr;
         each = CMSG_NXTHDR(&message, each)) {
        if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t size = each->cmsg_len - CMSG_LEN(0);
        for (std::size_t at = 0; at + sizeof(int) <= size; at += sizeof(int)) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(each) + at, sizeof(fd));
            descriptors_.emplace_back(fd);
        }
    }
    if ((message.msg_flags & MSG_CTRUNC) != 0) {
        return fail("not every socket of the other process could be taken",
                    "raise the limit of file descriptors (LimitNOFILE=, ulimit -n)");
    }
    if (descriptors_.size() > kTakeoverSocketsMax) {
        return fail("the other process hands over more sockets than it said");
    }
    if (got == 0) {
        is_closed_ = true;
        return fail("the other process closed the connection");
    }
    input_.append(bytes.data(), static_cast<std::size_t>(got));
    return true;
}

std::optional<std::string> TakeoverChannel::next_frame(std::string& wrong) {
    if (input_.size() < kHeadBytes) return std::nullopt;
    const std::size_t length = length_of(input_);
    if (length > kFrameBytesMax) {
        wrong = fmt::format("a takeover message of {} bytes is too long", length);
        return std::nullopt;
    }
    if (input_.size() < kHeadBytes + length) return std::nullopt;
    std::string frame = input_.substr(kHeadBytes, length);
    input_.erase(0, kHeadBytes + length);
    return frame;
}

Result<std::optional<TakeoverMessage>> TakeoverChannel::take() {
    while (true) {
        std::string wrong;
        const std::optional<std::string> frame = next_frame(wrong);
        if (!wrong.empty()) return fail(std::move(wrong));
        if (frame) {
            Result<TakeoverMessage> message = parse_takeover(*frame);
            if (!message) return fail(std::move(message).error());
            return std::optional<TakeoverMessage>{std::move(*message)};
        }
        const std::size_t whole =
            input_.size() < kHeadBytes ? kHeadBytes : kHeadBytes + length_of(input_);
        const Result<bool> came = receive(whole - input_.size());
        if (!came) return fail(came.error());
        if (!*came) return std::optional<TakeoverMessage>{};
    }
}

Result<std::vector<net::Descriptor>> TakeoverChannel::take_descriptors(std::size_t count) {
    // They come with the first byte of their message, so all of a whole message are here.
    if (descriptors_.size() < count) {
        return fail(fmt::format("the other process handed over {} sockets of {}",
                                descriptors_.size(), count));
    }
    std::vector<net::Descriptor> taken;
    while (taken.size() < count) {
        taken.push_back(std::move(descriptors_.front()));
        descriptors_.pop_front();
    }
    return taken;
}

Result<void> TakeoverChannel::wait(Time end) {
    while (true) {
        const Duration left = end - SystemClock{}.now();
        if (left <= Duration::zero()) return fail("the other process does not answer in time");
        pollfd wait{connection_.get(), POLLIN, 0};
        if (has_output()) wait.events |= POLLOUT;
        const int ready = ::poll(&wait, 1, static_cast<int>(milliseconds(left)) + 1);
        if (ready > 0) return {};
        if (ready < 0 && errno != EINTR) return gone("heard");
    }
}

}  // namespace fairlead::runtime
