#include "proxy/runtime/config_watch.h"

#include <filesystem>
#include <fstream>
#include <memory>

#include "tests/bench/temporary_folder.h"
#include "tests/net/turn.h"

using namespace fairlead;
using namespace fairlead::runtime;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& file, std::string_view text) { std::ofstream{file} << text; }

void replace_link(const fs::path& link, const fs::path& to) {
    const fs::path next = link.string() + ".next";
    fs::create_symlink(to, next);
    fs::rename(next, link);
}

/// A watch with what it has told; `read_since` lies ahead, so only what differs is told.
struct Watching {
    explicit Watching(WatchList list) : list_(std::move(list)) {
        watch.watch(list_, SystemClock{}.wall() + std::chrono::hours{1});
        net::test::turn_for(loop, 50ms);
        REQUIRE(changes == 0);
    }
    /// True when a change is told, which takes at least the settle time.
    bool is_told() {
        const Time since = loop.now();
        const int before = changes;
        const bool told = net::test::turn_until(loop, [&] { return changes > before; });
        return told && loop.now() - since >= ConfigWatch::kSettle / 2;
    }
    bool is_quiet() {
        const int before = changes;
        net::test::turn_for(loop, 2 * ConfigWatch::kSettle);
        return changes == before;
    }

    WatchList list_;
    net::Loop loop;
    int changes = 0;
    ConfigWatch watch{loop, [this] { ++changes; }};
};

}  // namespace

TEST_CASE("a change of content is told once, however often it was written", "[runtime][watch]") {
    bench::TemporaryFolder folder;
    const std::string file = folder.file("edge.toml");
    write(file, "1");
    Watching watching{{{file}, {}}};
    for (const char* text : {"2", "3", "4"}) write(file, text);
    CHECK(watching.is_told());
    CHECK(watching.is_quiet());
    CHECK(watching.changes == 1);
}

TEST_CASE("the same content written again is no change", "[runtime][watch]") {
    bench::TemporaryFolder folder;
    const std::string file = folder.file("edge.toml");
    write(file, "1");
    Watching watching{{{file}, {}}};
    write(file, "1");
    CHECK(watching.is_quiet());
    write(folder.file("other"), "1");
    CHECK(watching.is_quiet());
}

TEST_CASE("an editor's rename over the file is a change, and so is the next", "[runtime][watch]") {
    bench::TemporaryFolder folder;
    const std::string file = folder.file("edge.toml");
    write(file, "1");
    Watching watching{{{file}, {}}};
    for (const char* text : {"2", "3"}) {
        write(file + ".new", text);
        fs::rename(file + ".new", file);
        CHECK(watching.is_told());
    }
}

TEST_CASE("a file that goes and one that comes are changes", "[runtime][watch]") {
    bench::TemporaryFolder folder;
    const std::string file = folder.file("edge.toml");
    write(file, "1");
    Watching watching{{{file}, {}}};
    fs::remove(file);
    CHECK(watching.is_told());
    write(file, "1");
    CHECK(watching.is_told());
}

TEST_CASE("the second of several files counts as the first", "[runtime][watch]") {
    bench::TemporaryFolder folder;
    bench::TemporaryFolder elsewhere;
    write(folder.file("edge.toml"), "1");
    write(elsewhere.file("more.toml"), "1");
    Watching watching{{{folder.file("edge.toml"), elsewhere.file("more.toml")}, {}}};
    write(elsewhere.file("more.toml"), "2");
    CHECK(watching.is_told());
}

TEST_CASE("a swap of ..data, as Kubernetes does it, is a change", "[runtime][watch]") {
    bench::TemporaryFolder folder;
    for (const char* name : {"..1", "..2", "..3"}) {
        fs::create_directory(folder.path() / name);
        write(folder.path() / name / "edge.toml", name);
    }
    fs::create_symlink("..1", folder.path() / "..data");
    fs::create_symlink("..data/edge.toml", folder.path() / "edge.toml");
    Watching watching{{{folder.file("edge.toml")}, {}}};
    for (const char* name : {"..2", "..3"}) {
        replace_link(folder.path() / "..data", name);
        CHECK(watching.is_told());
    }
}

TEST_CASE("behind a link the target is watched, also a new one", "[runtime][watch]") {
    bench::TemporaryFolder folder;
    bench::TemporaryFolder one;
    bench::TemporaryFolder two;
    write(one.file("a.toml"), "1");
    write(two.file("b.toml"), "1");
    fs::create_symlink(one.file("a.toml"), folder.path() / "edge.toml");
    Watching watching{{{folder.file("edge.toml")}, {}}};
    write(one.file("a.toml"), "2");
    CHECK(watching.is_told());
    write(two.file("b.toml"), "3");
    replace_link(folder.path() / "edge.toml", two.file("b.toml"));
    CHECK(watching.is_told());
    CHECK(watching.is_quiet());
    write(two.file("b.toml"), "4");
    CHECK(watching.is_told());
}

TEST_CASE("files that come to, change in and go from an include folder are changes",
          "[runtime][watch]") {
    bench::TemporaryFolder folder;
    write(folder.file("edge.toml"), "1");
    const fs::path includes = folder.path() / "conf.d";
    Watching watching{{{folder.file("edge.toml")}, {includes}}};
    fs::create_directory(includes);
    CHECK(watching.is_quiet());  // still empty
    write(includes / "a.toml", "1");
    CHECK(watching.is_told());
    write(includes / ".a.toml.swp", "1");
    write(includes / "a.toml~", "1");
    CHECK(watching.is_quiet());
    write(includes / "a.toml", "2");
    CHECK(watching.is_told());
    fs::remove(includes / "a.toml");
    CHECK(watching.is_told());
}

TEST_CASE("what changed between reading and watching is told", "[runtime][watch]") {
    bench::TemporaryFolder folder;
    const std::string file = folder.file("edge.toml");
    net::Loop loop;
    int changes = 0;
    ConfigWatch watch{loop, [&] { ++changes; }};
    const WallTime before = SystemClock{}.wall();
    write(file, "1");
    watch.watch({{file}, {}}, before);
    CHECK(net::test::turn_until(loop, [&] { return changes == 1; }));
    // Watched again after the reload that follows: this content is known.
    watch.watch({{file}, {}}, SystemClock{}.wall());
    net::test::turn_for(loop, 2 * ConfigWatch::kSettle);
    CHECK(changes == 1);
}

TEST_CASE("writing without end is looked at all the same", "[runtime][watch]") {
    bench::TemporaryFolder folder;
    const std::string file = folder.file("edge.toml");
    write(file, "0");
    Watching watching{{{file}, {}}};
    const Time since = watching.loop.now();
    for (int i = 1; watching.changes == 0 && watching.loop.now() - since < 10s; ++i) {
        write(file, std::to_string(i));
        net::test::turn_for(watching.loop, ConfigWatch::kSettle / 4);
    }
    CHECK(watching.changes > 0);
    CHECK(watching.loop.now() - since < ConfigWatch::kSettleMax + 1s);
}

TEST_CASE("a change may destroy the configuration's watch", "[runtime][watch]") {
    bench::TemporaryFolder folder;
    const std::string file = folder.file("edge.toml");
    net::Loop loop;
    std::unique_ptr<ConfigWatch> watch;
    watch = std::make_unique<ConfigWatch>(loop, [&] { watch.reset(); });
    const WallTime before = SystemClock{}.wall();
    write(file, "1");
    watch->watch({{file}, {}}, before);
    CHECK(net::test::turn_until(loop, [&] { return watch == nullptr; }));
}
