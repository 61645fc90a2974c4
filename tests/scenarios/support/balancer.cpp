#include "tests/scenarios/support/balancer.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/scenarios/support/client.h"
#include "tests/scenarios/support/eventually.h"
#include "tests/support/catch.h"

extern char** environ;

namespace fairlead::scenarios {
namespace {

/// Time for what runs to end by itself before the second signal.
constexpr std::chrono::milliseconds kGentle{2000};

[[noreturn]] void give_up(const std::string& what) {
    std::fprintf(stderr, "balancer: %s\n", what.c_str());
    std::abort();
}

/// The number behind the first place where `text` stands; 0 when it does not.
std::uint16_t port_after(const std::string& log, const std::string& text) {
    const std::size_t at = log.find(text);
    if (at == std::string::npos) return 0;
    const std::size_t end = log.find_first_of("/\n", at + text.size());
    const std::size_t colon = log.rfind(':', end);
    return static_cast<std::uint16_t>(std::atoi(log.c_str() + colon + 1));
}

/// Who watches a file takes one that was written at the very moment of its start for changed.
void wait_for_file_clock(const std::string& path) {
    constexpr std::chrono::milliseconds kTick{20};
    const auto written = std::filesystem::last_write_time(path);
    eventually([&] { return decltype(written)::clock::now() > written + kTick; });
}

}  // namespace

std::string config(const Setup& setup) {
    if (!setup.whole.empty()) return setup.whole;
    std::string text = "[process]\n" + setup.process + "\n";
    if (setup.process.find("workers") == std::string::npos) text += "workers = 1\n";
    text += "[admin]\n" + setup.admin + "\n";
    if (setup.admin.find("bind") == std::string::npos) text += "bind = \"127.0.0.1:0\"\n";
    text += "[listener.web]\n" + setup.listener + "\n";
    if (setup.listener.find("bind") == std::string::npos) text += "bind = \"127.0.0.1:0\"\n";
    if (!setup.backends.empty()) {
        text += "pool = \"app\"\n[pool.app]\nbackends = [";
        for (const std::string& backend : setup.backends) {
            const bool is_table = backend.starts_with("{");
            text += is_table ? backend + ", " : "\"" + backend + "\", ";
        }
        text += "]\n" + setup.pool + "\n";
    }
    return text + setup.more + "\n";
}

Balancer::Balancer(const Setup& setup)
    : directory_(std::make_shared<TemporaryDirectory>()),
      config_path_(directory_->path() + "/fairlead.toml") {
    std::ofstream(config_path_) << config(setup);
    const bool watches =
        !setup.arguments.empty() || config(setup).find("watch") != std::string::npos;
    if (watches) wait_for_file_clock(config_path_);
    start(setup.arguments);
    if (wait_until_serving()) return;
    signal(SIGKILL);
    wait_for_exit();
    for (std::thread& reader : readers_) reader.join();
    FAIL("it did not start with\n" << config(setup) << "\n" << stderr_);
}

Balancer::Balancer(std::shared_ptr<TemporaryDirectory> directory,
                   std::vector<std::string> arguments)
    : directory_(std::move(directory)), config_path_(directory_->path() + "/fairlead.toml") {
    start(std::move(arguments));
}

Balancer Balancer::next(std::vector<std::string> arguments) const {
    return Balancer{directory_, std::move(arguments)};
}

bool Balancer::wait_until_serving() const {
    return wait_for([this] {
               return stderr_.find("serving on ") != std::string::npos ||
                      stderr_.ends_with("(ended)");
           }) &&
           !log().ends_with("(ended)");
}

void Balancer::start(std::vector<std::string> more) {
    int out[2];
    int err[2];
    if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) give_up("pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
    // Another build of it, a release or one with a sanitizer, may stand in.
    const char* const other = std::getenv("FAIRLEAD_PROGRAM");
    std::string program = other != nullptr ? other : FAIRLEAD_PROGRAM;
    more.insert(more.begin(), {program, "run", "-c", config_path_});
    std::vector<char*> arguments;
    for (std::string& each : more) arguments.push_back(each.data());
    arguments.push_back(nullptr);
    // Its control socket is its own: several of these run at a time.
    std::string runtime_directory = "RUNTIME_DIRECTORY=" + directory_->path();
    std::vector<char*> variables;
    for (char** each = environ; *each != nullptr; ++each) {
        if (!std::string_view(*each).starts_with("RUNTIME_DIRECTORY=")) variables.push_back(*each);
    }
    variables.insert(variables.end(), {runtime_directory.data(), nullptr});
    if (::posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments.data(),
                      variables.data()) != 0) {
        give_up("cannot run " + program);
    }
    posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    ::close(err[1]);
    outputs_[0] = out[0];
    outputs_[1] = err[0];
    readers_.emplace_back([this] { read_output(outputs_[0], stdout_); });
    readers_.emplace_back([this] { read_output(outputs_[1], stderr_); });
}

void Balancer::read_output(int descriptor, std::string& into) {
    char bytes[16 * 1024];
    while (true) {
        const ssize_t count = ::read(descriptor, bytes, sizeof bytes);
        const std::lock_guard lock(mutex_);
        if (count > 0) into.append(bytes, static_cast<std::size_t>(count));
        if (count <= 0 && &into == &stderr_) into += "(ended)";
        changed_.notify_all();
        if (count <= 0) return;
    }
}

Balancer::~Balancer() {
    if (!exit_code_) {
        signal(SIGTERM);
        if (!eventually([this] { return has_exited(); }, kGentle)) {
            signal(SIGTERM);
            if (wait_for_exit() == -1) {
                signal(SIGKILL);
                wait_for_exit();
            }
        }
        if (exit_code_ != 0) UNSCOPED_INFO(log());
        CHECK(exit_code_ == 0);
    }
    for (std::thread& reader : readers_) reader.join();
    ::close(outputs_[0]);
    ::close(outputs_[1]);
}

std::uint16_t Balancer::port(std::string_view listener) const {
    const std::string line = "listener " + std::string(listener) + ": serving on ";
    wait_for_log(line);
    return port_after(log(), line);
}

std::uint16_t Balancer::admin_port() const {
    const std::string line = "admin endpoint: http://";
    wait_for_log(line);
    return port_after(log(), line);
}

void Balancer::signal(int number) const {
    if (!exit_code_) ::kill(pid_, number);
}

void Balancer::change_config(const std::string& text) const {
    const std::string beside = config_path_ + ".new";
    std::ofstream(beside) << text;
    std::filesystem::rename(beside, config_path_);
}

bool Balancer::reload() {
    std::size_t before = 0;  // in the log: what comes after it is of this reload
    {
        const std::lock_guard lock(mutex_);
        before = stderr_.size();
    }
    const auto says = [&](std::string_view what) {
        return stderr_.find(what, before) != std::string::npos;
    };
    signal(SIGHUP);
    bool is_refused = false;
    const bool is_over = wait_for([&] {
        is_refused = says("not loaded (SIGHUP)");
        return is_refused || says("is in force (SIGHUP)") || says("nothing to change (SIGHUP)");
    });
    INFO(log());
    REQUIRE(is_over);
    return !is_refused;
}

bool Balancer::has_exited() {
    if (exit_code_) return true;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
}

int Balancer::wait_for_exit() {
    eventually([this] { return has_exited(); });
    return exit_code_.value_or(-1);
}

bool Balancer::wait_for(const std::function<bool()>& is_so) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, is_so);
}

std::string Balancer::log() const {
    const std::lock_guard lock(mutex_);
    return stderr_;
}

bool Balancer::wait_for_log(std::string_view text) const {
    return wait_for([&] { return stderr_.find(text) != std::string::npos; });
}

std::vector<JsonText> Balancer::access_log() const {
    const std::lock_guard lock(mutex_);
    std::vector<JsonText> lines;
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = stdout_.find('\n', begin)) != std::string::npos;) {
        lines.emplace_back(stdout_.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

std::vector<JsonText> Balancer::wait_for_access_log(std::size_t lines) const {
    wait_for([&] {
        std::size_t count = 0;
        for (const char c : stdout_) count += c == '\n' ? 1U : 0U;
        return count >= lines;
    });
    std::vector<JsonText> found = access_log();
    INFO("access log lines: " << found.size());
    REQUIRE(found.size() >= lines);
    return found;
}

Message Balancer::admin(std::string_view target) const {
    std::string request = "GET ";
    request.append(target).append(" HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return Client(admin_port()).ask(request);
}

Message Balancer::steer(std::string_view method, std::string_view target,
                        std::string_view json) const {
    std::string request{method};
    request.append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
    request.append("Content-Type: application/json\r\nContent-Length: ");
    request.append(std::to_string(json.size())).append("\r\n\r\n").append(json);
    return Client::over_unix(control_socket()).ask(request);
}

std::size_t Balancer::descriptors() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& each :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/fd")) {
        ++count;
    }
    return count;
}

std::size_t Balancer::sockets() const {
    std::size_t count = 0;
    for (const auto& each :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/fd")) {
        std::error_code gone;  // one that is closed meanwhile
        const std::string kind = std::filesystem::read_symlink(each.path(), gone).string();
        count += kind.starts_with("socket:") ? 1 : 0;
    }
    return count;
}

std::string Balancer::status(const std::string& pointer) const {
    return JsonText(admin("/api/v1/status").body).at(pointer);
}

double Balancer::metric(std::string_view series) const {
    const std::string text = "\n" + admin("/metrics").body;
    const std::string start = "\n" + std::string(series) + " ";
    const std::size_t at = text.find(start);
    return at == std::string::npos ? 0 : std::strtod(text.c_str() + at + start.size(), nullptr);
}

std::size_t Balancer::proc_status(std::string_view key) const {
#ifdef FAIRLEAD_SANITIZED
    if (key.starts_with("Vm") || key.starts_with("Rss")) return 0;
#endif
    std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(key)) return std::strtoull(line.c_str() + key.size(), nullptr, 10);
    }
    return 0;
}

TemporaryDirectory::TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "fairlead-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) give_up("mkdtemp");
    path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace fairlead::scenarios
