// The least a server can do for a request: epoll, one read, one write of a constant HTTP response,
// nothing looked at. What the test origin's CPU is measured against (bench/origin_floor.sh).
//
//   fairlead_echo_loop PORT RESPONSE_BYTES BODY_BYTES
//
// RESPONSE_BYTES counts the head too and is padded to, so that both sides send as much.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr int kEventsPerTurn = 1024;  // as libuv has it

std::string constant_response(std::size_t response_bytes, std::size_t body_bytes) {
    const std::string start =
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body_bytes) + "\r\nX-Pad: ";
    const std::size_t known = start.size() + 4 + body_bytes;
    const std::size_t pad = response_bytes > known ? response_bytes - known : 0;
    return start + std::string(pad, 'p') + "\r\n\r\n" + std::string(body_bytes, 'b');
}

int listen_on(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(fd, 511) != 0) {
        std::perror("cannot listen");
        std::exit(2);
    }
    return fd;
}

void watch(int epoll, int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

void accept_all(int epoll, int listener) {
    for (;;) {
        const int client = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client < 0) return;
        const int on = 1;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(epoll, client);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fputs("usage: fairlead_echo_loop PORT RESPONSE_BYTES BODY_BYTES\n", stderr);
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    const std::string response =
        constant_response(std::strtoull(argv[2], nullptr, 10), std::strtoull(argv[3], nullptr, 10));
    const int listener = listen_on(static_cast<std::uint16_t>(std::atoi(argv[1])));
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, listener);
    std::array<epoll_event, kEventsPerTurn> events{};
    static std::array<char, 64 * 1024> bytes;
    for (;;) {
        const int count = epoll_wait(epoll, events.data(), kEventsPerTurn, -1);
        for (int i = 0; i < count; ++i) {
            const int fd = events[static_cast<std::size_t>(i)].data.fd;
            if (fd == listener) {
                accept_all(epoll, listener);
            } else if (read(fd, bytes.data(), bytes.size()) <= 0 ||
                       write(fd, response.data(), response.size()) < 0) {
                close(fd);
            }
        }
    }
}
