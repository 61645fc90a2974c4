#include "proxy/net/client_hello.h"

#include <algorithm>
#include <cassert>

#include "proxy/base/address.h"
#include "proxy/base/text.h"

namespace fairlead::net {
namespace {

constexpr std::size_t kRecordHeadBytes = 5;
constexpr std::size_t kRecordBytesMax = 16 * 1024;
constexpr std::size_t kMessageHeadBytes = 4;
constexpr std::uint8_t kHandshake = 22;
constexpr std::uint8_t kClientHello = 1;
constexpr std::uint8_t kMajorVersion = 3;  // of SSL 3.0 and every TLS
constexpr std::size_t kServerName = 0;     // an extension
constexpr std::uint8_t kHostName = 0;      // a type of name in it

constexpr std::string_view kTooLong = "a ClientHello longer than 16 KiB";

std::uint8_t byte_at(Bytes bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }

std::size_t record_length(Bytes record) {
    return std::size_t{byte_at(record, 3)} << 8U | byte_at(record, 4);
}

ClientHelloResult refused(std::string_view reason) {
    return {ClientHelloStatus::NotTls, {}, reason};
}

/// What is wrong with as much of a record's head as is there; nothing when it is good so far.
std::string_view fault_of_record(Bytes record) {
    if (!record.empty() && byte_at(record, 0) != kHandshake) return "no TLS handshake";
    if (record.size() > 1 && byte_at(record, 1) != kMajorVersion) return "an unknown TLS version";
    if (record.size() < kRecordHeadBytes) return {};
    if (record_length(record) == 0) return "an empty TLS record";
    if (record_length(record) > kRecordBytesMax) return "a TLS record longer than 16 KiB";
    return {};
}

/// Reads one handshake message, stepping over the heads of the records it lies in. All of it must
/// be there. Reading beyond its end gives zeros and is remembered.
class Message {
  public:
    Message(Bytes records, std::size_t bytes)
        : record_left_(record_length(records)),
          rest_(records.substr(kRecordHeadBytes)),
          left_(bytes) {}

    std::size_t left() const { return left_; }
    bool was_cut_short() const { return was_cut_short_; }

    std::size_t u8() {
        char byte = 0;
        read(1, &byte);
        return static_cast<std::uint8_t>(byte);
    }
    std::size_t u16() {
        const std::size_t high = u8();
        return high << 8U | u8();
    }
    void skip(std::size_t bytes) { read(bytes, nullptr); }
    /// Into `out`, unless that is null.
    void read(std::size_t bytes, char* out) {
        if (bytes > left_) {
            was_cut_short_ = true;
            bytes = left_;
        }
        left_ -= bytes;
        while (bytes != 0) {
            if (record_left_ == 0) next_record();
            const std::size_t part = std::min(bytes, record_left_);
            if (out != nullptr) out = std::copy_n(rest_.data(), part, out);
            rest_.remove_prefix(part);
            record_left_ -= part;
            bytes -= part;
        }
    }

  private:
    void next_record() {
        assert(rest_.size() > kRecordHeadBytes);
        record_left_ = record_length(rest_);
        rest_.remove_prefix(kRecordHeadBytes);
    }

    std::size_t record_left_;
    Bytes rest_;  ///< behind what has been read; more than the message
    std::size_t left_;
    bool was_cut_short_ = false;
};

/// Up to the extensions.
std::string_view fault_of_begin(Message& hello) {
    hello.skip(kMessageHeadBytes);
    if (hello.u8() != kMajorVersion) return "an unknown TLS version";
    hello.skip(1 + 32);  // minor version, random
    const std::size_t session_bytes = hello.u8();
    if (session_bytes > 32) return "a session id longer than 32 bytes";
    hello.skip(session_bytes);
    const std::size_t cipher_bytes = hello.u16();
    if (cipher_bytes == 0 || cipher_bytes % 2 != 0) return "a malformed list of cipher suites";
    hello.skip(cipher_bytes);
    const std::size_t compression_bytes = hello.u8();
    if (compression_bytes == 0) return "no compression method";
    hello.skip(compression_bytes);
    return hello.was_cut_short() ? "a ClientHello that is cut short" : std::string_view{};
}

/// The extension's content. A name goes to `out` (254 bytes), its length to `length`.
std::string_view fault_of_server_name(Message& hello, std::size_t bytes, char* out,
                                      std::size_t& length) {
    constexpr std::string_view kMalformed = "a malformed server name";
    constexpr std::size_t kNameBytesMax = 254;
    const std::size_t end = hello.left() - bytes;
    if (bytes < 2 || hello.u16() != bytes - 2 || bytes == 2) return kMalformed;
    while (hello.left() > end) {
        if (hello.left() - end < 3) return kMalformed;
        const std::size_t type = hello.u8();
        const std::size_t name_bytes = hello.u16();
        if (name_bytes == 0 || name_bytes > hello.left() - end) return kMalformed;
        if (type != kHostName) {
            hello.skip(name_bytes);
            continue;
        }
        if (length != 0) return "two host names";
        if (name_bytes > kNameBytesMax) return "a server name that is no host name";
        hello.read(name_bytes, out);
        length = name_bytes;
    }
    return {};
}

}  // namespace

ClientHelloResult ClientHelloReader::read(Bytes all) {
    const Bytes looked_at = all.substr(0, kClientHelloBytesMax);
    const ClientHelloResult result = find_hello(looked_at);
    if (result.status == ClientHelloStatus::NeedMore && looked_at.size() == kClientHelloBytesMax) {
        return refused(kTooLong);
    }
    return result;
}

ClientHelloResult ClientHelloReader::find_hello(Bytes all) {
    while (true) {
        const Bytes record = all.substr(record_at_);
        if (const auto fault = fault_of_record(record); !fault.empty()) return refused(fault);
        if (record.size() <= kRecordHeadBytes) return {};
        const std::size_t length = record_length(record);
        const Bytes fragment = record.substr(kRecordHeadBytes, length);

        for (std::size_t at = 0; at < fragment.size(); ++at) {
            const std::size_t place = message_bytes_ + at;
            if (place >= kMessageHeadBytes) break;
            head_[place] = byte_at(fragment, at);
            if (place == 0 && head_[0] != kClientHello) return refused("no ClientHello");
        }
        const std::size_t have = message_bytes_ + fragment.size();
        if (have >= kMessageHeadBytes) {
            const std::size_t wanted = kMessageHeadBytes + (std::size_t{head_[1]} << 16U |
                                                            std::size_t{head_[2]} << 8U | head_[3]);
            if (wanted > kClientHelloBytesMax - kRecordHeadBytes) return refused(kTooLong);
            if (have >= wanted) return read_hello(all);
        }
        if (fragment.size() < length) return {};
        message_bytes_ = have;
        record_at_ += kRecordHeadBytes + length;
    }
}

ClientHelloResult ClientHelloReader::read_hello(Bytes all) {
    const std::size_t message_bytes =
        kMessageHeadBytes + (std::size_t{head_[1]} << 16U | std::size_t{head_[2]} << 8U | head_[3]);
    Message hello(all, message_bytes);
    if (const auto fault = fault_of_begin(hello); !fault.empty()) return refused(fault);

    std::size_t name_bytes = 0;
    if (hello.left() != 0) {
        const std::size_t extension_bytes = hello.u16();
        if (hello.was_cut_short() || extension_bytes != hello.left()) {
            return refused("a wrong length of the extensions");
        }
        bool has_server_name = false;
        while (hello.left() != 0) {
            const std::size_t type = hello.u16();
            const std::size_t bytes = hello.u16();
            if (hello.was_cut_short() || bytes > hello.left()) {
                return refused("an extension longer than the ClientHello");
            }
            if (type != kServerName) {
                hello.skip(bytes);
                continue;
            }
            // The backend might take the other one.
            if (has_server_name) return refused("two server names");
            has_server_name = true;
            const auto fault = fault_of_server_name(hello, bytes, name_.data(), name_bytes);
            if (!fault.empty()) return refused(fault);
        }
    }
    if (name_bytes == 0) return {ClientHelloStatus::NoName, {}, {}};

    std::transform(name_.begin(), name_.begin() + name_bytes, name_.begin(), ascii_lower);
    std::string_view name{name_.data(), name_bytes};
    if (!is_host_name(name)) {
        // Not permitted, but some clients that were given an address instead of a name send that.
        if (IpAddress::parse(name)) return {ClientHelloStatus::NoName, {}, {}};
        return refused("a server name that is no host name");
    }
    if (name.back() == '.') name.remove_suffix(1);
    return {ClientHelloStatus::Found, name, {}};
}

}  // namespace fairlead::net
