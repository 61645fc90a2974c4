#include "proxy/cli/check.h"

#include <cstdio>

#include "conf/load.h"
#include "proxy/cli/load_config.h"
#include "proxy/control/admin_server.h"
#include "proxy/runtime/privileges.h"
#include "proxy/runtime/user_needs.h"

namespace fairlead::cli {

namespace {

/// What the user it is to run as could not do; nothing when no user is set.
std::vector<Error> check_user(const conf::Model& model) {
    if (model.process.user.empty()) return {};
    auto account = runtime::find_account(model.process.user);
    if (account) {
        auto problems = runtime::check_as_user(*account, runtime::user_needs(model));
        if (problems) return std::move(*problems);
        // Not root: it cannot be found out here, and that is no mistake of the file.
        std::fputs(conf::render_warnings({problems.error()}).c_str(), stderr);
        return {};
    }
    Error error = std::move(account).error();
    error.where = model.process.user_where;
    return {error};
}

}  // namespace

int check_file(const std::string& path) {
    const std::optional<conf::Model> model = load_config_file(path, "the file is not usable");
    if (!model) return 2;
    if (const std::vector<Error> errors = check_user(*model); !errors.empty()) {
        std::fputs(render(errors).c_str(), stderr);
        std::fputs(
            (conf::count_text(errors.size(), "error") + "; the file is not usable\n").c_str(),
            stderr);
        return 2;
    }
    if (model->admin) {
        // A warning only: the file may be checked on a machine that has no token.
        if (const std::optional<Error> problem = control::check_admin(*model->admin)) {
            std::fputs(conf::render_warnings({*problem}).c_str(), stderr);
        }
    }
    std::string text = path + ": fine\n";
    for (const conf::Listener& listener : model->listeners) {
        text += "  listener " + listener.name + ":";
        for (const conf::Bind& bind : listener.bind) text += " " + bind.address.text();
        if (listener.mode == conf::Mode::Tcp) {
            text += ", tcp";
            for (const conf::SniRoute& row : listener.sni) {
                text += ", " + row.text() + " to pool " + row.pool;
            }
        }
        if (!listener.pool.empty()) text += ", by default to pool " + listener.pool;
        text += "\n";
    }
    for (const conf::Pool& pool : model->pools) {
        text += "  pool " + pool.name + ": " + conf::count_text(pool.backends.size(), "backend") +
                ", " + pool.policy;
        text += pool.check ? ", checked every " + format_duration(pool.check->every) + "\n"
                           : ", not checked\n";
    }
    text += "  " + conf::count_text(model->routes.size(), "route") + ", " +
            conf::count_text(model->expectations.size(), "expectation") + " met\n";
    std::fputs(text.c_str(), stdout);
    return 0;
}

}  // namespace fairlead::cli
