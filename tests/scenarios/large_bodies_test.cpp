// Bodies much larger than any buffer pass byte by byte while the process stays small.
#include <random>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

constexpr std::size_t kMebi = 1024 * 1024;
constexpr std::size_t kBlocks = 256;
constexpr std::size_t kMemoryKibMax = 64 * 1024;

/// One mebibyte that no shift by less than its length maps onto itself.
const std::string& pattern() {
    static const std::string bytes = [] {
        std::mt19937_64 random(7);
        std::string made;
        while (made.size() < kMebi) {
            const std::uint64_t word = random();
            made.append(reinterpret_cast<const char*>(&word), sizeof word);
        }
        return made;
    }();
    return bytes;
}

/// Sends the pattern kBlocks times, each block begun by its number.
bool send_blocks(Wire& wire, bool is_chunked) {
    std::string block = pattern();
    for (std::size_t number = 0; number < kBlocks; ++number) {
        block.replace(0, 4, std::to_string(1000 + number));
        if (is_chunked && !wire.send("100000\r\n")) return false;
        if (!wire.send(block)) return false;
        if (is_chunked && !wire.send("\r\n")) return false;
    }
    return !is_chunked || wire.send("0\r\n\r\n");
}

class Checker {
  public:
    void take(std::string_view bytes) {
        for (std::string_view rest = bytes; !rest.empty();) {
            const std::size_t at = total_ % kMebi;
            std::string expected;
            const std::size_t part = std::min(rest.size(), kMebi - at);
            if (at < 4) {
                expected = pattern().substr(at, part);
                const std::string number = std::to_string(1000 + total_ / kMebi);
                for (std::size_t i = at; i < 4 && i - at < part; ++i) expected[i - at] = number[i];
                is_same_ = is_same_ && rest.substr(0, part) == expected;
            } else {
                is_same_ = is_same_ &&
                           rest.substr(0, part) == std::string_view(pattern()).substr(at, part);
            }
            total_ += part;
            rest.remove_prefix(part);
        }
    }
    bool is_whole() const { return is_same_ && total_ == kBlocks * kMebi; }

  private:
    std::size_t total_ = 0;
    bool is_same_ = true;
};

/// @return what stands after the last chunk was read
bool read_blocks(Wire& wire, bool is_chunked) {
    Checker checker;
    if (!is_chunked) {
        for (std::size_t left = kBlocks * kMebi; left > 0;) {
            const std::string bytes = wire.read_some(std::min<std::size_t>(left, 64 * 1024));
            if (bytes.empty()) return false;
            checker.take(bytes);
            left -= bytes.size();
        }
        return checker.is_whole();
    }
    while (true) {
        std::string line;
        while (!line.ends_with("\r\n")) {
            const std::string byte = wire.read_exactly(1);
            if (byte.empty()) return false;
            line += byte;
        }
        const std::size_t bytes = std::strtoull(line.c_str(), nullptr, 16);
        if (bytes == 0) return wire.read_exactly(2) == "\r\n" && checker.is_whole();
        checker.take(wire.read_exactly(bytes));
        if (wire.read_exactly(2) != "\r\n") return false;
    }
}

std::string framing(bool is_chunked) {
    return is_chunked ? "Transfer-Encoding: chunked\r\n\r\n"
                      : "Content-Length: " + std::to_string(kBlocks * kMebi) + "\r\n\r\n";
}

}  // namespace

TEST_CASE("a download of 256 MiB arrives as it was sent", "[scenarios][large]") {
    const bool is_chunked = GENERATE(false, true);
    FakeBackend backend{[&](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\n" + framing(is_chunked));
        send_blocks(peer, is_chunked);
        hold(peer);
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.forget_received();
    client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    CHECK(client.read_head().starts_with("HTTP/1.1 200"));
    CHECK(read_blocks(client, is_chunked));
    CHECK(balancer.memory_peak_kib() < kMemoryKibMax);
}

TEST_CASE("an upload of 256 MiB arrives as it was sent", "[scenarios][large]") {
    const bool is_chunked = GENERATE(false, true);
    FakeBackend backend{[&](Peer& peer) {
        peer.forget_received();
        peer.read_head();
        peer.send(ok(read_blocks(peer, is_chunked) ? "whole" : "damaged"));
        hold(peer);
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    client.send("POST / HTTP/1.1\r\nHost: t\r\n" + framing(is_chunked));
    CHECK(send_blocks(client, is_chunked));
    CHECK(client.read_response().body == "whole");
    CHECK(balancer.memory_peak_kib() < kMemoryKibMax);
}

}  // namespace fairlead::scenarios
