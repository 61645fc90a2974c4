/// Takes the framing off a message body: by length, chunked (RFC 9112 section 7.1, strict), or
/// until the connection closes. Works in place in the buffer it is handed and keeps no bytes but
/// trailers.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "proxy/http/message.h"

namespace fairlead::http {

struct BodyPart {
    std::span<char> payload;   ///< decoded bytes, inside the buffer that was handed in
    std::size_t consumed = 0;  ///< of the buffer; what is left belongs to the next message
    bool is_done = false;      ///< the body is complete
    bool is_refused = false;   ///< bad framing or too large; `error` says what
    HeadError error{};
};

class BodyDecoder {
  public:
    /// @param bytes_max    payload beyond this is refused as BodyTooLarge (413); UINT64_MAX: none
    /// @param trailer_max  bytes of trailer fields
    void start(BodyLength length, std::uint64_t bytes_max = UINT64_MAX,
               std::uint64_t trailer_max = 32 * 1024);

    /// Decodes as much as the buffer holds. A refusal names the client (400, 413, 431) whoever sent
    /// the body: for a response the caller makes it a BackendBadResponse. Chunk data of one buffer
    /// is moved together, so the payload is one run. A body of no bytes is done without being fed:
    /// see is_done().
    BodyPart decode(std::span<char> buffer);
    bool is_done() const { return phase_ == Phase::Done; }
    /// The connection ended: true when that completes the body (UntilClose), false when it cuts it.
    bool end_of_input();

    /// Payload bytes decoded so far.
    std::uint64_t decoded_bytes() const { return decoded_; }
    /// After is_done(): the trailer fields that may be forwarded, as `Name: value\r\n` lines: no
    /// framing, routing or authentication fields (RFC 9110 section 6.5.1). Empty when there are
    /// none.
    const std::string& trailers() const { return trailers_; }

  private:
    enum class Phase : std::uint8_t {
        Done,
        Length,
        UntilClose,
        SizeFirst,  // at the first digit of a chunk line
        Size,
        Extension,
        SizeLineFeed,
        Data,
        DataReturn,
        DataLineFeed,
        Trailer,
        TrailerLineFeed,
        Refused,
    };

    BodyPart decode_chunked(std::span<char> buffer);
    HeadError read_size(char c);
    HeadError end_size_line();
    HeadError read_trailer(char c);
    HeadError end_trailer_line();

    Phase phase_ = Phase::Done;
    std::uint8_t digits_ = 0;
    std::uint32_t extension_bytes_ = 0;
    std::uint64_t left_ = 0;  // of the body by length, or of the chunk
    std::uint64_t decoded_ = 0;
    std::uint64_t bytes_max_ = UINT64_MAX;
    std::uint64_t trailer_bytes_ = 0;
    std::uint64_t trailer_max_ = 0;
    HeadError error_;
    std::string trailer_line_;
    std::string trailers_;
};

/// The pieces around one run of payload in a chunked body: write `before`, the payload, `after`.
class ChunkFrame {
  public:
    /// @param payload_bytes  > 0
    explicit ChunkFrame(std::size_t payload_bytes);
    std::string_view before() const { return {text_, length_}; }
    static std::string_view after() { return "\r\n"; }

  private:
    char text_[20];
    std::size_t length_;
};

}  // namespace fairlead::http
