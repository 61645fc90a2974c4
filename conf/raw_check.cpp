#include "conf/raw_check.h"

#include <string>

namespace fairlead::conf {
namespace {

constexpr int kKeyPartsMax = 32;

/// Walks over the text as TOML's grammar does, only so far as to know what is quoted. Where the
/// text is not TOML anyway it may lose its way; the library then reports the syntax error.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    std::optional<RawFault> scan() {
        while (at_ < text_.size() && !found_) {
            const char c = text_[at_];
            if (c == '#') {
                skip_comment();
            } else if (c == '"' || c == '\'') {
                is_in_statement_ = true;
                skip_string(c);
            } else {
                look_at(c);
                ++at_;
            }
        }
        return found_;
    }

  private:
    void look_at(char c) {
        if (is_non_ascii(at_)) refuse_non_ascii();
        follow_statement(c);
        if (c == '.') {
            if (++dots_ >= kKeyPartsMax) {
                found_ = RawFault{at_, "a key has too many parts", "32 is the limit"};
            }
        } else if (std::string_view{"\n=,[]{}"}.find(c) != std::string_view::npos) {
            dots_ = 0;  // what follows is no longer the same key
        }
    }

    /// Tells a table's header from an array: a header's bracket is the first thing of a statement.
    void follow_statement(char c) {
        if (c == '\n') {
            if (open_.empty()) is_in_statement_ = is_in_value_ = false;
            return;
        }
        if (is_space(c)) return;
        if (c == '[' && !is_in_statement_) {
            look_at_header();
            if (at_ + 1 < text_.size() && text_[at_ + 1] == '[') ++at_;
        } else if (c == '[' || c == '{') {
            open_ += c;
            is_in_value_ = c == '[';
        } else if (c == '}' && !open_.empty() && open_.back() == '[') {
            found_ = RawFault{at_, "not TOML: \"}\" in a list that is still open", "write \"]\""};
        } else if ((c == ']' || c == '}') && !open_.empty()) {
            open_.pop_back();
        } else if (c == '=') {
            is_in_value_ = true;
        } else if (c == ',') {
            is_in_value_ = open_.empty() || open_.back() == '[';
        }
        is_in_statement_ = true;
        // Quotes are skipped elsewhere; a header's closing bracket finds nothing open.
    }

    void look_at_header() {
        std::size_t at = at_ + 1;
        if (at < text_.size() && text_[at] == '[') ++at;
        while (at < text_.size() && (text_[at] == ' ' || text_[at] == '\t')) ++at;
        if (at == text_.size()) return;  // the library says so
        if (text_[at] == '\n' || text_[at] == '\r') {
            found_ =
                RawFault{at_, "not TOML: a table's header has no name in its line", "write [NAME]"};
            return;
        }
        const char first = text_[at];
        const bool is_bare = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') ||
                             (first >= '0' && first <= '9') || first == '-' || first == '_';
        if (is_bare || first == '"' || first == '\'' || first == ']' || is_non_ascii(at)) return;
        found_ = RawFault{at, "not TOML: a table's name does not begin like this",
                          "put it in quotes, or begin with a letter"};
    }

    void refuse_non_ascii() {
        found_ = RawFault{at_, "not TOML: only ASCII stands outside quotes and comments",
                          "put it in quotes, in one line"};
    }

    bool is_non_ascii(std::size_t at) const {
        return at < text_.size() && static_cast<unsigned char>(text_[at]) >= 0x80;
    }

    bool is_triple(char quote) const {
        return at_ + 2 < text_.size() && text_[at_] == quote && text_[at_ + 1] == quote &&
               text_[at_ + 2] == quote;
    }

    void skip_comment() {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    }

    /// A quote in the middle of something, as in `1"x"`, begins no string for the library: it reads
    /// on as if the quotes were not there.
    bool is_misplaced() const {
        if (at_ == 0) return false;
        constexpr std::string_view kBefore = " \t\n\r=,[{";
        const char before = text_[at_ - 1];
        if (before == '.') return is_in_value_;  // a dot joins the parts of a key
        return kBefore.find(before) == std::string_view::npos;
    }

    void skip_string(char quote) {
        const bool must_be_ascii = is_misplaced();
        const bool is_long = is_triple(quote);
        at_ += is_long ? 3 : 1;
        while (at_ < text_.size() && !found_) {
            const char c = text_[at_];
            if (must_be_ascii && is_non_ascii(at_)) {
                refuse_non_ascii();
            } else if (c == '\\' && quote == '"') {
                skip_escape(is_long);
            } else if (c == '\n' && !is_long) {
                return;
            } else if (c == quote && (!is_long || is_triple(quote))) {
                at_ += is_long ? 3 : 1;
                // A long string may end in up to two quotes of its own.
                for (int i = 0; is_long && i < 2 && at_ < text_.size() && text_[at_] == quote;
                     ++i) {
                    ++at_;
                }
                return;
            } else {
                ++at_;
            }
        }
    }

    /// From a backslash over what it escapes: one character, or the white space of a folded line.
    void skip_escape(bool is_long) {
        ++at_;
        const std::size_t first = at_;
        while (is_long && at_ < text_.size() && is_space(text_[at_])) ++at_;
        if (is_non_ascii(at_)) {
            refuse_non_ascii();
        } else if (at_ == first && at_ < text_.size() && text_[at_] != '\n') {
            ++at_;
        }
    }

    static bool is_space(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string open_;  ///< brackets of arrays and inline tables
    bool is_in_statement_ = false;
    bool is_in_value_ = false;  ///< not in a key
    int dots_ = 0;              ///< since the last character that no key has
    std::optional<RawFault> found_;
};

}  // namespace

std::optional<RawFault> raw_fault(std::string_view text) { return Scanner{text}.scan(); }

}  // namespace fairlead::conf
