// Children of the comparison: started, waited for, stopped, and never left behind.
#include "bench/peers/process.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <future>

#include "bench/peers/cpus.h"
#include "bench/peers/socket.h"
#include "tests/bench/peers/test_folder.h"
#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

constexpr Duration kLimit = std::chrono::seconds(10);
const std::atomic<bool> kGoOn{false};

ProcessSettings shell(const TestFolder& folder, const std::string& script) {
    return {"child", {"/bin/sh", "-c", script}, folder.path() / "child.log", folder.path()};
}

/// Listens on `address` until it is told to stop.
ProcessSettings server(const TestFolder& folder, const SocketAddress& address,
                       const std::string& first = "") {
    const std::string script = fmt::format(
        "import socket, signal, time\n{}\n"
        "s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
        "s.bind(('127.0.0.1', {})); s.listen()\n"
        "while True: s.accept()\n",
        first, address.port);
    return {
        "server", {"/usr/bin/python3", "-c", script}, folder.path() / "server.log", folder.path()};
}

SocketAddress free_address() { return (*free_addresses(1)).front(); }

bool exists(pid_t id) { return ::kill(id, 0) == 0; }

/// The number in a file that a child is about to write.
pid_t wait_for_number(const TestFolder& folder, const std::string& file) {
    const Time deadline = SystemClock().now() + kLimit;
    while (SystemClock().now() < deadline) {
        const std::string text = folder.read(file);
        if (text.ends_with('\n')) return std::stoi(text);
        ::poll(nullptr, 0, 2);
    }
    FAIL("the child wrote nothing");
    return 0;
}

TEST_CASE("a child runs in its folder and writes to its log", "[bench][peers]") {
    const TestFolder folder;
    auto process = Process::start(shell(folder, "pwd; echo oops >&2"));
    REQUIRE(process);
    REQUIRE(process->wait_until_ended(kLimit));
    CHECK(folder.read("child.log") == folder.path().string() + "\noops\n");
}

TEST_CASE("a child is waited for until its port answers", "[bench][peers]") {
    const TestFolder folder;
    const SocketAddress address = free_address();
    auto process = Process::start(server(folder, address));
    REQUIRE(process);
    const auto answered = process->wait_until_answers(address, kLimit, kGoOn);
    INFO(process->log_end());
    REQUIRE(answered);
    const pid_t id = process->id();
    process->stop();
    CHECK_FALSE(process->is_running());
    CHECK_FALSE(exists(id));  // reaped: not even a zombie
}

TEST_CASE("a child that ends early is told with the end of its log", "[bench][peers]") {
    const TestFolder folder;
    auto process =
        Process::start(shell(folder, "for i in 1 2 3 4 5 6 7 8 9; do echo line $i; done; exit 3"));
    REQUIRE(process);
    const SocketAddress address = free_address();
    const auto answered = process->wait_until_answers(address, kLimit, kGoOn);
    REQUIRE_FALSE(answered);
    CHECK(answered.error().message ==
          fmt::format("child ended with exit code 3 before {} answered; the end of {}:\n"
                      "    line 2\n    line 3\n    line 4\n    line 5\n"
                      "    line 6\n    line 7\n    line 8\n    line 9",
                      address.text(), (folder.path() / "child.log").string()));
    CHECK(answered.error().hint ==
          "run it by hand: /bin/sh -c 'for i in 1 2 3 4 5 6 7 8 9; do echo line $i; done; exit 3'");
}

TEST_CASE("a child that was killed is told with the signal", "[bench][peers]") {
    const TestFolder folder;
    auto process = Process::start(shell(folder, "exec sleep 60"));
    REQUIRE(process);
    CHECK(process->check_running("under load"));
    ::kill(process->id(), SIGKILL);
    REQUIRE(process->wait_until_ended(kLimit));
    const auto running = process->check_running("under load");
    REQUIRE_FALSE(running);
    CHECK(running.error().render() ==
          fmt::format("error: child was ended by signal 9 under load; the end of {}:\n"
                      "    (it wrote nothing)\n"
                      "  run it by hand: /bin/sh -c 'exec sleep 60'\n",
                      (folder.path() / "child.log").string()));
}

TEST_CASE("of a long log the end is shown, and the command as a shell takes it", "[bench][peers]") {
    const TestFolder folder;
    auto process = Process::start(shell(folder, "printf '%100000s\\n' long; echo last; exit 1"));
    REQUIRE(process);
    REQUIRE(process->wait_until_ended(kLimit));
    const std::string end = process->log_end();
    CHECK(end.size() < 8192);
    CHECK(end.ends_with("long\n    last"));
    const auto answered = process->wait_until_answers(free_address(), kLimit, kGoOn);
    REQUIRE_FALSE(answered);
    CHECK(answered.error().hint ==
          R"(run it by hand: /bin/sh -c 'printf '\''%100000s\n'\'' long; echo last; exit 1')");
}

TEST_CASE("a child that never answers is told after the limit", "[bench][peers]") {
    const TestFolder folder;
    auto process = Process::start(shell(folder, "exec sleep 60"));
    REQUIRE(process);
    const SocketAddress address = free_address();
    const auto answered =
        process->wait_until_answers(address, std::chrono::milliseconds(50), kGoOn);
    REQUIRE_FALSE(answered);
    CHECK(answered.error().message ==
          fmt::format("child does not answer on {} within 0s; the end of {}:\n"
                      "    (it wrote nothing)",
                      address.text(), (folder.path() / "child.log").string()));
}

TEST_CASE("waiting for a child ends when we are told to stop", "[bench][peers]") {
    const TestFolder folder;
    auto process = Process::start(shell(folder, "exec sleep 60"));
    REQUIRE(process);
    const std::atomic<bool> stop{true};
    const auto answered = process->wait_until_answers(free_address(), kLimit, stop);
    REQUIRE_FALSE(answered);
    CHECK(answered.error().message == "interrupted");
}

TEST_CASE("a child that ignores TERM is killed after the grace", "[bench][peers]") {
    const TestFolder folder;
    const SocketAddress address = free_address();
    auto process =
        Process::start(server(folder, address, "signal.signal(signal.SIGTERM, signal.SIG_IGN)"));
    REQUIRE(process);
    REQUIRE(process->wait_until_answers(address, kLimit, kGoOn));
    const pid_t id = process->id();
    process->stop(std::chrono::milliseconds(20));
    CHECK_FALSE(exists(id));
}

TEST_CASE("a child is stopped when its object is destroyed or assigned to", "[bench][peers]") {
    const TestFolder folder;
    pid_t first = 0;
    pid_t second = 0;
    {
        auto process = Process::start(shell(folder, "exec sleep 60"));
        REQUIRE(process);
        first = process->id();
        auto other = Process::start(shell(folder, "exec sleep 60"));
        REQUIRE(other);
        second = other->id();
        *process = std::move(*other);
        CHECK_FALSE(exists(first));
        CHECK(exists(second));
    }
    CHECK_FALSE(exists(second));
}

TEST_CASE("what a child has started is stopped with it", "[bench][peers]") {
    const TestFolder folder;
    // As a script that runs a balancer: TERM ends the shell and would leave the rest.
    auto process = Process::start(shell(folder, "sleep 60 & echo $!; exec sleep 60"));
    REQUIRE(process);
    const pid_t started = wait_for_number(folder, "child.log");
    REQUIRE(exists(started));
    SECTION("by stopping it") { process->stop(); }
    SECTION("when it has ended by itself") {
        ::kill(process->id(), SIGKILL);
        REQUIRE(process->wait_until_ended(kLimit));
        CHECK(exists(started));
        process->stop();
    }
    CHECK_FALSE(exists(started));
}

TEST_CASE("what a child has started is killed when it ignores TERM", "[bench][peers]") {
    const TestFolder folder;
    auto process = Process::start(shell(
        folder, "sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & exec sleep 60"));
    REQUIRE(process);
    const pid_t started = wait_for_number(folder, "child.log");
    process->stop(std::chrono::milliseconds(20));
    CHECK_FALSE(exists(started));
}

TEST_CASE("a program that is not there is an error that names it", "[bench][peers]") {
    const TestFolder folder;
    const auto process = Process::start(
        {"haproxy", {"/no/such/haproxy"}, folder.path() / "haproxy.log", folder.path()});
    REQUIRE_FALSE(process);
    CHECK(process.error().render() ==
          "error: cannot start haproxy: /no/such/haproxy: No such file or directory\n"
          "  check that the path is a program this user may run\n");
}

TEST_CASE("a log that cannot be written is an error", "[bench][peers]") {
    const TestFolder folder;
    const auto process =
        Process::start({"child", {"/bin/true"}, "/no/such/folder/child.log", folder.path()});
    REQUIRE_FALSE(process);
    CHECK(process.error().message ==
          "cannot write /no/such/folder/child.log: No such file or directory");
}

TEST_CASE("a child runs on the CPU it is given", "[bench][peers]") {
    const TestFolder folder;
    const int cpu = usable_cpus().back();
    ProcessSettings settings = shell(folder, "grep Cpus_allowed_list /proc/self/status");
    settings.cpu = cpu;
    auto process = Process::start(settings);
    REQUIRE(process);
    REQUIRE(process->wait_until_ended(kLimit));
    CHECK(folder.read("child.log") == fmt::format("Cpus_allowed_list:\t{}\n", cpu));
}

TEST_CASE("a child dies with the process that started it", "[bench][peers]") {
    const TestFolder folder;
    // The pipe's end is read when nobody holds it any more: neither the parent nor its child.
    int held[2];
    REQUIRE(::pipe(held) == 0);
    const pid_t parent = ::fork();
    if (parent == 0) {
        ::close(held[0]);
        const auto child = Process::start(shell(folder, "exec sleep 60"));
        ::raise(SIGKILL);  // no destructor runs
    }
    REQUIRE(parent > 0);
    ::close(held[1]);
    ::waitpid(parent, nullptr, 0);
    char byte = 0;
    CHECK(::read(held[0], &byte, 1) == 0);
    ::close(held[0]);
}

TEST_CASE("a command's output is read whole, stderr too", "[bench][peers]") {
    const auto output = output_of({"/bin/sh", "-c", "echo one; echo two >&2"}, kLimit);
    REQUIRE(output);
    CHECK(*output == "one\ntwo\n");
    const auto endless = output_of({"/bin/sleep", "60"}, std::chrono::milliseconds(20));
    REQUIRE_FALSE(endless);
    CHECK(endless.error().message == "/bin/sleep 60 does not end");
}

}  // namespace
}  // namespace fairlead::bench::peers
