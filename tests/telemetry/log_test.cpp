#include "proxy/telemetry/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "tests/support/catch.h"

using namespace fairlead::telemetry;

namespace {

/// stderr goes into a pipe while this lives.
class PipedStderr {
  public:
    PipedStderr() : saved_{::dup(STDERR_FILENO)} {
        REQUIRE(::pipe2(ends_, O_CLOEXEC) == 0);
        ::dup2(ends_[1], STDERR_FILENO);
    }
    ~PipedStderr() {
        ::dup2(saved_, STDERR_FILENO);
        for (const int fd : {saved_, ends_[0], ends_[1]}) ::close(fd);
    }
    PipedStderr(const PipedStderr&) = delete;
    PipedStderr& operator=(const PipedStderr&) = delete;

    /// What is in the pipe now.
    std::string read() {
        ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
        std::string text;
        char bytes[4096];
        for (ssize_t got = 0; (got = ::read(ends_[0], bytes, sizeof bytes)) > 0;) {
            text.append(bytes, static_cast<std::size_t>(got));
        }
        return text;
    }
    void fill() {
        ::fcntl(ends_[1], F_SETFL, O_NONBLOCK);
        const std::string page(4096, 'x');
        while (::write(ends_[1], page.data(), page.size()) > 0) {
        }
        ::fcntl(ends_[1], F_SETFL, 0);  // from now on a write would hang
    }

  private:
    int saved_;
    int ends_[2] = {-1, -1};
};

/// `0` for every digit, so that a line can be compared whole.
std::string with_digits_hidden(std::string text) {
    for (char& c : text) {
        if (c >= '0' && c <= '9') c = '0';
    }
    return text;
}

}  // namespace

TEST_CASE("a line is the time in UTC, the level and the text", "[telemetry][log]") {
    PipedStderr piped;
    log::info("pool {}: backend {} is down", "app", "b");
    log::warn("slow");
    log::error("{}", 1);
    CHECK(with_digits_hidden(piped.read()) ==
          "0000-00-00T00:00:00.000Z info  pool app: backend b is down\n"
          "0000-00-00T00:00:00.000Z warn  slow\n"
          "0000-00-00T00:00:00.000Z error 0\n");
}

TEST_CASE("levels below the one that is set are left out", "[telemetry][log]") {
    const log::Capture capture;
    log::debug("not shown");
    log::info("shown");
    log::set_level(log::Level::Trace);
    log::trace("shown");
    log::debug("shown");
    log::set_level(log::Level::Error);
    log::warn("not shown");
    log::error("shown");
    log::set_level(log::Level::Info);
    CHECK(capture.text() == "info shown\ntrace shown\ndebug shown\nerror shown\n");
}

TEST_CASE("nothing in a text can end or disturb its line", "[telemetry][log]") {
    struct Row {
        std::string_view text;
        std::string_view shown;
    };
    using namespace std::string_view_literals;
    const Row row = GENERATE(Row{"plain \"quoted\" back\\slash", "plain \"quoted\" back\\slash"},
                             Row{"two\nlines\r\n", "two\\nlines\\x0d\\n"},
                             Row{"tab\there", "tab\\there"}, Row{"\x1b[31mred", "\\x1b[31mred"},
                             Row{"nul\0byte"sv, "nul\\x00byte"}, Row{"del\x7f", "del\\x7f"},
                             Row{"caf\xC3\xA9 \xE2\x82\xAC", "caf\xC3\xA9 \xE2\x82\xAC"},
                             Row{"bad \xFF\xC3(", "bad \\xff\\xc3("},
                             Row{"c1 \xC2\x9B"
                                 "31m",
                                 "c1 \\xc2\\x9b31m"});
    const log::Capture capture;
    log::info("{}", row.text);
    CHECK(capture.text() == "info " + std::string{row.shown} + "\n");
}

TEST_CASE("a very long text is cut", "[telemetry][log]") {
    PipedStderr piped;
    log::info("{}", std::string(100'000, 'a'));
    const std::string line = piped.read();
    CHECK(line.size() <= 4096);
    CHECK(line.size() > 4000);
    CHECK(line.substr(line.size() - 5) == "a...\n");
}

TEST_CASE("a stopped stderr costs lines, not time", "[telemetry][log]") {
    PipedStderr piped;
    piped.fill();
    const std::uint64_t before = log::dropped();
    log::error("this would hang");
    CHECK(log::dropped() == before + 1);

    piped.read();
    log::error("this is written");
    CHECK(log::dropped() == before + 1);
    CHECK(piped.read().find("this is written\n") != std::string::npos);
}
