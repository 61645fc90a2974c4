/// The first line of a head: request line and status line (RFC 9112 sections 3 and 4).
#pragma once

#include <cstddef>
#include <string_view>

#include "proxy/http/message.h"

namespace fairlead::http {

/// Judges the first line for HeadReader, before llhttp sees it.
class StartLine {
  public:
    virtual ~StartLine() = default;
    /// What is wrong with the part of the line that has arrived. Whatever is refused here stays
    /// refused with the same reason when more arrives, so that the answer does not depend on how
    /// the bytes were cut.
    virtual HeadError check_begin(std::string_view part) const = 0;
    /// The line without its CRLF; it starts the head's buffer. Says what check_begin() says of it
    /// when that refuses it.
    virtual HeadError complete(std::string_view line) = 0;
    /// The line does not fit the limit of the whole head.
    virtual HeadError too_long() const = 0;
    virtual bool may_hold_tabs() const = 0;
};

class RequestLine final : public StartLine {
  public:
    void start(RequestHead& head, std::size_t target_bytes_max);
    HeadError check_begin(std::string_view part) const override;
    HeadError complete(std::string_view line) override;
    HeadError too_long() const override;
    bool may_hold_tabs() const override { return false; }

  private:
    HeadError read(std::string_view line);

    RequestHead* head_ = nullptr;
    std::size_t target_bytes_max_ = 0;
};

class StatusLine final : public StartLine {
  public:
    void start(ResponseHead& head) { head_ = &head; }
    HeadError check_begin(std::string_view part) const override;
    HeadError complete(std::string_view line) override;
    HeadError too_long() const override;
    bool may_hold_tabs() const override { return true; }  // in the reason phrase

  private:
    ResponseHead* head_ = nullptr;
};

/// What the parser says when a request is refused with 400.
constexpr HeadError bad_request(std::string_view reason) {
    return {Failure::ClientBadRequest, 400, reason};
}

/// The method of that name; Other for those without a meaning to us. Case matters.
Method method_from(std::string_view name);

}  // namespace fairlead::http
