#include "proxy/runtime/state_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "proxy/runtime/state_keeper.h"
#include "proxy/telemetry/log.h"
#include "tests/bench/temporary_folder.h"
#include "tests/net/turn.h"

using namespace fairlead;
using namespace fairlead::runtime;
namespace fs = std::filesystem;

namespace {

SavedState state_of(const std::string& backend) {
    SavedState state;
    state.health.push_back({"app", backend, "10.0.0.1:80", balancing::State::Up, {}});
    return state;
}

std::string backend_in(const std::string& path) {
    const Result<LoadedState> loaded = load_state(path);
    if (!loaded || !loaded->state || loaded->state->health.empty()) return "";
    return loaded->state->health[0].backend;
}

std::string content(const fs::path& file) {
    std::ifstream in{file};
    return {std::istreambuf_iterator<char>{in}, {}};
}

mode_t mode_of(const std::string& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

Error refusal(const std::string& path) {
    const Result<LoadedState> loaded = load_state(path);
    REQUIRE_FALSE(loaded);
    return loaded.error();
}

}  // namespace

TEST_CASE("a file that is written is loaded, and only its owner may look at it",
          "[runtime][state]") {
    bench::TemporaryFolder folder;
    const std::string path = folder.file("state.json");
    REQUIRE(write_state(path, to_json(state_of("b1"))));
    CHECK(backend_in(path) == "b1");
    CHECK(mode_of(path) == 0600);
    REQUIRE(write_state(path, to_json(state_of("b2"))));
    CHECK(backend_in(path) == "b2");
    CHECK(folder.names() == std::vector<std::string>{"state.json"});
}

TEST_CASE("no file is nothing to tell", "[runtime][state]") {
    bench::TemporaryFolder folder;
    const auto loaded = load_state(folder.file("state.json"));
    REQUIRE(loaded);
    CHECK_FALSE(loaded->state);
    CHECK(loaded->warning.empty());
}

TEST_CASE("a missing folder is an error that says how to make it", "[runtime][state]") {
    bench::TemporaryFolder folder;
    const std::string missing = folder.file("none");
    const Error error = refusal(missing + "/state.json");
    CHECK(error.message == "the state file's folder " + missing + " does not exist");
    CHECK(error.hint == "mkdir -p " + missing +
                            ", owned by the user this runs as; or StateDirectory= in the service");
    CHECK_FALSE(write_state(missing + "/state.json", "{}"));
}

TEST_CASE("a damaged file is set aside with a warning", "[runtime][state]") {
    bench::TemporaryFolder folder;
    const std::string path = folder.file("state.json");
    const std::string whole = to_json(state_of("b1"));
    const std::string damaged =
        GENERATE_COPY(std::string{}, whole.substr(0, whole.size() / 2), std::string(100, '\0'),
                      std::string{"{\"format\":\"fairlead-state\",\"version\":77}"});
    std::ofstream{path} << damaged;
    const auto loaded = load_state(path);
    REQUIRE(loaded);
    CHECK_FALSE(loaded->state);
    CHECK(loaded->warning.find("the state file " + path + " is not usable: ") == 0);
    const std::vector<std::string> names = folder.names();
    REQUIRE(names.size() == 1);
    CHECK(names[0].starts_with("state.json.damaged-20"));
    CHECK(content(folder.path() / names[0]) == damaged);
    CHECK(loaded->warning.find(names[0]) != std::string::npos);
    // And from here on all is well.
    REQUIRE(write_state(path, whole));
    CHECK(backend_in(path) == "b1");
}

TEST_CASE("a file that others could have written is refused, and left alone", "[runtime][state]") {
    bench::TemporaryFolder folder;
    const std::string path = folder.file("state.json");
    REQUIRE(write_state(path, to_json(state_of("b1"))));
    SECTION("by their right to write it") {
        ::chmod(path.c_str(), GENERATE(0620, 0602));
        const Error error = refusal(path);
        CHECK(error.message == "others can write the state file " + path);
        CHECK(error.hint == "look whether its content is right, then chmod 600 " + path);
    }
    SECTION("by their right to write in the folder") {
        ::chmod(folder.path().c_str(), GENERATE(0770, 0707));
        const Error error = refusal(path);
        CHECK(error.message ==
              "others can write in the state file's folder " + folder.path().string());
        CHECK(error.hint == "chmod go-w " + folder.path().string());
    }
    SECTION("but not in a folder where everyone has files of his own") {
        ::chmod(folder.path().c_str(), 01777);
        CHECK(backend_in(path) == "b1");
    }
    SECTION("by being its owner") {
        if (::geteuid() != 0) return;  // only root gives files away
        REQUIRE(::chown(path.c_str(), 65534, 65534) == 0);
        CHECK(refusal(path).message ==
              "the state file " + path + " belongs to another user (uid 65534)");
    }
    SECTION("by owning the folder") {
        if (::geteuid() != 0) return;
        REQUIRE(::chown(folder.path().c_str(), 65534, 65534) == 0);
        CHECK(refusal(path).message == "the state file's folder " + folder.path().string() +
                                           " belongs to another user (uid 65534)");
    }
    SECTION("by a link") {
        fs::rename(path, path + ".real");
        fs::create_symlink(path + ".real", path);
        CHECK(refusal(path).message == "the state file " + path + " is a symbolic link");
    }
    SECTION("by a pipe") {
        fs::remove(path);
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        CHECK(refusal(path).message == "the state file " + path + " is not a file");
    }
    CHECK(fs::exists(fs::symlink_status(path)));
}

TEST_CASE("what a killed writer left is removed, a living one's is not", "[runtime][state]") {
    bench::TemporaryFolder folder;
    const std::string path = folder.file("state.json");
    std::ofstream{path + ".new-2147483000"} << "half";  // above the largest process id
    std::ofstream{path + ".new-x"} << "half";
    std::ofstream{path + ".new-" + std::to_string(::getppid())} << "half";
    REQUIRE(load_state(path));
    CHECK(folder.names() ==
          std::vector<std::string>{"state.json.new-" + std::to_string(::getppid())});
}

TEST_CASE("a change is kept soon, many in a row not more often than every two seconds",
          "[runtime][state]") {
    bench::TemporaryFolder folder;
    const std::string path = folder.file("state.json");
    net::Loop loop;
    int number = 0;
    int collected = 0;
    StateKeeper keeper{loop, path, [&] {
                           ++collected;
                           return state_of("b" + std::to_string(number));
                       }};
    number = 1;
    keeper.note_changed();
    REQUIRE(net::test::turn_until(loop, [&] { return backend_in(path) == "b1"; }));
    const Time first = loop.now();
    while (backend_in(path) == "b1" && loop.now() - first < std::chrono::seconds{10}) {
        ++number;
        keeper.note_changed();
        net::test::turn_for(loop, std::chrono::milliseconds{20});
    }
    CHECK(collected == 2);
    CHECK(loop.now() - first > StateKeeper::kEvery - 2 * StateKeeper::kGather);
    CHECK(loop.now() - first < 2 * StateKeeper::kEvery);
}

TEST_CASE("at the end the last state is written, and nothing older over it", "[runtime][state]") {
    bench::TemporaryFolder folder;
    const std::string path = folder.file("state.json");
    {
        net::Loop loop;
        std::string name = "b1";
        auto keeper = std::make_unique<StateKeeper>(loop, path, [&] { return state_of(name); });
        keeper->note_changed();
        net::test::turn_for(loop, StateKeeper::kGather);  // its write may be under way
        name = "b2";
        keeper->save_now();
        CHECK(backend_in(path) == "b2");
        keeper.reset();
    }
    CHECK(backend_in(path) == "b2");
}

TEST_CASE("once given up the file is another's", "[runtime][state]") {
    bench::TemporaryFolder folder;
    const std::string path = folder.file("state.json");
    net::Loop loop;
    StateKeeper keeper{loop, path, [&] { return state_of("old"); }};
    keeper.note_changed();
    keeper.give_up();
    REQUIRE(write_state(path, to_json(state_of("new"))));
    keeper.save_now();
    keeper.note_changed();
    net::test::turn_for(loop, 3 * StateKeeper::kGather);
    CHECK(backend_in(path) == "new");
}

TEST_CASE("a write that fails is told once", "[runtime][state]") {
    bench::TemporaryFolder folder;
    const std::string path = folder.file("none/state.json");
    net::Loop loop;
    StateKeeper keeper{loop, path, [&] { return state_of("b1"); }};
    const telemetry::log::Capture log;
    keeper.note_changed();
    REQUIRE(net::test::turn_until(loop, [&] { return !log.text().empty(); }));
    CHECK(log.text() == "warn cannot make the file " + path + ".new-" + std::to_string(::getpid()) +
                            ": No such file or directory; tried again every 30 s\n");
}
