/// A JSON document read by pointers (RFC 6901), so that one file only includes the parser.
#pragma once

#include <string>

namespace fairlead::scenarios {

class JsonText {
  public:
    explicit JsonText(std::string text) : text_(std::move(text)) {}

    /// The value at "/attempts/0/reason": a string as it is, anything else as JSON.
    /// "(none)" when there is none, "(not JSON)" when the text is not.
    std::string at(const std::string& pointer) const;
    const std::string& text() const { return text_; }

  private:
    std::string text_;
};

}  // namespace fairlead::scenarios
