#include "bench/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <sstream>

#include "bench/execution_log.h"
#include "proxy/base/units.h"
#include "proxy/http/field.h"

#ifndef FAIRLEAD_VERSION
#error "the build sets FAIRLEAD_VERSION"
#endif

namespace fairlead::bench {

namespace {

constexpr std::string_view kOriginHelp =
    "Answers any path with a short line, or as the query says:\n"
    "  size=20k delay=5ms status=503 fail=1% reset=1% chunked=1 close=1\n"
    "GET /healthz is switched by POST /healthz?ok=0 and ok=1.\n"
    "GET /stats tells which X-Bench-Id were executed, and which twice.";

struct OriginTexts {
    std::vector<std::string> binds;
    std::vector<std::string> names;
    std::string close_idle;
    bool is_echo = false;
};

Result<OriginOptions> read_origin(const OriginTexts& texts) {
    OriginOptions options;
    if (texts.binds.empty()) {
        return fail("origin needs an address to listen on", "write --bind 127.0.0.1:3001");
    }
    for (const std::string& text : texts.binds) {
        auto bind = BindAddress::parse(text);
        if (!bind) return fail(std::move(bind).error());
        const bool is_any_port = !bind->address.is_unix() && bind->address.port == 0;
        for (const BindAddress& other : options.binds) {
            if (!is_any_port && other.text() == bind->text()) {
                return fail(fmt::format("--bind {} is given twice", bind->text()),
                            "write each address once; port 0 takes another one each time");
            }
        }
        options.binds.push_back(std::move(*bind));
    }
    options.is_echo = texts.is_echo;
    if (texts.is_echo && !(texts.names.empty() && texts.close_idle.empty())) {
        return fail("--echo speaks no HTTP and has neither a name nor an idle time",
                    "leave out --name and --close-idle");
    }
    for (const std::string& name : texts.names) {
        // It becomes a header field's value.
        if (name.empty() || !http::is_field_value(name)) {
            return fail("--name holds a character no header can carry",
                        "use letters, digits, \"-\" and \".\"");
        }
    }
    options.names = texts.names;
    if (options.names.size() > 1 && options.names.size() != options.binds.size()) {
        return fail(fmt::format("--name is given {} times, --bind {} times", options.names.size(),
                                options.binds.size()),
                    "give one name for all, one for each address, or none");
    }
    if (!texts.close_idle.empty() && texts.close_idle != "none") {
        const auto idle = parse_duration(texts.close_idle);
        if (!idle) return fail(std::move(idle).error());
        if (*idle <= Duration::zero()) {
            return fail("--close-idle must be more than nothing", "write --close-idle 5s");
        }
        options.close_idle = *idle;
    }
    return options;
}

}  // namespace

Result<Options> parse_options(int argc, const char* const* argv) {
    if (argc < 2) {
        return fail("no command given", "write fairlead-bench origin --bind 127.0.0.1:3001");
    }
    CLI::App app("The test origin of fairlead.", "fairlead-bench");
    app.set_version_flag("--version", "fairlead-bench " FAIRLEAD_VERSION);
    app.require_subcommand(1);
    CLI::App* origin = app.add_subcommand("origin", "an HTTP server to balance to");
    origin->footer(std::string(kOriginHelp));
    OriginTexts texts;
    origin->add_option("--bind", texts.binds,
                       "where to listen, as 127.0.0.1:3001; may be repeated");
    origin->add_option("--name", texts.names,
                       "said in X-Origin; default: the address; once, or once for each --bind");
    origin->add_option("--close-idle", texts.close_idle,
                       "close a connection that was idle for so long, as 5s");
    origin->add_flag("--echo", texts.is_echo, "no HTTP: send every byte back");
    Options options;
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& stop) {
        // The library reports by exception, --help and --version too; nothing of that leaves here.
        if (stop.get_exit_code() != 0) {
            return fail(stop.what(), "see fairlead-bench --help");
        }
        std::ostringstream out;
        std::ostringstream unused;
        app.exit(stop, out, unused);
        options.is_finished = true;
        options.output = out.str();
        return options;
    }
    auto read = read_origin(texts);
    if (!read) return fail(std::move(read).error());
    options.origin = std::move(*read);
    return options;
}

}  // namespace fairlead::bench
