#include "proxy/net/dns_message.h"

#include <string>
#include <string_view>

#include "tests/support/catch.h"
#include "tests/support/dns_server.h"

using namespace fairlead;
using namespace fairlead::net;
using namespace std::literals;

namespace {

constexpr std::string_view kInternet = "\0\1"sv;

/// A header for one question and so many answers, and the question.
std::string begin(char answers) {
    return "\x12\x34\x85\x80\0\1\0"s + answers + "\0\0\0\0"s + test::dns_name("app.test") +
           "\0\1"s + std::string(kInternet);
}
/// One record of the name asked for.
std::string record(char type, const std::string& data, const std::string& ttl = "\0\0\0\x1E"s) {
    return "\xC0\x0C\0"s + type + std::string(kInternet) + ttl + '\0' +
           static_cast<char>(data.size()) + data;
}
Result<DnsRecords> read(const std::string& message, DnsType wanted = DnsType::A) {
    return read_dns_answer({reinterpret_cast<const std::uint8_t*>(message.data()), message.size()},
                           wanted);
}
const std::string kOne = "\x7F\0\0\1"s;
const std::string kTwo = "\x7F\0\0\2"s;

}  // namespace

TEST_CASE("addresses come in the answer's order, each once, with the shortest time to live",
          "[net][dns]") {
    const auto read_records = read(begin(4) + record(1, kTwo) + record(1, kOne, "\0\0\0\5"s) +
                                   record(1, kTwo) + record(5, test::dns_name("other.test")));
    REQUIRE(read_records);
    REQUIRE(read_records->addresses.size() == 2);
    CHECK(read_records->addresses[0].text() == "127.0.0.2");
    CHECK(read_records->addresses[1].text() == "127.0.0.1");
    CHECK(read_records->ttl_s == 5);
}

TEST_CASE("an alias on the way counts with its time to live", "[net][dns]") {
    const auto records =
        read(begin(2) + record(5, test::dns_name("other.test"), "\0\0\0\2"s) + record(1, kOne));
    REQUIRE(records);
    CHECK(records->ttl_s == 2);
}

TEST_CASE("a time to live with its highest bit set is none", "[net][dns]") {
    const auto records = read(begin(1) + record(1, kOne, "\x80\0\0\1"s));
    REQUIRE(records);
    CHECK(records->ttl_s == 0);
}

TEST_CASE("services say where they are", "[net][dns]") {
    const auto records = read(
        begin(4) + record(33, "\0\1\0\2\x1F\x40"s + test::dns_name("a.test")) +
            record(33, "\0\0\0\0\x1F\x41"s + "\1b\xC0\x0C"s) +  // its end is the name asked for
            record(33, "\0\0\0\0\0\0"s + test::dns_name("no-port.test")) +
            record(33, "\0\0\0\0\x1F\x41\0"s),  // "." is no target
        DnsType::Srv);
    REQUIRE(records);
    REQUIRE(records->services.size() == 2);
    CHECK(records->services[0].priority == 1);
    CHECK(records->services[0].weight == 2);
    CHECK(records->services[0].port == 8000);
    CHECK(records->services[0].target == "a.test");
    CHECK(records->services[1].target == "b.app.test");
}

TEST_CASE("an answer without records of the type asked for is none, and no error", "[net][dns]") {
    const auto records = read(begin(1) + record(1, kOne), DnsType::Aaaa);
    REQUIRE(records);
    CHECK(records->addresses.empty());
}

TEST_CASE("what is cut off anywhere is an error", "[net][dns]") {
    const std::string whole = begin(2) + record(1, kOne) + record(1, kTwo);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        INFO(size);
        CHECK_FALSE(read(whole.substr(0, size)));
    }
    CHECK(read(whole));
}

TEST_CASE("an address of another length and a name that points at itself are errors",
          "[net][dns]") {
    CHECK_FALSE(read(begin(1) + record(1, kOne + "\0"s)));
    CHECK_FALSE(read(begin(1) + record(28, kOne), DnsType::Aaaa));
    const std::string loop = begin(1);
    CHECK_FALSE(
        read(loop + "\xC0"s + static_cast<char>(loop.size()) + "\0\1\0\1\0\0\0\1\0\4"s + kOne));
}
