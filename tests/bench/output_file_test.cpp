#include "bench/output_file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "tests/bench/temporary_folder.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

namespace {

constexpr std::size_t kMax = 1'000'000;
using names = std::vector<std::string>;

std::string error_of(const Result<void>& result) {
    return result ? "no error" : result.error().render();
}

/// Files may not grow beyond so many bytes: what a full disk looks like, without one.
class FileSizeLimit {
  public:
    explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

  private:
    rlimit before_{};
    void (*handler_)(int);
};

/// Root may write anywhere; for as long as this lives we are nobody.
class WithoutPrivileges {
  public:
    WithoutPrivileges() : before_(::geteuid()) {
        if (before_ == 0) REQUIRE(::seteuid(65534) == 0);
    }
    ~WithoutPrivileges() {
        if (before_ == 0 && ::seteuid(0) != 0) std::abort();
    }

  private:
    uid_t before_;
};

}  // namespace

TEST_CASE("a file is written whole, and replaced whole", "[bench][output_file]") {
    const TemporaryFolder folder;
    const std::string path = folder.file("run.json");
    CHECK(write_file(path, "first, and longer"));
    CHECK(write_file(path, "second"));
    CHECK(read_file(path, kMax) == "second");
    CHECK(folder.names() == names{"run.json"});
}

TEST_CASE("a file that is replaced keeps its mode, and its link leads to it",
          "[bench][output_file]") {
    const TemporaryFolder folder;
    const std::string path = folder.file("real.json");
    REQUIRE(write_file(path, "old"));
    REQUIRE(::chmod(path.c_str(), 0640) == 0);
    REQUIRE(::symlink(path.c_str(), folder.file("link.json").c_str()) == 0);
    CHECK(write_file(folder.file("link.json"), "new"));
    CHECK(std::filesystem::is_symlink(folder.file("link.json")));
    CHECK(read_file(path, kMax) == "new");
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("a name as long as a name can be is written", "[bench][output_file]") {
    const TemporaryFolder folder;
    const std::string path = folder.file(std::string(255, 'x'));
    CHECK(error_of(write_file(path, "text")) == "no error");
    CHECK(folder.names().size() == 1);
}

TEST_CASE("a disk that fills up keeps the old file and leaves nothing behind",
          "[bench][output_file]") {
    const TemporaryFolder folder;
    const std::string path = folder.file("run.json");
    REQUIRE(write_file(path, "old"));
    {
        const FileSizeLimit limit(10);
        CHECK(error_of(write_file(path, std::string(100, 'x'))) ==
              path +
                  ": error: cannot write: File too large\n"
                  "  raise the limit of file sizes (ulimit -f)\n");
    }
    CHECK(read_file(path, kMax) == "old");
    CHECK(folder.names() == names{"run.json"});
}

TEST_CASE("a full device is told with the cure", "[bench][output_file]") {
    CHECK(error_of(write_file("/dev/full", "text")) ==
          "/dev/full: error: cannot write: No space left on device\n"
          "  free some space, or name a file on another disk\n");
}

TEST_CASE("a folder that is missing, is none, or stands in the file's place is told",
          "[bench][output_file]") {
    const TemporaryFolder folder;
    const std::string missing = folder.file("no/run.json");
    CHECK(error_of(write_file(missing, "text")) ==
          missing + ": error: cannot write: No such file or directory\n  make its folder first: " +
              "mkdir -p " + folder.file("no") + "\n");
    REQUIRE(write_file(folder.file("file"), ""));
    const std::string beneath = folder.file("file/run.json");
    CHECK(error_of(write_file(beneath, "text")) ==
          beneath + ": error: cannot write: Not a directory\n  " + folder.file("file") +
              " is not a folder\n");
    CHECK(error_of(write_file(folder.path().string(), "text")) ==
          folder.path().string() + ": error: cannot write: Is a directory\n  name a file in it\n");
    CHECK(error_of(write_file("", "text")).find("name a file") != std::string::npos);
}

TEST_CASE("a link that leads nowhere is neither followed nor replaced", "[bench][output_file]") {
    const TemporaryFolder folder;
    const std::string link = folder.file("link");
    REQUIRE(::symlink(folder.file("gone").c_str(), link.c_str()) == 0);
    CHECK_FALSE(write_file(link, "text"));
    CHECK(folder.names() == names{"link"});
}

TEST_CASE("a folder or a file that may not be written to is told", "[bench][output_file]") {
    const TemporaryFolder folder;
    const std::string path = folder.file("run.json");
    REQUIRE(::chmod(folder.path().c_str(), 0555) == 0);
    const WithoutPrivileges nobody;
    CHECK(error_of(write_file(path, "text")) ==
          path +
              ": error: cannot write: Permission denied\n"
              "  name a file in a folder that you may write to\n");
    CHECK(folder.names().empty());
}

TEST_CASE("a pipe is written to, not replaced", "[bench][output_file]") {
    const TemporaryFolder folder;
    const std::string path = folder.file("pipe");
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    std::string got;
    std::thread reader([&] { got = read_file(path, kMax).value_or("unread"); });
    CHECK(write_file(path, "text"));
    reader.join();
    CHECK(got == "text");
    CHECK(std::filesystem::is_fifo(path));
}

TEST_CASE("a name of an open descriptor writes where that stands", "[bench][output_file]") {
    const TemporaryFolder folder;
    const std::string path = folder.file("out");
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT, 0600);
    REQUIRE(::write(fd, "before ", 7) == 7);
    CHECK(write_file("/dev/fd/" + std::to_string(fd), "text"));
    ::close(fd);
    CHECK(read_file(path, kMax) == "before text");
}

TEST_CASE("a file that is missing, a folder or too long to be right is told when read",
          "[bench][output_file]") {
    const TemporaryFolder folder;
    const std::string path = folder.file("run.json");
    CHECK(read_file(path, kMax).error().render() ==
          path +
              ": error: cannot read: No such file or directory\n"
              "  see whether the name is right\n");
    CHECK(read_file(folder.path().string(), kMax).error().message == "cannot read: Is a directory");
    CHECK(read_file("/dev/zero", 3'000'000).error().message == "longer than 3 MB");
}

TEST_CASE("whether a file may be written is told without writing it", "[bench][output_file]") {
    const TemporaryFolder folder;
    REQUIRE(write_file(folder.file("old"), "old"));
    for (const std::string& path : {folder.file("new"), folder.file("old"),
                                    std::string("/dev/stdout"), std::string("/dev/null")}) {
        INFO(path);
        CHECK(error_of(check_writable(path)) == "no error");
    }
    CHECK(folder.names() == names{"old"});
    CHECK(*read_file(folder.file("old"), kMax) == "old");
    for (const std::string& path : {std::string(), folder.path().string(), folder.file("no/such"),
                                    folder.file("old/file"), folder.file("folder/")}) {
        INFO(path);
        const std::string error = error_of(check_writable(path));
        CHECK(error != "no error");
        CHECK(error == error_of(write_file(path, "text")));
    }
    const WithoutPrivileges nobody;
    CHECK(error_of(check_writable(folder.file("new"))) ==
          folder.file("new") +
              ": error: cannot write: Permission denied\n"
              "  name a file in a folder that you may write to\n");
}

}  // namespace fairlead::bench
