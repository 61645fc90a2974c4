#include "bench/origin_reply.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>

#include "bench/body_pattern.h"
#include "proxy/http/body_decoder.h"
#include "proxy/http/status.h"

namespace fairlead::bench {

namespace {

/// One write; what the kernel does not take of it is kept, so this bounds a connection's memory.
constexpr std::uint64_t kPieceBytes = kPatternRunBytes;
/// A client that reads as fast as we write must not keep the loop to itself.
constexpr std::uint64_t kTurnBytes = 16 * kPieceBytes;

bool may_have_body(int status) { return status != 204 && status != 304; }

/// Without fmt, which costs more than the rest of a small head together.
void append_number(std::string& out, std::uint64_t number) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

}  // namespace

void OriginReply::write_head(const OriginReplyHead& head, std::uint64_t bytes) {
    if (!may_have_body(head.status)) {
        framing_ = Framing::None;
    } else if (!head.is_chunked) {
        framing_ = Framing::Length;
    } else {
        framing_ = head.minor >= 1 ? Framing::Chunked : Framing::UntilClose;
    }
    head_.clear();
    head_ += "HTTP/1.1 ";
    append_number(head_, static_cast<std::uint64_t>(head.status));
    head_ += ' ';
    head_ += http::reason_phrase(head.status);
    head_ += "\r\nDate: ";
    date_offset_ = head_.size();
    head_ += http::http_date();
    head_ += "\r\n";
    if (framing_ != Framing::None) {
        head_ += "Content-Type: ";
        head_ += head.content_type;
        head_ += "\r\n";
    }
    if (framing_ == Framing::Length) {
        head_ += "Content-Length: ";
        append_number(head_, bytes);
        head_ += "\r\n";
    }
    if (framing_ == Framing::Chunked) head_ += "Transfer-Encoding: chunked\r\n";
    if (!head.keep_alive || framing_ == Framing::UntilClose) {
        head_ += "Connection: close\r\n";
    } else if (head.minor == 0) {
        head_ += "Connection: keep-alive\r\n";
    }
    head_ += head.fields;
    head_ += "\r\n";
    offset_ = 0;
    bytes_ = 0;
    is_ended_ = framing_ != Framing::Chunked || head.is_head;
    is_head_written_ = false;
    is_whole_ = is_ended_;
}

void OriginReply::start(const OriginReplyHead& head, std::string_view text) {
    write_head(head, text.size());
    if (framing_ == Framing::None || head.is_head) return;
    if (framing_ == Framing::Chunked && !text.empty()) {
        head_ += http::ChunkFrame(text.size()).before();
        head_ += text;
        head_ += http::ChunkFrame::after();
    } else {
        head_ += text;
    }
}

void OriginReply::start_pattern(const OriginReplyHead& head, std::uint64_t bytes) {
    write_head(head, bytes);
    if (framing_ == Framing::None || head.is_head) return;
    if (framing_ == Framing::Length && bytes <= kRepeatableBytesMax) {
        head_ += body_pattern(0, bytes);
        return;
    }
    bytes_ = bytes;
    is_whole_ = false;
}

void OriginReply::repeat() {
    assert(is_whole_);
    const std::string_view date = http::http_date();
    std::copy(date.begin(), date.end(), head_.data() + date_offset_);
    is_head_written_ = false;
}

/// Writes the head, if it waits, and the next `bytes` of the body, framed, in one call.
bool OriginReply::send_piece(net::Stream& stream, std::uint64_t bytes) {
    std::array<net::Bytes, 5> pieces;
    std::size_t count = 0;
    if (!is_head_written_) pieces[count++] = head_;
    const bool is_chunk = framing_ == Framing::Chunked && bytes > 0;
    const http::ChunkFrame frame(is_chunk ? bytes : 1);
    if (is_chunk) pieces[count++] = frame.before();
    if (bytes > 0) pieces[count++] = body_pattern(offset_, bytes);
    if (is_chunk) pieces[count++] = http::ChunkFrame::after();
    offset_ += bytes;
    if (offset_ == bytes_ && !is_ended_) {
        pieces[count++] = "0\r\n\r\n";
        is_ended_ = true;
    }
    const bool is_alive = stream.write(std::span<const net::Bytes>(pieces.data(), count));
    is_head_written_ = true;
    return is_alive;
}

OriginReply::Progress OriginReply::send(net::Stream& stream) {
    for (std::uint64_t sent = 0; !is_head_written_ || offset_ < bytes_ || !is_ended_;) {
        if (stream.queued_bytes() > 0) return Progress::Blocked;
        if (sent >= kTurnBytes) return Progress::Yielded;
        const std::uint64_t bytes = std::min(kPieceBytes, bytes_ - offset_);
        if (!send_piece(stream, bytes)) return Progress::Broken;
        sent += bytes;
    }
    return Progress::Done;
}

}  // namespace fairlead::bench
