#include "tests/scenarios/support/command.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>

#include "tests/scenarios/support/eventually.h"
#include "tests/support/catch.h"

extern char** environ;

namespace fairlead::scenarios {
namespace {

/// Where a command prints to; a file, so that nobody has to read while it runs.
class Output {
  public:
    Output() : file_(std::tmpfile()) {}
    ~Output() { std::fclose(file_); }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    int descriptor() const { return ::fileno(file_); }
    std::string text() const {
        std::string out;
        std::rewind(file_);
        for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) {
            out += static_cast<char>(c);
        }
        return out;
    }

  private:
    std::FILE* file_;
};

int wait_for_end(pid_t pid) {
    int status = 0;
    const bool has_ended = eventually([&] { return ::waitpid(pid, &status, WNOHANG) == pid; });
    if (has_ended) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, &status, 0);
    return -1;
}

}  // namespace

CommandResult run_command(std::vector<std::string> arguments) {
    const char* const other = std::getenv("FAIRLEAD_PROGRAM");
    const std::string program = other != nullptr ? other : FAIRLEAD_PROGRAM;
    arguments.insert(arguments.begin(), program);
    std::vector<char*> words;
    for (std::string& each : arguments) words.push_back(each.data());
    words.push_back(nullptr);

    const Output out;
    const Output err;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out.descriptor(), 1);
    posix_spawn_file_actions_adddup2(&actions, err.descriptor(), 2);
    pid_t pid = -1;
    const int status =
        ::posix_spawn(&pid, program.c_str(), &actions, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    REQUIRE(status == 0);

    CommandResult result;
    result.code = wait_for_end(pid);
    result.out = out.text();
    result.err = err.text();
    return result;
}

}  // namespace fairlead::scenarios
