#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/conf/full_model.h"
#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;

namespace {

constexpr std::size_t kCuts = 200;

/// A file that was cut while it was being written: half an editor's save, a full disk.
void check_cuts(const std::string& text) {
    std::size_t whole = 0;  // prefixes that are files of their own
    for (std::size_t i = 0; i < kCuts; ++i) {
        const std::size_t length = text.size() * i / kCuts;
        const LoadResult result = test::load(std::string_view{text}.substr(0, length));
        INFO("cut after " << length << " of " << text.size() << " bytes");
        if (result.ok()) {
            ++whole;
            // Only at the end of a line can a file seem whole.
            const std::size_t line = text.rfind('\n', length) + 1;
            const std::string rest = text.substr(line, length - line);
            CHECK((rest.empty() || rest.front() == '#' || rest.find(' ') != std::string::npos));
            continue;
        }
        for (const Error& error : result.errors) {
            const bool is_about_all = error.message == "no listener: nothing would be served";
            CHECK((is_about_all || (error.where.line > 0 && error.where.column > 0)));
            CHECK(error.where.line <=
                  static_cast<std::size_t>(std::count(
                      text.begin(), text.begin() + static_cast<std::ptrdiff_t>(length), '\n')) +
                      1);
            CHECK_FALSE(error.message.empty());
        }
    }
    CHECK(whole < kCuts / 4);
}

}  // namespace

TEST_CASE("a configuration that was cut off gives errors with their place", "[conf]") {
    check_cuts(std::string{test::kFull});
    std::ifstream file{std::string{FAIRLEAD_SOURCE_DIR} + "/examples/full.toml"};
    std::ostringstream text;
    text << file.rdbuf();
    check_cuts(text.str());
}
