// Reading a PROXY header. Every byte is judged as it comes, so that the answer does not depend on
// how they were cut.
#include "proxy/net/proxy_protocol.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <optional>

#include "proxy/base/crc32c.h"
#include "proxy/base/text.h"

namespace fairlead::net {
namespace {

constexpr std::string_view kLineBegin = "PROXY ";
constexpr std::string_view kSignature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t kFixedBytes = 16;  // signature, version and command, family, length
constexpr std::size_t kUnixPathBytes = 108;
constexpr std::uint8_t kTlvCrc32c = 0x03;

/// The high half of the family byte.
enum Family : std::uint8_t { kUnspec = 0, kInet = 1, kInet6 = 2, kUnix = 3 };

/// Bytes of both addresses and ports.
constexpr std::size_t address_bytes(std::uint8_t family) {
    switch (family >> 4U) {
        case kInet:
            return 2 * (4 + 2);
        case kInet6:
            return 2 * (16 + 2);
        case kUnix:
            return 2 * kUnixPathBytes;
        default:
            return 0;
    }
}

/// The word up to the next space, which is taken away with it; the whole rest of the last one.
std::optional<std::string_view> take_word(std::string_view& words, bool is_last) {
    const std::size_t space = words.find(' ');
    if ((space == std::string_view::npos) != is_last) return std::nullopt;
    const std::string_view word = words.substr(0, space);
    words.remove_prefix(is_last ? words.size() : space + 1);
    return word;
}

/// A family's text must be of that family: "::ffff:10.0.0.1" is one of TCP6.
std::optional<IpAddress> parse_ip(std::string_view text, bool is_v6) {
    if ((text.find(':') != std::string_view::npos) != is_v6) return std::nullopt;
    const Result<IpAddress> address = IpAddress::parse(text);
    if (!address) return std::nullopt;
    return *address;
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
    if (digits.size() > 5 || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
    const std::optional<std::uint64_t> port = parse_number(digits);
    if (!port || *port > 65535) return std::nullopt;
    return static_cast<std::uint16_t>(*port);
}

std::uint16_t big_endian(const std::uint8_t* bytes) {
    return static_cast<std::uint16_t>(bytes[0] << 8U | bytes[1]);
}

IpAddress ip_of_v4(const std::uint8_t* bytes) {
    IpAddress ip;
    ip.bytes[10] = ip.bytes[11] = 0xFF;
    std::copy_n(bytes, 4, ip.bytes.begin() + 12);
    return ip;
}

IpAddress ip_of_v6(const std::uint8_t* bytes) {
    IpAddress ip;
    std::copy_n(bytes, 16, ip.bytes.begin());
    return ip;
}

SocketAddress unix_address(const std::uint8_t* bytes) {
    SocketAddress address;
    const char* const path = reinterpret_cast<const char*>(bytes);
    address.unix_path.assign(path, strnlen(path, kUnixPathBytes));
    if (address.unix_path.empty()) address.unix_path = "@";  // as SocketAddress::from() has it
    return address;
}

}  // namespace

ProxyHeaderResult ProxyHeaderReader::feed(std::span<const char> bytes) {
    assert(phase_ != Phase::Done && reason_.empty());
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        if (!take(static_cast<std::uint8_t>(bytes[at]))) {
            return {ProxyHeaderStatus::Refused, at + 1, reason_};
        }
        if (phase_ == Phase::Done) return {ProxyHeaderStatus::Complete, at + 1, {}};
    }
    return {ProxyHeaderStatus::NeedMore, bytes.size(), {}};
}

/// @return false when the header is refused
bool ProxyHeaderReader::take(std::uint8_t byte) {
    switch (phase_) {
        case Phase::Begin:
            return take_begin(byte);
        case Phase::Line:
            return take_line(byte);
        case Phase::Block:
            return take_block(byte);
        case Phase::Tlvs:
            return take_tlv(byte);
        case Phase::Skip:
            return --rest_bytes_ != 0 || done();
        case Phase::Done:
            break;
    }
    return false;
}

bool ProxyHeaderReader::take_begin(std::uint8_t byte) {
    buffer_[size_++] = byte;
    const bool is_line = buffer_[0] == 'P';
    const std::string_view begin = is_line ? kLineBegin : kSignature;
    if (byte != static_cast<std::uint8_t>(begin[size_ - 1])) return refuse("no PROXY header");
    if (size_ == begin.size()) phase_ = is_line ? Phase::Line : Phase::Block;
    return true;
}

bool ProxyHeaderReader::take_line(std::uint8_t byte) {
    if (size_ == kProxyLineBytesMax) return refuse("a line longer than 107 bytes");
    const bool is_behind_cr = buffer_[size_ - 1] == '\r';
    buffer_[size_++] = byte;
    if ((byte == '\n') != is_behind_cr) return refuse("a line that does not end in CRLF");
    if (byte != '\n') return true;
    const std::string_view line = text();
    return read_line(line.substr(kLineBegin.size(), line.size() - kLineBegin.size() - 2));
}

bool ProxyHeaderReader::read_line(std::string_view words) {
    // Whatever follows UNKNOWN is to be ignored.
    if (words == "UNKNOWN" || words.starts_with("UNKNOWN ")) return done();
    const bool is_v6 = words.starts_with("TCP6 ");
    if (!is_v6 && !words.starts_with("TCP4 ")) {
        return refuse("a protocol that is none of TCP4, TCP6, UNKNOWN");
    }
    words.remove_prefix(5);
    const auto source_ip = take_word(words, false);
    const auto destination_ip = take_word(words, false);
    const auto source_port = take_word(words, false);
    const auto destination_port = take_word(words, true);
    if (!source_ip || !destination_ip || !source_port || !destination_port) {
        return refuse("a line without two addresses and two ports, one space before each");
    }
    const auto from_ip = parse_ip(*source_ip, is_v6);
    const auto to_ip = parse_ip(*destination_ip, is_v6);
    if (!from_ip || !to_ip) return refuse("an address that is none of the line's family");
    const auto from_port = parse_port(*source_port);
    const auto to_port = parse_port(*destination_port);
    if (!from_port || !to_port) return refuse("a port that is none");
    header_ = {true, {*from_ip, *from_port, {}}, {*to_ip, *to_port, {}}};
    return done();
}

bool ProxyHeaderReader::take_block(std::uint8_t byte) {
    buffer_[size_++] = byte;
    if (size_ == 13 && !read_command(byte)) return false;
    if (size_ == 14 && !read_family(byte)) return false;
    if (size_ == 16 && !read_length(big_endian(&buffer_[14]))) return false;
    return size_ < kFixedBytes || size_ < block_bytes_ || leave_block();
}

bool ProxyHeaderReader::read_command(std::uint8_t byte) {
    if (byte >> 4U != 2) return refuse("a version that is not 2 behind the signature of version 2");
    if ((byte & 0x0FU) > 1) return refuse("a command that is neither LOCAL nor PROXY");
    is_local_ = (byte & 0x0FU) == 0;
    return true;
}

bool ProxyHeaderReader::read_family(std::uint8_t byte) {
    if (is_local_) return true;  // ignored, with all that follows
    if (byte >> 4U > kUnix) return refuse("an unknown address family");
    if ((byte & 0x0FU) > 2) return refuse("an unknown transport");
    // Unspecified in one half: what the addresses mean is not said.
    family_ = byte >> 4U == kUnspec || (byte & 0x0FU) == 0 ? std::uint8_t{0} : byte;
    return true;
}

bool ProxyHeaderReader::read_length(std::size_t length) {
    if (kFixedBytes + length > kProxyHeaderBytesMax) return refuse("a header longer than 4 KiB");
    const std::size_t needed = address_bytes(family_);
    if (length < needed) return refuse("a length too short for the addresses");
    block_bytes_ = kFixedBytes + needed;
    rest_bytes_ = length - needed;
    return true;
}

bool ProxyHeaderReader::leave_block() {
    if (family_ != 0) read_addresses();
    if (rest_bytes_ == 0) return done();
    if (family_ == 0) {
        // Where TLVs would begin is not known without a family, and LOCAL wants them ignored.
        phase_ = Phase::Skip;
        return true;
    }
    phase_ = Phase::Tlvs;
    crc_ = kCrc32cBegin;
    for (std::size_t at = 0; at < size_; ++at) crc_ = crc32c_step(crc_, buffer_[at]);
    return true;
}

void ProxyHeaderReader::read_addresses() {
    const std::uint8_t* const at = &buffer_[kFixedBytes];
    header_.has_addresses = true;
    switch (family_ >> 4U) {
        case kInet:
            header_.source = {ip_of_v4(at), big_endian(at + 8), {}};
            header_.destination = {ip_of_v4(at + 4), big_endian(at + 10), {}};
            break;
        case kInet6:
            header_.source = {ip_of_v6(at), big_endian(at + 32), {}};
            header_.destination = {ip_of_v6(at + 16), big_endian(at + 34), {}};
            break;
        default:
            header_.source = unix_address(at);
            header_.destination = unix_address(at + kUnixPathBytes);
            break;
    }
}

bool ProxyHeaderReader::take_tlv(std::uint8_t byte) {
    --rest_bytes_;
    switch (tlv_part_) {
        case TlvPart::Type:
            tlv_type_ = byte;
            tlv_part_ = TlvPart::LengthHigh;
            break;
        case TlvPart::LengthHigh:
            tlv_bytes_ = std::size_t{byte} << 8U;
            tlv_part_ = TlvPart::LengthLow;
            break;
        case TlvPart::LengthLow:
            tlv_bytes_ |= byte;
            if (tlv_bytes_ > rest_bytes_) return refuse("a TLV longer than the header");
            if (tlv_type_ == kTlvCrc32c) {
                if (tlv_bytes_ != 4) return refuse("a checksum that is not 4 bytes long");
                if (has_checksum_) return refuse("two checksums");
                has_checksum_ = true;
            }
            tlv_part_ = tlv_bytes_ == 0 ? TlvPart::Type : TlvPart::Value;
            break;
        case TlvPart::Value:
            if (tlv_type_ == kTlvCrc32c) {
                checksum_ = checksum_ << 8U | byte;
                byte = 0;  // the sum is made with zeros in its place
            }
            if (--tlv_bytes_ == 0) tlv_part_ = TlvPart::Type;
            break;
    }
    crc_ = crc32c_step(crc_, byte);
    return rest_bytes_ != 0 || leave_tlvs();
}

bool ProxyHeaderReader::leave_tlvs() {
    if (tlv_part_ != TlvPart::Type) return refuse("a TLV longer than the header");
    if (has_checksum_ && checksum_ != crc32c_end(crc_)) return refuse("a wrong checksum");
    return done();
}

bool ProxyHeaderReader::refuse(std::string_view reason) {
    reason_ = reason;
    return false;
}

bool ProxyHeaderReader::done() {
    phase_ = Phase::Done;
    return true;
}

std::string_view ProxyHeaderReader::text() const {
    return {reinterpret_cast<const char*>(buffer_.data()), size_};
}

}  // namespace fairlead::net
