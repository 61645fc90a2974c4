/// What goes out in one write: a head, or a run of a body in its framing, or both. The same for
/// requests and responses. Views only; lives as long as the write.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "proxy/http/body_decoder.h"
#include "proxy/net/stream.h"

namespace fairlead::l7 {

class BodyPieces {
  public:
    void add(net::Bytes piece) {
        if (piece.empty()) return;
        assert(count_ < pieces_.size());
        pieces_[count_++] = piece;
        bytes_ += piece.size();
    }
    /// Once. @param trailers  whole lines, written behind the last chunk
    void add_body(std::string_view payload, bool is_chunked, bool is_last,
                  std::string_view trailers) {
        if (!is_chunked) {
            add(payload);
            return;
        }
        if (!payload.empty()) {
            add(frame_.emplace(payload.size()).before());
            add(payload);
            add(http::ChunkFrame::after());
        }
        if (is_last) {
            add("0\r\n");
            add(trailers);
            add("\r\n");
        }
    }

    bool is_empty() const { return count_ == 0; }
    std::size_t bytes() const { return bytes_; }
    std::span<const net::Bytes> all() const { return {pieces_.data(), count_}; }

  private:
    std::array<net::Bytes, 8> pieces_;  ///< two heads, three of a chunk, three of the end
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;
    std::optional<http::ChunkFrame> frame_;
};

}  // namespace fairlead::l7
