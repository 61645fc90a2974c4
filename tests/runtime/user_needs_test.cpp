#include "proxy/runtime/user_needs.h"

#include <string>

#include "conf/load.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::runtime;

namespace {

/// One line each: what, and of what.
std::vector<std::string> needs_of(const std::string& text) {
    const conf::LoadResult result = conf::load_text(text, "app.toml");
    INFO(render(result.errors));
    REQUIRE(result.ok());
    std::vector<std::string> lines;
    for (const UserNeed& need : user_needs(result.model)) {
        const std::string deed = need.kind == UserNeed::Kind::Read          ? "read "
                                 : need.kind == UserNeed::Kind::WriteFolder ? "write beside "
                                                                            : "listen on ";
        const std::string object =
            need.kind == UserNeed::Kind::Bind ? need.address.text() : need.path;
        lines.push_back(std::to_string(need.where.line) + ": " + deed + object + " for " +
                        need.what);
    }
    return lines;
}

}  // namespace

TEST_CASE("the user has to read the files, write the state and the log, and listen",
          "[runtime][user]") {
    CHECK(needs_of(R"([process]
user = "fairlead"
state_file = "/var/lib/x/state.json"
[log]
access = { to = "/var/log/x/access.log" }
[admin]
bind = "127.0.0.1:9900"
socket = "/run/x/admin.sock"
token_file = "/etc/x/token"
[listener.web]
bind = [":80", "unix:/run/x/web.sock"]
pool = "app"
[pool.app]
backends = ["127.0.0.1:1"]
)") == std::vector<std::string>{"2: read app.toml for the configuration",
                                "2: write beside /var/lib/x/state.json for the state file",
                                "2: write beside /var/log/x/access.log for the access log",
                                "11: listen on :80 for [listener.web]",
                                "11: listen on unix:/run/x/web.sock for [listener.web]",
                                "9: read /etc/x/token for the token file",
                                "8: listen on unix:/run/x/admin.sock for the control socket"});
}

TEST_CASE("a log on stdout and a state that is not kept need nothing", "[runtime][user]") {
    CHECK(needs_of(R"([process]
user = "fairlead"
[listener.web]
bind = ":80"
pool = "app"
[pool.app]
backends = ["127.0.0.1:1"]
)") == std::vector<std::string>{"2: read app.toml for the configuration",
                                "4: listen on :80 for [listener.web]"});
}
