#include "tests/scenarios/support/fake_backend.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace fairlead::scenarios {
namespace {

constexpr int kBacklog = 512;

[[noreturn]] void give_up(const char* what) {
    std::perror(what);
    std::abort();
}

/// A socket bound to 127.0.0.1; `port` 0 becomes the one the kernel chose.
int bind_loopback(std::uint16_t& port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(descriptor, generic, size) != 0) give_up("fake backend: bind");
    ::getsockname(descriptor, generic, &size);
    port = ntohs(address.sin_port);
    return descriptor;
}

std::string loopback_text(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

}  // namespace

Message Peer::read_request() {
    Message request = Wire::read_request();
    if (!request.head.empty()) note(request);
    return request;
}

void Peer::note(const Message& request) { backend.note(request); }

FakeBackend::FakeBackend(Script script, std::uint16_t port)
    : script_(std::move(script)), port_(port) {
    const int descriptor = bind_loopback(port_);
    address_ = loopback_text(port_);
    start(descriptor);
}

FakeBackend::FakeBackend(Script script, const std::string& place) : script_(std::move(script)) {
    if (place.starts_with("unix:")) {
        unlink_path_ = place.substr(std::strlen("unix:"));
        const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, unlink_path_.c_str(), sizeof address.sun_path - 1);
        if (::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            give_up("fake backend: bind unix");
        }
        address_ = place;
        start(descriptor);
        return;
    }
    const int descriptor = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(descriptor, generic, size) != 0) give_up("fake backend: bind IPv6");
    ::getsockname(descriptor, generic, &size);
    port_ = ntohs(address.sin6_port);
    address_ = place + ":" + std::to_string(port_);
    start(descriptor);
}

void FakeBackend::start(int descriptor) {
    listener_ = descriptor;
    if (::listen(listener_, kBacklog) != 0) give_up("fake backend: listen");
    if (::pipe2(stop_pipe_, O_CLOEXEC) != 0) give_up("fake backend: pipe");
    acceptor_ = std::thread([this] { accept_all(); });
}

FakeBackend::~FakeBackend() {
    stop_listening();
    {
        const std::lock_guard lock(mutex_);
        for (const auto& peer : peers_) peer->interrupt();
    }
    for (std::thread& thread : threads_) thread.join();
    ::close(stop_pipe_[0]);
    ::close(stop_pipe_[1]);
    if (!unlink_path_.empty()) ::unlink(unlink_path_.c_str());
}

void FakeBackend::stop_listening() {
    if (!acceptor_.joinable()) return;
    const char byte = 0;
    if (::write(stop_pipe_[1], &byte, 1) != 1) give_up("fake backend: stop");
    acceptor_.join();
    ::close(std::exchange(listener_, -1));
}

void FakeBackend::accept_all() {
    while (true) {
        pollfd watched[2] = {{listener_, POLLIN, 0}, {stop_pipe_[0], POLLIN, 0}};
        ::poll(watched, 2, -1);
        if (watched[1].revents != 0) return;
        const int accepted = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (accepted < 0) continue;
        const std::lock_guard lock(mutex_);
        peers_.push_back(std::make_unique<Peer>(accepted, *this, peers_.size()));
        Peer& peer = *peers_.back();
        threads_.emplace_back([this, &peer] {
            script_(peer);
            peer.close();
        });
        changed_.notify_all();
    }
}

std::size_t FakeBackend::connections() const {
    const std::lock_guard lock(mutex_);
    return peers_.size();
}

std::vector<Message> FakeBackend::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

void FakeBackend::note(const Message& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    ++request_count_;
    changed_.notify_all();
}

bool FakeBackend::wait_for_requests(std::size_t count) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return requests_.size() >= count; });
}

bool FakeBackend::wait_for_connections(std::size_t count) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return peers_.size() >= count; });
}

FakeBackend::Script serve(FakeBackend::Answer answer) {
    return [answer = std::move(answer)](Peer& peer) {
        while (true) {
            const Message request = peer.read_request();
            if (!request.is_whole || !peer.send(answer(request))) return;
        }
    };
}

FakeBackend::Script serve(std::string answer) {
    return serve([answer = std::move(answer)](const Message&) { return answer; });
}

std::string ok(std::string_view body, std::string_view fields) {
    std::string answer = "HTTP/1.1 200 OK\r\n";
    answer.append(fields).append("Content-Length: ").append(std::to_string(body.size()));
    return answer.append("\r\n\r\n").append(body);
}

RefusingAddress::RefusingAddress() {
    std::uint16_t port = 0;
    descriptor_ = bind_loopback(port);  // bound, never listening
    address_ = loopback_text(port);
}

RefusingAddress::~RefusingAddress() { ::close(descriptor_); }

SilentAddress::SilentAddress() {
    std::uint16_t port = 0;
    listener_ = bind_loopback(port);
    address_ = loopback_text(port);
    if (::listen(listener_, 0) != 0) give_up("silent address: listen");
    // Nobody accepts: the kernel completes one or two connections, then drops what comes.
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int filler = 0; filler < 4; ++filler) {
        fillers_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        ::connect(fillers_.back(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
}

SilentAddress::~SilentAddress() {
    for (const int filler : fillers_) ::close(filler);
    ::close(listener_);
}

}  // namespace fairlead::scenarios
