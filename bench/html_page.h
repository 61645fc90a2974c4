/// A page that stands alone: what the reports of runs and of comparisons are made of. Styles are
/// inside, nothing is loaded.
#pragma once

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace fairlead::bench {

/// The document while it is written. What comes from outside is escaped by whoever adds it.
class Page {
  public:
    /// Begins it, with the rules for charts, cards and tables.
    explicit Page(std::string_view title);

    template <class... Values>
    void add(fmt::format_string<Values...> format, Values&&... values) {
        fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
    }
    void raw(std::string_view html) { text_ += html; }

    /// Ends it.
    std::string take();

  private:
    std::string text_;
};

}  // namespace fairlead::bench
