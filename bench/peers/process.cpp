#include "bench/peers/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "bench/plain_client.h"
#include "proxy/base/text.h"

namespace fairlead::bench::peers {
namespace {

constexpr std::size_t kLogLinesShown = 8;
constexpr std::streamoff kLogBytesShown = 4096;
constexpr Duration kLookAgain = std::chrono::milliseconds(5);
/// A killed process is gone at once, unless the kernel holds it in a disk or network file system.
constexpr Duration kKillLimit = std::chrono::seconds(5);
constexpr Duration kConnectLimit = std::chrono::milliseconds(200);

/// What the child does between fork and exec: async-signal-safe calls only. A failure is written to
/// `report` as errno; a successful exec closes it.
[[noreturn]] void become(const ProcessSettings& settings, char* const* arguments, int out,
                         int report, pid_t parent) {
    const auto give_up = [report] {
        const int error = errno;
        [[maybe_unused]] const ssize_t written = ::write(report, &error, sizeof error);
        ::_exit(127);
    };
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // it died before the line above
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM}) ::signal(number, SIG_DFL);
    if (settings.cpu) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(*settings.cpu, &set);
        if (::sched_setaffinity(0, sizeof set, &set) != 0) give_up();
    }
    if (::chdir(settings.folder.c_str()) != 0) give_up();
    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || ::dup2(null, STDIN_FILENO) < 0 || ::dup2(out, STDOUT_FILENO) < 0 ||
        ::dup2(out, STDERR_FILENO) < 0) {
        give_up();
    }
    ::execv(arguments[0], arguments);
    give_up();
    ::_exit(127);
}

/// The errno of a child that could not become its program; 0 when it has.
int start_error(int report) {
    int error = 0;
    ssize_t got = 0;
    do {
        got = ::read(report, &error, sizeof error);
    } while (got < 0 && errno == EINTR);
    return got == sizeof error ? error : 0;
}

std::string ending(int status) {
    if (WIFSIGNALED(status)) return fmt::format("was ended by signal {}", WTERMSIG(status));
    return fmt::format("ended with exit code {}", WEXITSTATUS(status));
}

/// As it can be pasted into a shell.
std::string shell_text(const std::vector<std::string>& command) {
    std::string text;
    for (const std::string& word : command) {
        if (!text.empty()) text += ' ';
        const bool is_plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   std::string_view("-_./:=,+@%").find(c) != std::string_view::npos;
        });
        if (is_plain) {
            text += word;
            continue;
        }
        text += '\'';
        for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
        text += '\'';
    }
    return text;
}

void pause_for(Duration duration) { ::poll(nullptr, 0, static_cast<int>(milliseconds(duration))); }

Time now() { return SystemClock().now(); }

}  // namespace

Process::Process(ProcessSettings settings, pid_t id)
    : settings_(std::move(settings)), id_(id), group_(id) {}

Process::Process(Process&& other) noexcept
    : settings_(std::move(other.settings_)),
      id_(std::exchange(other.id_, -1)),
      group_(std::exchange(other.group_, -1)),
      status_(other.status_) {}

Process& Process::operator=(Process&& other) noexcept {
    if (this != &other) {
        stop();
        settings_ = std::move(other.settings_);
        id_ = std::exchange(other.id_, -1);
        group_ = std::exchange(other.group_, -1);
        status_ = other.status_;
    }
    return *this;
}

Process::~Process() { stop(); }

Result<Process> Process::start(ProcessSettings settings) {
    const auto cannot = [&settings](int error) {
        return fail(fmt::format("cannot start {}: {}: {}", settings.name, settings.command.front(),
                                std::strerror(error)),
                    "check that the path is a program this user may run");
    };
    const int out =
        ::open(settings.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    if (out < 0) {
        return fail(fmt::format("cannot write {}: {}", settings.log.string(), std::strerror(errno)),
                    "name a folder that can be written with --keep");
    }
    std::array<int, 2> report{};
    if (::pipe2(report.data(), O_CLOEXEC) != 0) {
        const int error = errno;
        ::close(out);
        return cannot(error);
    }
    std::vector<char*> arguments;
    arguments.reserve(settings.command.size() + 1);
    for (std::string& argument : settings.command) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    // What it starts becomes our child when it has ended, so that we see when that is gone, too.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const pid_t parent = ::getpid();
    const pid_t id = ::fork();
    if (id == 0) become(settings, arguments.data(), out, report[1], parent);
    const int fork_error = errno;
    ::close(out);
    ::close(report[1]);
    const int error = id < 0 ? fork_error : start_error(report[0]);
    ::close(report[0]);
    if (error != 0) {
        if (id > 0) ::waitpid(id, nullptr, 0);
        return cannot(error);
    }
    return Process(std::move(settings), id);
}

bool Process::reap() {
    if (id_ < 0) return true;
    pid_t reaped = 0;
    do {
        reaped = ::waitpid(id_, &status_, WNOHANG);
    } while (reaped < 0 && errno == EINTR);
    if (reaped == 0) return false;
    id_ = -1;
    return true;
}

bool Process::is_running() { return !reap(); }

Result<void> Process::check_running(std::string_view when) {
    if (is_running()) return {};
    return failed(fmt::format("{} {}", ending(status_), when));
}

bool Process::wait_until_ended(Duration limit) {
    const Time deadline = now() + limit;
    while (is_running()) {
        if (now() >= deadline) return false;
        pause_for(kLookAgain);
    }
    return true;
}

tl::unexpected<Error> Process::failed(const std::string& what) const {
    return fail(fmt::format("{} {}; the end of {}:\n{}", settings_.name, what,
                            settings_.log.string(), log_end()),
                fmt::format("run it by hand: {}", shell_text(settings_.command)));
}

Result<void> Process::wait_until_answers(const SocketAddress& address, Duration limit,
                                         const std::atomic<bool>& stop) {
    const Time deadline = now() + limit;
    while (true) {
        auto running = check_running(fmt::format("before {} answered", address.text()));
        if (!running) return running;
        if (stop.load()) return fail("interrupted");
        if (try_connect(address, kConnectLimit)) return {};
        if (now() >= deadline) {
            return failed(fmt::format("does not answer on {} within {}s", address.text(),
                                      milliseconds(limit) / 1000));
        }
        pause_for(kLookAgain);
    }
}

void Process::stop(Duration grace) {
    if (is_group_gone()) return;
    // Somebody in the group is a child of ours, so its number cannot be another group's by now.
    ::kill(-group_, SIGTERM);
    if (wait_until_gone(grace)) return;
    ::kill(-group_, SIGKILL);
    wait_until_gone(kKillLimit);
}

bool Process::is_group_gone() {
    if (group_ < 0) return true;
    if (!reap()) return false;
    pid_t reaped = 0;
    do {
        reaped = ::waitpid(-group_, nullptr, WNOHANG);
    } while (reaped > 0 || (reaped < 0 && errno == EINTR));
    if (reaped == 0) return false;
    group_ = -1;
    return true;
}

bool Process::wait_until_gone(Duration limit) {
    const Time deadline = now() + limit;
    while (!is_group_gone()) {
        if (now() >= deadline) return false;
        pause_for(kLookAgain);
    }
    return true;
}

std::string Process::log_end() const {
    // A balancer whose backends are gone may have written gigabytes.
    std::ifstream in(settings_.log, std::ios::binary | std::ios::ate);
    const auto size = static_cast<std::streamoff>(in.tellg());
    in.seekg(std::max<std::streamoff>(0, size - kLogBytesShown));
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    const std::vector<std::string_view> lines = split_list(text, '\n');
    if (lines.empty()) return "    (it wrote nothing)";
    std::string out;
    for (std::size_t i = lines.size() - std::min(lines.size(), kLogLinesShown); i < lines.size();
         ++i) {
        if (!out.empty()) out += '\n';
        out += fmt::format("    {}", lines[i]);
    }
    return out;
}

Result<std::string> output_of(const std::vector<std::string>& command, Duration limit) {
    std::FILE* file = std::tmpfile();
    if (file == nullptr) {
        return fail(fmt::format("no temporary file: {}", std::strerror(errno)),
                    "set TMPDIR to a folder that can be written");
    }
    const std::string path = fmt::format("/proc/self/fd/{}", ::fileno(file));
    auto process = Process::start({command.front(), command, path, "/"});
    Result<std::string> output = std::string();
    if (!process) {
        output = fail(std::move(process).error());
    } else if (!process->wait_until_ended(limit)) {
        output = fail(fmt::format("{} does not end", fmt::join(command, " ")),
                      "run it by hand to see why");
    } else {
        std::ifstream in(path);
        output->assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    std::fclose(file);
    return output;
}

}  // namespace fairlead::bench::peers
