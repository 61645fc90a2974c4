/// The commands that ask or steer a running balancer, as subcommands of `fairlead`.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "proxy/cli/admin_client.h"

namespace CLI {
class App;
}

namespace fairlead::cli {

class AdminCommands {
  public:
    /// @param app  outlives this
    explicit AdminCommands(CLI::App& app);
    ~AdminCommands();
    AdminCommands(const AdminCommands&) = delete;
    AdminCommands& operator=(const AdminCommands&) = delete;

    /// Runs the one that was given. @return its exit code; nothing when it was none of these
    std::optional<int> run() const;

  private:
    using Action = std::function<int(const AdminClient&)>;
    struct State;
    void add(CLI::App* command, Action action);
    void add_backend_commands(CLI::App& app);
    void add_reload_commands(CLI::App& app);

    std::unique_ptr<State> state_;
};

}  // namespace fairlead::cli
