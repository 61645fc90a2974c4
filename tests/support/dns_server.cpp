#include "tests/support/dns_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace fairlead::test {
namespace {

constexpr std::uint16_t kA = 1;
constexpr std::uint16_t kAaaa = 28;
constexpr std::uint16_t kSrv = 33;
constexpr std::size_t kHeaderBytes = 12;

std::string number16(std::uint16_t value) {
    return {static_cast<char>(value >> 8U), static_cast<char>(value & 0xFFU)};
}

std::string number32(std::uint32_t value) {
    return number16(static_cast<std::uint16_t>(value >> 16U)) +
           number16(static_cast<std::uint16_t>(value & 0xFFFFU));
}

int listening(int type, std::uint16_t port) {
    const int made = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(made, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) {
        ::close(made);
        return -1;
    }
    if (type == SOCK_STREAM) ::listen(made, 16);
    return made;
}

std::uint16_t port_of(int socket) {
    sockaddr_in where{};
    socklen_t size = sizeof where;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&where), &size);
    return ntohs(where.sin_port);
}

std::string address(int family, const std::string& text) {
    char bytes[sizeof(in6_addr)];
    if (::inet_pton(family, text.c_str(), bytes) != 1) std::abort();
    return {bytes, family == AF_INET ? 4U : 16U};
}

/// The name asked for, in lower case, and where the question ends.
std::pair<std::string, std::size_t> name_in(const std::string& question) {
    std::string name;
    std::size_t at = kHeaderBytes;
    while (at < question.size() && question[at] != 0) {
        const auto size = static_cast<unsigned char>(question[at]);
        if (!name.empty()) name += '.';
        for (const char c : question.substr(at + 1, size)) {
            name += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
        }
        at += size + 1U;
    }
    return {name, at + 5};
}

}  // namespace

std::string dns_name(const std::string& name) {
    std::string out;
    std::size_t from = 0;
    while (from < name.size()) {
        const std::size_t dot = std::min(name.find('.', from), name.size());
        out += static_cast<char>(dot - from);
        out += name.substr(from, dot - from);
        from = dot + 1;
    }
    return out + '\0';
}

DnsServer::DnsServer() {
    // The port that UDP was given may be taken for TCP.
    while (tcp_ < 0) {
        udp_ = listening(SOCK_DGRAM, 0);
        port_ = port_of(udp_);
        tcp_ = listening(SOCK_STREAM, port_);
        if (tcp_ < 0) ::close(udp_);
    }
    if (::pipe(stop_) != 0) std::abort();
    thread_ = std::thread([this] { serve(); });
}

DnsServer::~DnsServer() {
    ::close(stop_[1]);
    thread_.join();
    for (const int each : {stop_[0], udp_, tcp_}) ::close(each);
}

void DnsServer::put(const std::string& name, std::uint16_t type, Entry entry) {
    const std::lock_guard lock(mutex_);
    entries_[{name, type}] = std::move(entry);
}

void DnsServer::set(const std::string& name, std::vector<std::string> addresses,
                    std::uint32_t ttl_s) {
    Entry entry;
    entry.ttl_s = ttl_s;
    for (const std::string& each : addresses) entry.records.push_back(address(AF_INET, each));
    put(name, kA, std::move(entry));
}

void DnsServer::set_v6(const std::string& name, std::vector<std::string> addresses) {
    Entry entry;
    for (const std::string& each : addresses) entry.records.push_back(address(AF_INET6, each));
    put(name, kAaaa, std::move(entry));
}

void DnsServer::set_services(const std::string& name, std::vector<Service> services) {
    Entry entry;
    for (const Service& each : services) {
        entry.records.push_back(number16(each.priority) + number16(each.weight) +
                                number16(each.port) + dns_name(each.target));
    }
    put(name, kSrv, std::move(entry));
}

std::string DnsServer::answer(const std::string& question, bool is_udp) {
    if (question.size() < kHeaderBytes + 5) return {};
    ++asked_;
    const auto [name, end] = name_in(question);
    if (end > question.size()) return {};
    const auto type =
        static_cast<std::uint16_t>(static_cast<unsigned char>(question[end - 4]) << 8U |
                                   static_cast<unsigned char>(question[end - 3]));
    const Mood mood = type == kAaaa && v6_mood_ != Mood::Good ? v6_mood_ : mood_;
    if (mood == Mood::Silent) return {};
    Entry entry;
    bool is_known = false;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [key, each] : entries_) {
            is_known = is_known || key.first == name;
            if (key == std::pair(name, type)) entry = each;
        }
    }
    std::uint16_t flags = 0x8580;  // an answer, with authority, recursion as asked
    if (mood == Mood::ServerFailure) flags |= 2;
    if (mood == Mood::NoSuchName || !is_known) flags |= 3;
    const bool is_truncated = mood == Mood::Truncated && is_udp;
    if (is_truncated) flags |= 0x0200;
    if ((flags & 0x0FU) != 0 || is_truncated) entry.records.clear();
    std::string out = question.substr(0, 2) + number16(flags) + number16(1) +
                      number16(static_cast<std::uint16_t>(entry.records.size())) + number32(0) +
                      question.substr(kHeaderBytes, end - kHeaderBytes);
    for (const std::string& record : entry.records) {
        out += std::string("\xC0\x0C") + number16(type) + number16(1) + number32(entry.ttl_s) +
               number16(static_cast<std::uint16_t>(record.size())) + record;
    }
    if (mood == Mood::CutOff) out.pop_back();
    return out;
}

void DnsServer::serve_udp() {
    char bytes[4096];
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const ssize_t got =
        ::recvfrom(udp_, bytes, sizeof bytes, 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got <= 0) return;
    const std::string out = answer({bytes, static_cast<std::size_t>(got)}, true);
    if (out.empty()) return;
    ::sendto(udp_, out.data(), out.size(), 0, reinterpret_cast<const sockaddr*>(&from), size);
}

/// One connection, until its client closes it: there is one client.
void DnsServer::serve_tcp() {
    const int client = ::accept(tcp_, nullptr, nullptr);
    if (client < 0) return;
    timeval patience{2, 0};
    ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    for (;;) {
        char bytes[2];
        if (::recv(client, bytes, 2, MSG_WAITALL) != 2) break;
        std::string question(static_cast<std::size_t>(static_cast<unsigned char>(bytes[0])) << 8U |
                                 static_cast<unsigned char>(bytes[1]),
                             '\0');
        const ssize_t got = ::recv(client, question.data(), question.size(), MSG_WAITALL);
        if (got != static_cast<ssize_t>(question.size())) break;
        const std::string out = answer(question, false);
        if (out.empty()) continue;
        const std::string framed = number16(static_cast<std::uint16_t>(out.size())) + out;
        ::send(client, framed.data(), framed.size(), MSG_NOSIGNAL);
    }
    ::close(client);
}

void DnsServer::serve() {
    for (;;) {
        pollfd sockets[] = {{stop_[0], POLLIN, 0}, {udp_, POLLIN, 0}, {tcp_, POLLIN, 0}};
        if (::poll(sockets, 3, -1) < 0) continue;
        if (sockets[0].revents != 0) return;
        if (sockets[1].revents != 0) serve_udp();
        if (sockets[2].revents != 0) serve_tcp();
    }
}

}  // namespace fairlead::test
