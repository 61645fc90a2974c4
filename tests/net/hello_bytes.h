/// TLS ClientHellos, put together by hand and recorded.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace fairlead::net::test {

inline std::string u8(std::size_t number) { return {static_cast<char>(number & 0xFFU)}; }
inline std::string u16(std::size_t number) { return u8(number >> 8U) + u8(number); }
inline std::string u24(std::size_t number) { return u8(number >> 16U) + u16(number); }

inline std::string from_hex(std::string_view digits) {
    std::string bytes;
    for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
        bytes += static_cast<char>(std::stoi(std::string(digits.substr(at, 2)), nullptr, 16));
    }
    return bytes;
}

inline std::string extension(std::size_t type, std::string_view content) {
    return u16(type).append(u16(content.size())).append(content);
}
inline std::string host_name(std::string_view name) {
    return u8(0).append(u16(name.size())).append(name);
}
/// The extension with these names, each from host_name().
inline std::string server_name(std::string_view names) {
    return extension(0, u16(names.size()).append(names));
}

/// What is in a hello, as far as tests change it.
struct Hello {
    std::string session = std::string(32, 's');
    std::string ciphers = "\x13\x01\x13\x02";
    std::string compressions = std::string(1, '\0');
    std::string extensions;

    /// The handshake message.
    std::string message() const {
        std::string body = "\x03\x03" + std::string(32, 'r');
        body += u8(session.size()) + session + u16(ciphers.size()) + ciphers;
        body += u8(compressions.size()) + compressions;
        if (!extensions.empty()) body += u16(extensions.size()) + extensions;
        return framed(body);
    }
    static std::string framed(std::string_view body) {
        return u8(1).append(u24(body.size())).append(body);
    }
};

/// A message in records of at most `bytes` each.
inline std::string in_records(std::string_view message, std::size_t bytes = 16384) {
    std::string records;
    while (!message.empty()) {
        const std::string_view part = message.substr(0, bytes);
        records.append("\x16\x03\x01").append(u16(part.size())).append(part);
        message.remove_prefix(part.size());
    }
    return records;
}

inline std::string hello_for(std::string_view name) {
    Hello hello;
    hello.extensions = extension(43, "\x02\x03\x04") + server_name(host_name(name)) +
                       extension(21, std::string(20, '\0'));
    return hello.message();
}

/// What OpenSSL 3.0 sends for db.example.com: TLS 1.2 and 1.3, padded to 512 bytes.
inline std::string recorded_hello() {
    return from_hex(
               "1603010200010001fc030355eb9682e3095998c559f895b10db77cdeac9882fcb26774ff4c8796bd1d"
               "93a420b6ec637a0d9ef960e5eb9c41dcfa941a468e64b3e4a48c9cecf3e392cd7682de002413021303"
               "1301c02cc030c02bc02fcca9cca8c024c028c023c027009f009e006b006700ff0100018f0000001300"
               "1100000e64622e6578616d706c652e636f6d000b000403000102000a00160014001d0017001e001900"
               "1801000101010201030104002300000016000000170000000d002a0028040305030603080708080809"
               "080a080b080408050806040105010601030303010302040205020602002b00050403040303002d0002"
               "0101003300260024001d002055ebe184176eae9deacf1fa1a6e44f2678f68514f70888e42fd338751c"
               "7aff5b001500df") +
           std::string(0xDF, '\0');
}

}  // namespace fairlead::net::test
