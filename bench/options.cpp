#include "bench/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <sstream>

#include "bench/execution_log.h"
#include "bench/peers/floor_command.h"
#include "bench/peers/options.h"
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

constexpr std::string_view kRunHelp =
    "Without --closed the requests are planned in advance, so that a slow answer delays\n"
    "none of them: latencies count from the planned start, and beside it from the send.\n"
    "Ctrl-C ends it and prints what it has. Exit 0: fine. 1: --fail-if holds, the generator\n"
    "was the limit, or it was interrupted. 2: bad usage.";

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

void add_origin(CLI::App& app, OriginTexts& texts) {
    CLI::App* origin = app.add_subcommand("origin", "an HTTP server to balance to");
    origin->footer(std::string(kOriginHelp));
    origin->add_option("--bind", texts.binds,
                       "where to listen, as 127.0.0.1:3001; may be repeated");
    origin->add_option("--name", texts.names,
                       "said in X-Origin; default: the address; once, or once for each --bind");
    origin->add_option("--close-idle", texts.close_idle,
                       "close a connection that was idle for so long, as 5s");
    origin->add_flag("--echo", texts.is_echo, "no HTTP: send every byte back");
}

void add_run(CLI::App& app, RunTexts& texts) {
    CLI::App* run = app.add_subcommand("run", "load on a server, and what its clients saw");
    run->footer(std::string(kRunHelp));
    run->add_option("url", texts.url, "http:// or https://HOST[:PORT][/PATH], or tcp://HOST:PORT");
    const auto option = [run](const char* name, std::string& text, const char* help) {
        run->add_option(name, text, help);
    };
    option("--rate", texts.rate, "requests a second, planned in advance; default 1000");
    run->add_flag("--poisson", texts.is_poisson, "random gaps between them, not equal ones");
    run->add_flag("--closed", texts.is_closed,
                  "no rate: each connection sends when it has its answer, for peak throughput");
    option("--connections", texts.connections, "over all threads; default 64");
    option("--threads", texts.threads, "default 1");
    option("--duration", texts.duration, "of the measured part; default 10s");
    option("--warmup", texts.warmup, "before it, not counted; default 1s");
    option("--timeout", texts.timeout, "of a request, connecting included; default 10s");
    option("--method", texts.method, "default GET");
    run->add_option("--header", texts.headers, "\"Name: value\"; may be repeated");
    option("--body-size", texts.body_size, "of a generated request body, as 10KiB");
    option("--requests-per-connection", texts.requests_per_connection,
           "then a new connection; default 0: as many as the server takes");
    run->add_flag("--h2", texts.is_h2, "HTTP/2: by ALPN with https://, else by prior knowledge");
    option("--streams", texts.streams, "with --h2: requests at a time on a connection; default 1");
    run->add_flag("--resume", texts.resumes,
                  "https://: new connections go on with a session; without it each is whole");
    option("--mix", texts.mix, "a TOML file of weighted targets and requests");
    option("--seed", texts.seed, "of the random draws; default 1");
    run->add_flag("--no-ids", texts.no_ids, "no X-Bench-Id, no question to /stats");
    option("--json", texts.json, "write the result as JSON");
    option("--html", texts.html, "write the result as a page with plots");
    option("--fail-if", texts.fail_if, "exit 1 if so, as \"p99>20ms,errors>0\"");
}

struct CompareTexts {
    std::vector<std::string> files;
    std::string slower;
};

void add_compare(CLI::App& app, CompareTexts& texts) {
    CLI::App* compare = app.add_subcommand("compare", "two runs beside each other");
    compare->add_option("files", texts.files, "A.json B.json, as run --json wrote them");
    compare->add_option("--fail-if-slower", texts.slower,
                        "exit 1 when B is slower than A by more than this, as 5%");
}

Result<CompareOptions> read_compare(const CompareTexts& texts) {
    if (texts.files.size() != 2) {
        return fail(fmt::format("compare needs two files, not {}", texts.files.size()),
                    "write fairlead-bench compare A.json B.json");
    }
    CompareOptions options{texts.files[0], texts.files[1], {}};
    if (!texts.slower.empty()) {
        const auto slower = parse_slower(texts.slower);
        if (!slower) return fail(slower.error());
        options.settings.slower_max = *slower;
    }
    return options;
}

}  // namespace

std::string_view version() { return FAIRLEAD_VERSION; }

Result<Options> parse_options(int argc, const char* const* argv) {
    if (argc < 2) {
        return fail("no command given", "write fairlead-bench run http://127.0.0.1:8080/");
    }
    CLI::App app("Measures balancers and servers, and is a server to balance to.",
                 "fairlead-bench");
    app.set_version_flag("--version", "fairlead-bench " FAIRLEAD_VERSION);
    app.require_subcommand(1);
    OriginTexts origin;
    RunTexts run;
    CompareTexts compare;
    add_run(app, run);
    add_compare(app, compare);
    add_origin(app, origin);
    peers::PeersTexts peers_texts;
    const CLI::App* peers = peers::add_peers_command(app, peers_texts);
    peers::FloorTexts floor_texts;
    const CLI::App* floor = peers::add_floor_command(app, floor_texts);
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
        options.output = out.str();
        return options;
    }
    if (app.got_subcommand("run")) {
        options.command = Options::Command::Run;
        options.run = std::move(run);
        return options;
    }
    if (app.got_subcommand("compare")) {
        auto read = read_compare(compare);
        if (!read) return fail(std::move(read).error());
        options.command = Options::Command::Compare;
        options.compare = std::move(*read);
        return options;
    }
    if (peers->parsed()) {
        auto read = peers::read_peers_settings(peers_texts);
        if (!read) return fail(std::move(read).error());
        options.command = Options::Command::Peers;
        options.peers = std::move(*read);
        return options;
    }
    if (floor->parsed()) {
        auto read = peers::read_floor_settings(floor_texts);
        if (!read) return fail(std::move(read).error());
        options.command = Options::Command::Floor;
        options.floor = std::move(*read);
        return options;
    }
    auto read = read_origin(origin);
    if (!read) return fail(std::move(read).error());
    options.command = Options::Command::Origin;
    options.origin = std::move(*read);
    return options;
}

}  // namespace fairlead::bench
