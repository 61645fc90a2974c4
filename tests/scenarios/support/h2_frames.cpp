#include "tests/scenarios/support/h2_frames.h"

#include "proxy/http/h2_error.h"

namespace fairlead::scenarios::h2 {
namespace {

std::uint32_t read_number(std::string_view bytes) {
    std::uint32_t value = 0;
    for (const char c : bytes) value = value << 8U | static_cast<unsigned char>(c);
    return value;
}

std::string error_name(std::string_view payload) {
    return std::string(http::name(static_cast<http::H2Error>(read_number(payload.substr(0, 4)))));
}

/// Of a block that begins with it: those of the static table (RFC 7541 appendix A).
std::string status_of(std::string_view block) {
    // A change of the table's size may come first.
    while (!block.empty() && (static_cast<unsigned char>(block[0]) & 0xE0U) == 0x20) {
        block.remove_prefix(1);
    }
    const auto first = block.empty() ? 0U : static_cast<unsigned char>(block[0]);
    static constexpr std::string_view kTable[] = {"200", "204", "206", "304", "400", "404", "500"};
    return first >= 0x88 && first <= 0x8E ? std::string(kTable[first - 0x88]) : "other";
}

}  // namespace

std::string number(std::uint32_t value, unsigned bytes) {
    std::string out;
    for (unsigned at = bytes; at-- > 0;) out += static_cast<char>(value >> (at * 8) & 0xFFU);
    return out;
}

std::string frame(unsigned type, unsigned flags, std::uint32_t stream, std::string_view payload) {
    std::string out = number(static_cast<std::uint32_t>(payload.size()), 3);
    out += static_cast<char>(type);
    out += static_cast<char>(flags);
    return out.append(number(stream)).append(payload);
}

std::string setting(unsigned id, std::uint32_t value) { return number(id, 2) + number(value); }

std::string field(std::string_view name, std::string_view value) {
    const auto text = [](std::string_view each) {
        std::string out;
        if (each.size() < 127) {
            out += static_cast<char>(each.size());
        } else {  // an integer of two bytes more (RFC 7541 section 5.1)
            const std::size_t rest = each.size() - 127;
            out += '\x7F';
            out += static_cast<char>((rest & 0x7FU) | 0x80U);
            out += static_cast<char>(rest >> 7U);
        }
        return out.append(each);
    };
    return std::string(1, '\0') + text(name) + text(value);
}

std::string block(std::string_view more, std::string_view method, std::string_view path) {
    return field(":method", method) + field(":scheme", "http") + field(":path", path) +
           field(":authority", "test") + std::string(more);
}

std::string get(std::uint32_t stream, std::string_view path) {
    return frame(kHeaders, kEndHeaders | kEndStream, stream, block({}, "GET", path));
}

std::string post(std::uint32_t stream, std::string_view more, std::string_view path) {
    return frame(kHeaders, kEndHeaders, stream, block(more, "POST", path));
}

RawClient::RawClient(std::uint16_t port) : wire_(port) {
    wire_.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(kSettings, 0, 0) +
               frame(kSettings, kAck, 0));
    // Its settings, and the answer to ours.
    for (int acks = 0; acks < 1;) {
        const Frame heard = read();
        if (!heard.is_there) return;
        if (heard.type == kSettings && (heard.flags & kAck) != 0) ++acks;
    }
}

RawClient::Frame RawClient::read() {
    Frame frame;
    const std::string header = wire_.read_exactly(9);
    if (header.size() < 9) return frame;
    const std::size_t length = read_number(std::string_view(header).substr(0, 3));
    frame.type = static_cast<unsigned char>(header[3]);
    frame.flags = static_cast<unsigned char>(header[4]);
    frame.stream = read_number(std::string_view(header).substr(5));
    frame.payload = wire_.read_exactly(length);
    frame.is_there = frame.payload.size() == length;
    return frame;
}

std::string RawClient::outcome(std::string_view bytes) {
    wire_.send(bytes);
    std::string status;
    while (true) {
        const Frame heard = read();
        const std::string before = status.empty() ? status : status + " ";
        if (!heard.is_there) {
            return before + (wire_.ending() == Ending::Open ? "nothing" : "closed");
        }
        switch (heard.type) {
            case kGoaway:
                if (read_number(std::string_view(heard.payload).substr(4, 4)) == 0) break;
                return before + "GOAWAY " +
                       error_name(std::string_view(heard.payload).substr(4, 4));
            case kRstStream:
                return before + "RST_STREAM " + error_name(heard.payload);
            case kHeaders:
                status = status_of(heard.payload);
                if (status == "200") return status;
                wire_.send(frame(kPing, 0, 0, "whats up"));  // what follows it comes before this
                break;
            case kPing:
                if ((heard.flags & kAck) != 0) return status.empty() ? "PONG" : status;
                break;
            default:
                break;
        }
    }
}

}  // namespace fairlead::scenarios::h2
