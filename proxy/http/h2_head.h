/// HTTP/2 heads (RFC 9113 section 8) as HTTP/1.1 text, and back. Everything else in the product
/// knows heads as that text, so that one parser with one set of rules judges what any client says;
/// judged here is only what the text could not show any more.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http/message.h"

namespace fairlead::http {

/// Makes text of the fields of one block, in the order in which they come. Reused from block to
/// block.
class H2HeadReader {
  public:
    enum class Kind : std::uint8_t { Request, Response, Trailers };

    /// A field counts with its name, its value and 32 bytes (RFC 9113 section 6.5.2).
    void start(Kind kind, const HeadLimits& limits);
    void add(std::string_view name, std::string_view value);
    /// The block is whole. Reasons as for a 400; 431 when it was too large.
    HeadError finish();

    /// After finish() without an error: a whole head with its empty line; of trailers those lines
    /// that may be forwarded. After an error the start of a head as far as it was understood, or
    /// nothing.
    std::string_view text() const { return text_; }
    /// So much beyond its limits that reading on serves nobody.
    bool is_hopeless() const { return bytes_ > hopeless_bytes_; }
    /// `:protocol` of an extended CONNECT (RFC 8441); empty with everything else. The text is that
    /// of an HTTP/1.1 upgrade then, but for what only its writer can add.
    std::string_view protocol() const { return protocol_; }

  private:
    bool add_pseudo(std::string_view name, std::string_view value);
    HeadError check_request() const;
    void write_request();
    void refuse(std::string_view reason);

    Kind kind_ = Kind::Request;
    HeadLimits limits_;
    HeadError error_;
    std::string method_;
    std::string scheme_;
    std::string authority_;
    std::string path_;
    std::string protocol_;
    std::string status_;
    std::string host_;
    std::string cookie_;
    std::string lines_;
    std::string text_;
    std::uint64_t bytes_ = 0;
    std::uint64_t hopeless_bytes_ = 0;
    std::uint64_t count_ = 0;
    unsigned seen_ = 0;  ///< pseudo-fields, a bit for each
    bool has_fields_ = false;
    bool has_host_ = false;
    bool has_cookie_ = false;
};

struct H2Field {
    std::string_view name;  ///< lower case
    std::string_view value;
};

/// The fields of a head of ours as HTTP/2 sends them: names in lower case, pseudo-fields first,
/// nothing that speaks of an HTTP/1.1 connection. Reused; valid until the next call.
class H2FieldList {
  public:
    /// @param head  a whole response head, made by us. 101 becomes the 200 of an extended CONNECT.
    void set_response(std::string_view head);
    /// @param head  a whole request head, made by us
    void set_request(std::string_view head, std::string_view scheme);
    /// @param lines  whole lines, or nothing
    void set_trailers(std::string_view lines);

    std::span<const H2Field> fields() const { return fields_; }

  private:
    void start(std::string_view text);
    void add_lines(std::string_view lines, bool is_switch);
    std::string_view lower(std::string_view name);

    std::vector<H2Field> fields_;
    std::string lower_;
};

}  // namespace fairlead::http
