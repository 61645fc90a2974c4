/// Makes listening sockets. Nothing here touches a loop.
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>

#include "proxy/net/bind_error.h"
#include "proxy/net/listener.h"
#include "proxy/net/native_address.h"

namespace fairlead::net {
namespace {

constexpr int kBacklog = 4096;  // the kernel cuts it to net.core.somaxconn

bool set(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

Descriptor open_socket(int family) {
    return Descriptor{::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
}

/// What to bind to on the system's side.
struct Native {
    sockaddr_storage storage{};
    socklen_t length = 0;
    bool is_dual = false;

    int family() const { return storage.ss_family; }
    const sockaddr* generic() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Native native_of(const BindAddress& address, bool has_v6) {
    Native native;
    SocketAddress to = address.address;
    if (address.any) {
        to.ip = IpAddress{};  // "::"
        if (!has_v6) to.ip.bytes[10] = to.ip.bytes[11] = 0xFF;
        native.is_dual = has_v6;
    }
    native.length = to_native(to, native.storage);
    return native;
}

/// A bound TCP socket, not yet listening; closed with errno set when that failed.
Descriptor bind_tcp(const Native& native, bool shares_port) {
    Descriptor socket = open_socket(native.family());
    if (!socket.is_open()) return socket;
    const int fd = socket.get();
    bool is_fine = set(fd, SOL_SOCKET, SO_REUSEADDR, 1);  // in spite of connections in TIME_WAIT
    if (shares_port) is_fine = is_fine && set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (native.family() == AF_INET6) {
        is_fine = is_fine && set(fd, IPPROTO_IPV6, IPV6_V6ONLY, native.is_dual ? 0 : 1);
    }
    if (is_fine && ::bind(fd, native.generic(), native.length) == 0) return socket;
    const int reason = errno;
    socket = Descriptor{};
    errno = reason;
    return socket;
}

/// Does a program accept on this path? A file nobody listens on refuses.
bool is_answered(const sockaddr_storage& native, socklen_t length) {
    const Descriptor probe = open_socket(AF_UNIX);
    const int status = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&native), length);
    return status == 0 || errno != ECONNREFUSED;  // EAGAIN: its backlog is full
}

/// Lets nobody new in, while whoever is connecting still gets in and is accepted. Without that a
/// client that comes between the last accept() and close() is reset over its request.
void turn_away(int fd, bool is_unix) {
    if (is_unix) {
        ::shutdown(fd, SHUT_RD);
        return;
    }
    // The filter sees the TCP header: a SYN is dropped, the last step of a handshake is not.
    constexpr std::uint32_t kFlagsByte = 13;
    constexpr std::uint32_t kSyn = 0x02;
    constexpr std::uint32_t kAck = 0x10;
    constexpr std::uint32_t kWhole = 0xFFFFFFFF;
    sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kFlagsByte),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, kSyn | kAck),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kSyn, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, kWhole),
    };
    const sock_fprog program{std::size(code), code};
    // Where it is not allowed, closing is as it would be without.
    (void)::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

}  // namespace

struct SocketSet::State {
    ~State() {
        if (!is_ours) return;
        const bool is_unix = address.address.is_unix();
        if (is_unix) remove_file();
        for (const Descriptor& socket : sockets) turn_away(socket.get(), is_unix);
    }

    void remove_file() const {
        // Only the file of this very socket: another instance may have put its own there since.
        const char* const path = address.address.unix_path.c_str();
        struct stat now {};
        if (S_ISSOCK(file.st_mode) && ::lstat(path, &now) == 0 && now.st_dev == file.st_dev &&
            now.st_ino == file.st_ino) {
            ::unlink(path);
        }
    }

    static Result<std::unique_ptr<State>> bind_tcp(const BindAddress& address, unsigned workers,
                                                   bool is_tried);
    static Result<std::unique_ptr<State>> bind_unix(const BindAddress& address, unsigned mode);

    BindAddress address;
    std::vector<Descriptor> sockets;  // one per worker, or one for all
    struct stat file {};              // of the unix socket
    bool is_ours = true;
    SocketOwner lends_as = SocketOwner::Lender;
};

Result<std::unique_ptr<SocketSet::State>> SocketSet::State::bind_tcp(const BindAddress& address,
                                                                     unsigned workers,
                                                                     bool is_tried) {
    auto state = std::make_unique<State>();
    state->address = address;
    const auto failed = [&] { return fail(tcp_bind_error(state->address, errno)); };

    Native native = native_of(address, true);
    // Alone at first: with SO_REUSEPORT a second instance of this program would be let in, and take
    // half of the connections. The option is set afterwards, so there is no gap for one either.
    Descriptor first = net::bind_tcp(native, !is_tried);
    if (!first.is_open() && errno == EAFNOSUPPORT && address.any) {
        native = native_of(address, false);
        first = net::bind_tcp(native, !is_tried);
    }
    if (!first.is_open()) return failed();
    if (!set(first.get(), SOL_SOCKET, SO_REUSEPORT, 1)) return failed();
    state->address.address.port = local_address(first.get()).port;
    native = native_of(state->address, native.is_dual || native.family() == AF_INET6);

    state->sockets.push_back(std::move(first));
    while (state->sockets.size() < workers) {
        Descriptor next = net::bind_tcp(native, true);
        if (!next.is_open()) return failed();
        state->sockets.push_back(std::move(next));
    }
    // Listening begins when all are bound: nobody connects to a set that then fails.
    for (const Descriptor& socket : state->sockets) {
        set(socket.get(), IPPROTO_TCP, TCP_NODELAY, 1);  // accepted sockets inherit it
        if (::listen(socket.get(), kBacklog) != 0) return failed();
    }
    return state;
}

Result<std::unique_ptr<SocketSet::State>> SocketSet::State::bind_unix(const BindAddress& address,
                                                                      unsigned mode) {
    const std::string& path = address.address.unix_path;
    const auto failed = [&](int reason) { return fail(unix_bind_error(address, reason)); };
    if (path.size() > unix_path_bytes_max()) return failed(ENAMETOOLONG);

    sockaddr_storage native{};
    const socklen_t length = to_native(address.address, native);
    struct stat there {};
    if (::lstat(path.c_str(), &there) == 0) {
        if (!S_ISSOCK(there.st_mode)) return failed(EEXIST);
        if (is_answered(native, length)) return failed(EADDRINUSE);
        if (::unlink(path.c_str()) != 0) return failed(errno);
    }

    Descriptor socket = open_socket(AF_UNIX);
    // Linux makes the file with the mode of the socket: there is no moment in which it has another,
    // and nothing of the process (its umask) has to change for it.
    if (!socket.is_open() || ::fchmod(socket.get(), mode) != 0 ||
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&native), length) != 0) {
        return failed(errno);
    }
    auto state = std::make_unique<State>();
    ::lstat(path.c_str(), &state->file);
    state->address = address;  // from here on the file goes with the state
    if (::listen(socket.get(), kBacklog) != 0) return failed(errno);
    state->sockets.push_back(std::move(socket));
    return state;
}

Result<SocketSet> SocketSet::bind(const BindAddress& address, unsigned workers,
                                  unsigned unix_mode) {
    assert(workers > 0);
    auto state = address.address.is_unix() ? State::bind_unix(address, unix_mode)
                                           : State::bind_tcp(address, workers, true);
    if (!state) return fail(std::move(state).error());
    return SocketSet{std::move(*state)};
}

Result<SocketSet> SocketSet::bind_beside(const BindAddress& address, unsigned workers) {
    assert(workers > 0 && !address.address.is_unix());
    auto state = State::bind_tcp(address, workers, false);
    if (!state) return fail(std::move(state).error());
    return SocketSet{std::move(*state)};
}

int try_bind(const BindAddress& address) {
    if (bind_tcp(native_of(address, true), true).is_open()) return 0;
    if (errno != EAFNOSUPPORT || !address.any) return errno;
    return bind_tcp(native_of(address, false), true).is_open() ? 0 : errno;
}

bool is_listening_on(int descriptor, const BindAddress& address) {
    const auto option = [&](int level, int name) {
        int value = -1;
        socklen_t length = sizeof(value);
        return ::getsockopt(descriptor, level, name, &value, &length) == 0 ? value : -1;
    };
    if (option(SOL_SOCKET, SO_TYPE) != SOCK_STREAM) return false;
    if (option(SOL_SOCKET, SO_ACCEPTCONN) != 1) return false;
    const SocketAddress bound = local_address(descriptor);
    if (address.address.is_unix()) return bound.unix_path == address.address.unix_path;
    if (bound.is_unix()) return false;
    if (address.address.port != 0 && bound.port != address.address.port) return false;
    const int family = option(SOL_SOCKET, SO_DOMAIN);
    const bool is_dual = family == AF_INET6 && option(IPPROTO_IPV6, IPV6_V6ONLY) == 0;
    if (!address.any) return bound.ip == address.address.ip && !is_dual;
    // Every address: "::" with IPv4 let in, or "0.0.0.0" on a machine that has no IPv6.
    IpAddress every_v4;
    every_v4.bytes[10] = every_v4.bytes[11] = 0xFF;
    return is_dual ? bound.ip == IpAddress{} : family == AF_INET && bound.ip == every_v4;
}

Result<SocketSet> SocketSet::adopt(const BindAddress& address, std::vector<Descriptor> inherited,
                                   SocketOwner owner) {
    if (inherited.empty()) {
        return fail(fmt::format("no socket was handed over for {}", address.text()));
    }
    auto state = std::make_unique<State>();
    state->is_ours = false;
    state->lends_as = owner;
    state->address = address;
    for (const Descriptor& socket : inherited) {
        const int fd = socket.get();
        if (!is_listening_on(fd, state->address)) {
            return fail(fmt::format("descriptor {} is not a socket that listens on {}", fd,
                                    state->address.text()));
        }
        // All of one set have the same port, also when any would do.
        if (!address.address.is_unix()) state->address.address.port = local_address(fd).port;
        const int flags = ::fcntl(fd, F_GETFL);
        if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
            ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
            return fail(fmt::format("cannot use descriptor {} for {}", fd, address.text()));
        }
        if (!address.address.is_unix()) set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    }
    if (address.address.is_unix()) ::lstat(address.address.unix_path.c_str(), &state->file);
    state->sockets = std::move(inherited);
    return SocketSet{std::move(state)};
}

SocketSet::SocketSet(std::unique_ptr<State> state) : state_(std::move(state)) {}
SocketSet::SocketSet(SocketSet&&) noexcept = default;
SocketSet& SocketSet::operator=(SocketSet&&) noexcept = default;
SocketSet::~SocketSet() = default;

int SocketSet::descriptor(unsigned worker) const {
    return state_->sockets[worker % state_->sockets.size()].get();
}

std::vector<int> SocketSet::descriptors_for(unsigned worker, unsigned workers) const {
    assert(worker < workers);
    const std::size_t count = state_->sockets.size();
    std::vector<int> own;
    if (count < workers) {
        own.push_back(descriptor(worker));
        return own;
    }
    for (std::size_t index = worker; index < count; index += workers) {
        own.push_back(state_->sockets[index].get());
    }
    return own;
}

std::vector<int> SocketSet::descriptors() const {
    std::vector<int> all;
    for (const Descriptor& socket : state_->sockets) all.push_back(socket.get());
    return all;
}

void SocketSet::take() {
    if (state_->lends_as == SocketOwner::Lender) state_->is_ours = true;
}

void SocketSet::leave() { state_->is_ours = false; }

SocketOwner SocketSet::lends_as() const { return state_->lends_as; }

const BindAddress& SocketSet::address() const { return state_->address; }

}  // namespace fairlead::net
