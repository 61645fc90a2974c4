#include "proxy/telemetry/access_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "proxy/telemetry/log.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::telemetry;
using namespace std::chrono_literals;

namespace {

constexpr Duration kLong = 60s;  // nothing here comes near it

/// A folder of this test's own, gone with it.
class TestFolder {
  public:
    TestFolder() {
        char name[] = "/tmp/fairlead_access_log_XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path_ = name;
    }
    ~TestFolder() { std::filesystem::remove_all(path_); }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    std::string file(const std::string& name) const { return path_ + "/" + name; }

  private:
    std::string path_;
};

class Pipe {
  public:
    Pipe() { REQUIRE(::pipe2(ends_, O_CLOEXEC | O_NONBLOCK) == 0); }
    ~Pipe() {
        close_reader();
        ::close(ends_[1]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    /// A path under which the writing end can be opened.
    std::string path() const { return "/dev/fd/" + std::to_string(ends_[1]); }
    void close_reader() {
        if (ends_[0] >= 0) ::close(ends_[0]);
        ends_[0] = -1;
    }
    std::string read() {
        std::string text;
        char bytes[65536];
        for (ssize_t got = 0; (got = ::read(ends_[0], bytes, sizeof bytes)) > 0;) {
            text.append(bytes, static_cast<std::size_t>(got));
        }
        return text;
    }

  private:
    int ends_[2] = {-1, -1};
};

std::string read_file(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::size_t count_lines(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

AccessLogConfig common_to(const std::string& path) {
    AccessLogConfig config;
    config.to = path;
    config.format = AccessFormat::Common;
    return config;
}

std::unique_ptr<AccessLog> open(const AccessLogConfig& config, std::size_t workers = 1) {
    auto log = AccessLog::open(config, workers);
    REQUIRE(log);
    return std::move(*log);
}

AccessEntry get(std::string_view path) {
    AccessEntry entry;
    entry.client = "c";
    entry.method = "GET";
    entry.path = path;
    entry.proto = "HTTP/1.1";
    entry.status = 200;
    return entry;
}

std::string common_line(const std::string& path) {
    return "c - - [01/Jan/1970:00:00:00 +0000] \"GET " + path + " HTTP/1.1\" 200 0\n";
}

}  // namespace

TEST_CASE("lines reach the file when they are flushed", "[telemetry][access_log]") {
    const TestFolder folder;
    const auto log = open(common_to(folder.file("access.log")), 2);
    log->writer(0).write(get("/a"));
    log->writer(1).write(get("/b?key=1"));
    CHECK(log->sync(kLong));
    CHECK(read_file(folder.file("access.log")).empty());

    log->writer(0).flush();
    log->writer(1).flush();
    CHECK(log->sync(kLong));
    CHECK(read_file(folder.file("access.log")) ==
          common_line("/a") + common_line("/b?key=redacted"));
    CHECK(log->dropped() == 0);
}

TEST_CASE("a file is appended to, and only its owner and group may read it",
          "[telemetry][access_log]") {
    const TestFolder folder;
    const std::string path = folder.file("access.log");
    for (const char* target : {"/first", "/second"}) {
        const auto log = open(common_to(path));
        log->writer(0).write(get(target));
    }
    CHECK(read_file(path) == common_line("/first") + common_line("/second"));
    const auto others = std::filesystem::perms::others_all;
    CHECK((std::filesystem::status(path).permissions() & others) == std::filesystem::perms::none);
}

TEST_CASE("a full buffer is handed over without being asked", "[telemetry][access_log]") {
    const TestFolder folder;
    const auto log = open(common_to(folder.file("access.log")));
    const std::string target = "/" + std::string(1000, 'a');
    for (int i = 0; i < 40; ++i) log->writer(0).write(get(target));
    CHECK(log->sync(kLong));
    const std::size_t written = count_lines(read_file(folder.file("access.log")));
    CHECK(written >= 30);
    CHECK(written < 40);
}

TEST_CASE("a line larger than any buffer is written whole", "[telemetry][access_log]") {
    const TestFolder folder;
    AccessLogConfig config;
    config.to = folder.file("access.log");
    const std::string hostile(8000, '\x01');
    const auto log = open(config);
    AccessEntry entry = get(hostile);
    entry.host = entry.user_agent = hostile;
    log->writer(0).write(get("/before"));
    log->writer(0).write(entry);
    log->writer(0).write(get("/after"));
    log->stop(kLong);
    const std::string text = read_file(config.to);
    CHECK(count_lines(text) == 3);
    CHECK(text.size() > 3 * 6 * 8000);
    CHECK(text.find("/before") < text.find("\\u0001"));
    CHECK(text.rfind("\\u0001") < text.find("/after"));
}

TEST_CASE("an access log that is off has writers that do nothing", "[telemetry][access_log]") {
    AccessLogConfig config;
    config.enabled = false;
    config.to = "/nonexistent/access.log";
    const auto log = open(config, 2);
    CHECK(!log->writer(1).enabled());
    log->writer(1).write(get("/"));
    log->writer(1).flush();
    log->reopen();
    CHECK(log->sync(0s));
    CHECK(log->dropped() == 0);
}

TEST_CASE("a file that cannot be opened is an error with a cure", "[telemetry][access_log]") {
    const TestFolder folder;
    const auto log = AccessLog::open(common_to(folder.file("no/such.log")), 1);
    REQUIRE(!log);
    CHECK(log.error().render() ==
          "error: cannot open the access log " + folder.file("no/such.log") +
              ": No such file or directory\n"
              "  the folder must exist and be writable; \"stdout\" and \"off\" need none\n");
}

TEST_CASE("a sample takes its share, and nothing or everything at the ends",
          "[telemetry][access_log]") {
    struct Row {
        double sample;
        std::size_t least;
        std::size_t most;
    };
    const Row row = GENERATE(Row{0.0, 0, 0}, Row{0.25, 2350, 2650}, Row{1.0, 10'000, 10'000});
    const TestFolder folder;
    AccessLogConfig config = common_to(folder.file("access.log"));
    config.sample = row.sample;
    config.seed = 42;
    const auto log = open(config);
    for (int i = 0; i < 10'000; ++i) log->writer(0).write(get("/"));
    log->stop(kLong);
    const std::size_t lines = count_lines(read_file(config.to));
    CHECK(lines >= row.least);
    CHECK(lines <= row.most);
    CHECK(log->dropped() == 0);
}

TEST_CASE("after a file is renamed and opened again, lines go to the new one",
          "[telemetry][access_log]") {
    const TestFolder folder;
    const std::string path = folder.file("access.log");
    const log::Capture capture;
    const auto log = open(common_to(path));
    log->writer(0).write(get("/old"));
    log->writer(0).flush();
    REQUIRE(log->sync(kLong));

    std::filesystem::rename(path, path + ".1");
    log->writer(0).write(get("/renamed"));
    log->writer(0).flush();
    REQUIRE(log->sync(kLong));
    log->reopen();
    REQUIRE(log->sync(kLong));
    log->writer(0).write(get("/new"));
    log->writer(0).flush();
    REQUIRE(log->sync(kLong));

    CHECK(read_file(path + ".1") == common_line("/old") + common_line("/renamed"));
    CHECK(read_file(path) == common_line("/new"));
    CHECK(capture.text() == "info access log: " + path + " opened again\n");
}

TEST_CASE("when the file cannot be opened again, the old one is kept", "[telemetry][access_log]") {
    const TestFolder folder;
    std::filesystem::create_directory(folder.file("logs"));
    const std::string path = folder.file("logs/access.log");
    const log::Capture capture;
    const auto log = open(common_to(path));
    std::filesystem::rename(folder.file("logs"), folder.file("moved"));
    log->reopen();
    REQUIRE(log->sync(kLong));
    log->writer(0).write(get("/kept"));
    log->stop(kLong);

    CHECK(read_file(folder.file("moved/access.log")) == common_line("/kept"));
    CHECK(capture.text() == "error access log: cannot open " + path +
                                " again: No such file or directory; the old file is kept\n");
}

TEST_CASE("a stopped pipe costs lines, which are counted, and no time of a worker",
          "[telemetry][access_log]") {
    Pipe pipe;
    AccessLogConfig config = common_to(pipe.path());
    config.queue_bytes_max = 256 * 1024;
    const auto log = open(config);
    constexpr std::size_t kWritten = 20'000;
    for (std::size_t i = 0; i < kWritten; ++i) log->writer(0).write(get("/"));
    log->writer(0).flush();
    const std::size_t dropped = log->dropped();
    CHECK(dropped > 0);

    // Everything that was not dropped arrives once the pipe is read again.
    std::string text = pipe.read();
    while (!log->sync(1ms)) text += pipe.read();
    text += pipe.read();
    CHECK(log->dropped() == dropped);
    CHECK(count_lines(text) == kWritten - dropped);
    const std::size_t line_bytes = common_line("/").size();
    CHECK(text.size() == (kWritten - dropped) * line_bytes);
}

TEST_CASE("a stopped pipe does not keep the program from its end", "[telemetry][access_log]") {
    Pipe pipe;
    const auto log = open(common_to(pipe.path()));
    constexpr std::size_t kWritten = 4'000;
    for (std::size_t i = 0; i < kWritten; ++i) log->writer(0).write(get("/"));
    log->stop(20ms);
    const std::string text = pipe.read();
    CHECK(log->dropped() > 0);
    // A last line may be torn: it was not written whole, so it counts as dropped.
    CHECK(count_lines(text) + log->dropped() == kWritten);

    log->writer(0).write(get("/late"));
    log->writer(0).flush();
    CHECK(count_lines(text) + log->dropped() == kWritten + 1);
}

TEST_CASE("a reader that is gone is reported once", "[telemetry][access_log]") {
    Pipe pipe;
    const log::Capture capture;
    const auto log = open(common_to(pipe.path()));
    pipe.close_reader();
    for (int i = 0; i < 3; ++i) {
        log->writer(0).write(get("/"));
        log->writer(0).flush();
        REQUIRE(log->sync(kLong));
    }
    CHECK(log->dropped() == 3);
    CHECK(capture.text() == "error access log: cannot write to " + pipe.path() +
                                ": Broken pipe; lines are dropped until it works again\n");
}
