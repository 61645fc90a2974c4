#include "proxy/net/folder_watch.h"

#include <filesystem>
#include <fstream>

#include "tests/bench/temporary_folder.h"
#include "tests/net/turn.h"

using namespace fairlead;
using namespace fairlead::net;
using namespace fairlead::net::test;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& file, std::string_view text) { std::ofstream{file} << text; }

/// Lets what is on its way arrive, so that the next event belongs to the next deed.
void settle(Loop& loop) { turn_for(loop, std::chrono::milliseconds{20}); }

}  // namespace

TEST_CASE("a file that is made, written, renamed or removed in the folder is told",
          "[net][folder_watch]") {
    bench::TemporaryFolder folder;
    Loop loop;
    int changes = 0;
    const FolderWatch watch{loop, folder.path(), [&] { ++changes; }};
    CHECK_FALSE(watch.failure());
    const fs::path file = folder.path() / "a";
    const auto is_told = [&] { return changes > 0; };

    write(file, "1");
    CHECK(turn_until(loop, is_told));
    settle(loop);
    changes = 0;
    write(file, "2");
    CHECK(turn_until(loop, is_told));
    settle(loop);
    changes = 0;
    fs::rename(file, folder.path() / "b");
    CHECK(turn_until(loop, is_told));
    settle(loop);
    changes = 0;
    fs::remove(folder.path() / "b");
    CHECK(turn_until(loop, is_told));
}

TEST_CASE("a missing folder is watched once it is there, with the folders on its way",
          "[net][folder_watch]") {
    bench::TemporaryFolder folder;
    Loop loop;
    int changes = 0;
    const FolderWatch watch{loop, folder.path() / "x/y/", [&] { ++changes; }};
    CHECK_FALSE(watch.failure());
    CHECK(watch.path() == (folder.path() / "x/y").string());
    fs::create_directories(folder.path() / "x/y");
    REQUIRE(turn_until(loop, [&] { return changes > 0; }));
    settle(loop);
    changes = 0;
    write(folder.path() / "x/y/a", "1");
    CHECK(turn_until(loop, [&] { return changes > 0; }));
}

TEST_CASE("a folder that is deleted and made again is followed", "[net][folder_watch]") {
    bench::TemporaryFolder folder;
    const fs::path inner = folder.path() / "conf";
    fs::create_directory(inner);
    Loop loop;
    int changes = 0;
    const FolderWatch watch{loop, inner, [&] { ++changes; }};
    fs::remove_all(inner);
    REQUIRE(turn_until(loop, [&] { return changes > 0; }));
    settle(loop);
    changes = 0;
    fs::create_directory(inner);
    REQUIRE(turn_until(loop, [&] { return changes > 0; }));
    settle(loop);
    changes = 0;
    write(inner / "a", "1");
    CHECK(turn_until(loop, [&] { return changes > 0; }));
}

TEST_CASE("a symbolic link on the way that is pointed elsewhere is followed",
          "[net][folder_watch]") {
    bench::TemporaryFolder folder;
    fs::create_directories(folder.path() / "one/conf");
    fs::create_directories(folder.path() / "two/conf");
    const fs::path link = folder.path() / "current";
    fs::create_directory_symlink("one", link);
    Loop loop;
    int changes = 0;
    const FolderWatch watch{loop, link / "conf", [&] { ++changes; }};

    fs::create_directory_symlink("two", folder.path() / "next");
    fs::rename(folder.path() / "next", link);
    REQUIRE(turn_until(loop, [&] { return changes > 0; }));
    settle(loop);
    changes = 0;
    write(folder.path() / "two/conf/a", "1");
    CHECK(turn_until(loop, [&] { return changes > 0; }));
    settle(loop);
    changes = 0;
    write(folder.path() / "one/conf/a", "1");
    settle(loop);
    CHECK(changes == 0);
}

TEST_CASE("what happens beside the folder is not told", "[net][folder_watch]") {
    bench::TemporaryFolder folder;
    fs::create_directory(folder.path() / "conf");
    Loop loop;
    int changes = 0;
    const FolderWatch watch{loop, folder.path() / "conf", [&] { ++changes; }};
    write(folder.path() / "other", "1");
    settle(loop);
    CHECK(changes == 0);
}

TEST_CASE("a change may destroy the watch", "[net][folder_watch]") {
    bench::TemporaryFolder folder;
    Loop loop;
    std::unique_ptr<FolderWatch> watch;
    watch = std::make_unique<FolderWatch>(loop, folder.path(), [&] { watch.reset(); });
    write(folder.path() / "a", "1");
    CHECK(turn_until(loop, [&] { return watch == nullptr; }));
}
