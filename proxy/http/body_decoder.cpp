#include "proxy/http/body_decoder.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "proxy/base/text.h"
#include "proxy/http/trailer.h"

namespace fairlead::http {
namespace {

constexpr std::uint32_t kExtensionBytesMax = 1024;
constexpr std::uint8_t kSizeDigitsMax = 16;
constexpr HeadError kFine{};
constexpr HeadError kTooLarge{Failure::BodyTooLarge, 413, "body is too large"};

HeadError bad_body(std::string_view reason) { return {Failure::ClientBadRequest, 400, reason}; }

/// The value of a hexadecimal digit, or 16.
unsigned hex_value(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    const char lower = ascii_lower(c);
    if (lower >= 'a' && lower <= 'f') return static_cast<unsigned>(lower - 'a') + 10;
    return 16;
}

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
}

/// Puts runs of payload behind one another, in the buffer they came in. The first stays where it
/// is.
class PayloadRun {
  public:
    explicit PayloadRun(std::span<char> buffer) : buffer_(buffer) {}

    void add(std::size_t at, std::size_t length) {
        if (end_ == begin_) {
            begin_ = at;
            end_ = at;
        }
        if (end_ != at) std::memmove(buffer_.data() + end_, buffer_.data() + at, length);
        end_ += length;
    }
    std::span<char> span() const { return buffer_.subspan(begin_, end_ - begin_); }

  private:
    std::span<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace

void BodyDecoder::start(BodyLength length, std::uint64_t bytes_max, std::uint64_t trailer_max) {
    digits_ = 0;
    extension_bytes_ = 0;
    left_ = 0;
    decoded_ = 0;
    bytes_max_ = bytes_max;
    trailer_bytes_ = 0;
    trailer_max_ = trailer_max;
    error_ = {};
    trailer_line_.clear();
    trailers_.clear();
    switch (length.kind) {
        case BodyLength::Kind::None:
            phase_ = Phase::Done;
            break;
        case BodyLength::Kind::Length:
            phase_ = length.bytes == 0 ? Phase::Done : Phase::Length;
            left_ = length.bytes;
            if (length.bytes > bytes_max) {
                phase_ = Phase::Refused;
                error_ = kTooLarge;
            }
            break;
        case BodyLength::Kind::Chunked:
            phase_ = Phase::SizeFirst;
            break;
        case BodyLength::Kind::UntilClose:
            phase_ = Phase::UntilClose;
            break;
    }
}

BodyPart BodyDecoder::decode(std::span<char> buffer) {
    BodyPart part;
    switch (phase_) {
        case Phase::Done:
            part.is_done = true;
            return part;
        case Phase::Refused:
            part.is_refused = true;
            part.error = error_;
            return part;
        case Phase::Length:
            part.consumed = static_cast<std::size_t>(std::min<std::uint64_t>(left_, buffer.size()));
            part.payload = buffer.first(part.consumed);
            left_ -= part.consumed;
            decoded_ += part.consumed;
            if (left_ == 0) phase_ = Phase::Done;
            part.is_done = is_done();
            return part;
        case Phase::UntilClose:
            part.consumed = static_cast<std::size_t>(
                std::min<std::uint64_t>(bytes_max_ - decoded_, buffer.size()));
            part.payload = buffer.first(part.consumed);
            decoded_ += part.consumed;
            if (part.consumed < buffer.size()) {
                phase_ = Phase::Refused;
                error_ = kTooLarge;
                part.is_refused = true;
                part.error = error_;
            }
            return part;
        default:
            return decode_chunked(buffer);
    }
}

BodyPart BodyDecoder::decode_chunked(std::span<char> buffer) {
    PayloadRun run(buffer);
    std::size_t at = 0;
    while (at < buffer.size() && phase_ != Phase::Done && error_.failure == Failure::None) {
        if (phase_ == Phase::Data) {
            const auto length =
                static_cast<std::size_t>(std::min<std::uint64_t>(left_, buffer.size() - at));
            run.add(at, length);
            at += length;
            left_ -= length;
            decoded_ += length;
            if (left_ == 0) phase_ = Phase::DataReturn;
            continue;
        }
        const char c = buffer[at++];
        switch (phase_) {
            case Phase::SizeFirst:
            case Phase::Size:
                error_ = read_size(c);
                break;
            case Phase::Extension:
                if (c == '\r') {
                    phase_ = Phase::SizeLineFeed;
                } else if (is_control(c)) {
                    error_ = bad_body("control character in a chunk extension");
                } else if (++extension_bytes_ > kExtensionBytesMax) {
                    error_ = bad_body("chunk extension is too long");
                }
                break;
            case Phase::SizeLineFeed:
                error_ = c == '\n' ? end_size_line() : bad_body("bare CR in a chunk line");
                break;
            case Phase::DataReturn:
                if (c != '\r') error_ = bad_body("no CRLF after chunk data");
                phase_ = Phase::DataLineFeed;
                break;
            case Phase::DataLineFeed:
                if (c != '\n') error_ = bad_body("no CRLF after chunk data");
                phase_ = Phase::SizeFirst;
                break;
            default:
                error_ = read_trailer(c);
                break;
        }
    }
    BodyPart part;
    part.payload = run.span();
    part.consumed = at;
    part.error = error_;
    part.is_refused = error_.failure != Failure::None;
    if (part.is_refused) phase_ = Phase::Refused;
    part.is_done = is_done();
    return part;
}

HeadError BodyDecoder::read_size(char c) {
    const unsigned value = hex_value(c);
    if (value < 16) {
        if (phase_ == Phase::SizeFirst) {
            left_ = 0;
            digits_ = 0;
            extension_bytes_ = 0;
            phase_ = Phase::Size;
        }
        if (++digits_ > kSizeDigitsMax) return bad_body("chunk size is too long");
        left_ = left_ << 4U | value;
        return kFine;
    }
    if (phase_ == Phase::SizeFirst) return bad_body("chunk without a size");
    if (c == '\r') {
        phase_ = Phase::SizeLineFeed;
        return kFine;
    }
    if (c == ';') {
        phase_ = Phase::Extension;
        return kFine;
    }
    return bad_body(c == '\n' ? "bare LF in a chunk line" : "invalid character in a chunk size");
}

HeadError BodyDecoder::end_size_line() {
    if (left_ == 0) {
        phase_ = Phase::Trailer;
        return kFine;
    }
    if (left_ > bytes_max_ - decoded_) return kTooLarge;
    phase_ = Phase::Data;
    return kFine;
}

HeadError BodyDecoder::read_trailer(char c) {
    if (++trailer_bytes_ > trailer_max_ + 2) {  // the last CRLF belongs to no field
        return {Failure::HeaderTooLarge, 431, "trailer fields are too large"};
    }
    if (phase_ == Phase::TrailerLineFeed) {
        if (c != '\n') return bad_body("bare CR in a trailer");
        phase_ = Phase::Trailer;
        return end_trailer_line();
    }
    if (c == '\r') {
        phase_ = Phase::TrailerLineFeed;
        return kFine;
    }
    if (c == '\n') return bad_body("bare LF in a trailer");
    if (is_control(c) && c != '\t') return bad_body("control character in a trailer");
    trailer_line_ += c;
    return kFine;
}

HeadError BodyDecoder::end_trailer_line() {
    if (trailer_line_.empty()) {
        phase_ = Phase::Done;
        return kFine;
    }
    const std::string_view line = trailer_line_;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
        return bad_body("malformed trailer field");
    }
    const std::string_view name = line.substr(0, colon);
    if (is_forwardable_trailer(name)) {
        trailers_ += name;
        trailers_ += ": ";
        trailers_ += trim(line.substr(colon + 1));
        trailers_ += "\r\n";
    }
    trailer_line_.clear();
    return kFine;
}

bool BodyDecoder::end_of_input() {
    if (phase_ == Phase::UntilClose) phase_ = Phase::Done;
    return is_done();
}

ChunkFrame::ChunkFrame(std::size_t payload_bytes) {
    char* end = std::to_chars(text_, text_ + 16, payload_bytes, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    length_ = static_cast<std::size_t>(end - text_);
}

}  // namespace fairlead::http
