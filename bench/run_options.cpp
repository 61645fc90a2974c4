#include "bench/run_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "bench/mix_file.h"
#include "bench/target_url.h"
#include "proxy/base/text.h"
#include "proxy/base/units.h"
#include "proxy/http/field.h"

namespace fairlead::bench {

namespace {

constexpr std::uint64_t kConnectionsMax = 1'000'000;
/// Servers take some hundred on a connection; beyond that they wait.
constexpr std::uint64_t kStreamsMax = 10'000;
constexpr std::uint64_t kThreadsMax = 256;
constexpr std::uint64_t kBodyMax = std::uint64_t{1} << 40;
constexpr std::uint64_t kEchoBytes = 64;
/// Each thread has two histograms for each target, 400 kB.
constexpr std::uint64_t kLanesMax = 1024;
constexpr double kRateMax = 100e6;
constexpr Duration kDurationMax = std::chrono::hours(24 * 30);

/// Reads one option after the other and collects what is wrong.
class Reader {
  public:
    explicit Reader(const RunTexts& texts) : texts_(texts) {}

    Many<RunOptions> read();

  private:
    void wrong(std::string message, std::string hint) {
        Error error;
        error.message = std::move(message);
        error.hint = std::move(hint);
        errors_.push_back(std::move(error));
    }
    void wrong(Error error) { errors_.push_back(std::move(error)); }
    template <class T>
    void whole(std::string_view option, const std::string& text, std::uint64_t least,
               std::uint64_t most, T& out);
    void duration(std::string_view option, const std::string& text, Duration least, Duration& out);
    void read_rate();
    RequestShape read_shape();
    void read_targets();
    void check_together();

    const RunTexts& texts_;
    RunOptions out_;
    std::vector<Error> errors_;
};

template <class T>
void Reader::whole(std::string_view option, const std::string& text, std::uint64_t least,
                   std::uint64_t most, T& out) {
    if (text.empty()) return;
    const auto number = parse_number(text);
    if (!number || *number < least || *number > most) {
        wrong(fmt::format("{} must be a whole number from {} to {}", option, least, most),
              fmt::format("write {} {}", option, std::max<std::uint64_t>(least, 1)));
        return;
    }
    out = static_cast<T>(*number);
}

void Reader::duration(std::string_view option, const std::string& text, Duration least,
                      Duration& out) {
    if (text.empty()) return;
    auto read = parse_duration(text);
    if (!read) {
        Error error = std::move(read).error();
        error.message = fmt::format("{}: {}", option, error.message);
        wrong(std::move(error));
    } else if (*read < least || *read > kDurationMax) {
        wrong(fmt::format("{} must be from {} to {}", option, format_duration(least),
                          format_duration(kDurationMax)),
              fmt::format("write {} 10s", option));
    } else {
        out = *read;
    }
}

void Reader::read_rate() {
    if (texts_.is_closed) {
        if (!texts_.rate.empty() || texts_.is_poisson) {
            wrong(fmt::format("--closed sends as fast as it is answered, {} says a schedule",
                              texts_.rate.empty() ? "--poisson" : "--rate"),
                  "leave one of them out");
        }
        return;
    }
    if (texts_.rate.empty()) return;
    char* end = nullptr;
    const double rate = std::strtod(texts_.rate.c_str(), &end);
    const bool is_number = end == texts_.rate.c_str() + texts_.rate.size();
    if (!is_number || !std::isfinite(rate) || rate < 0.01 || rate > kRateMax) {
        wrong("--rate must be requests a second, from 0.01 to 100000000", "write --rate 5000");
        return;
    }
    out_.load.rate = rate;
}

RequestShape Reader::read_shape() {
    RequestShape shape;
    if (!texts_.method.empty()) {
        shape.method = texts_.method;
        if (!is_sendable_method(shape.method)) {
            wrong(fmt::format("--method {} is not for this", shape.method), "write --method POST");
        }
    }
    bool has_agent = false;
    for (const std::string& text : texts_.headers) {
        const std::size_t colon = text.find(':');
        const std::string_view name = std::string_view(text).substr(0, colon);
        const std::string_view value =
            colon == std::string::npos ? "" : trim(std::string_view(text).substr(colon + 1));
        auto field = colon == std::string::npos
                         ? fail(fmt::format("--header \"{}\" has no colon", text),
                                "write --header \"X-Canary: 1\"")
                         : check_field(name, value);
        has_agent = has_agent || iequals(name, "User-Agent");
        if (field) {
            shape.fields.push_back(std::move(*field));
        } else {
            wrong(std::move(field).error());
        }
    }
    if (!has_agent) shape.fields.insert(shape.fields.begin(), "User-Agent: fairlead-bench");
    if (!texts_.body_size.empty()) {
        auto size = parse_size(texts_.body_size);
        if (!size || *size > kBodyMax) {
            wrong(fmt::format("--body-size \"{}\" is no size", texts_.body_size),
                  "write --body-size 10KiB, at most 1TiB");
        } else {
            shape.body_bytes = *size;
        }
    }
    return shape;
}

void Reader::read_targets() {
    MixFile mix;
    if (!texts_.mix.empty()) {
        auto read = read_mix(texts_.mix);
        if (!read) {
            errors_.insert(errors_.end(), read.error().begin(), read.error().end());
            return;
        }
        mix = std::move(*read);
    }
    RequestShape shape = read_shape();
    if (!texts_.url.empty()) {
        auto url = parse_target_url(texts_.url);
        if (!url) {
            wrong(std::move(url).error());
            return;
        }
        if (!mix.targets.empty()) {
            wrong(fmt::format("{} names targets, and the command line one more", texts_.mix),
                  fmt::format("leave out {}", texts_.url));
        }
        if (url->protocol == Protocol::Tcp && !(texts_.method.empty() && texts_.headers.empty())) {
            wrong(fmt::format("{} speaks no HTTP and has neither a method nor a header", url->url),
                  "leave out --method and --header");
        }
        if (!mix.requests.empty() && url->path != "/") {
            wrong(fmt::format("{} says the paths of requests, and the URL one more", texts_.mix),
                  fmt::format("leave out {}", url->path));
        }
        shape.path = url->path;
        mix.targets.push_back({std::move(*url), 1});
    } else if (mix.targets.empty()) {
        wrong("run needs a target", "write fairlead-bench run http://127.0.0.1:8080/");
    }
    const bool is_shaped =
        !texts_.method.empty() || !texts_.headers.empty() || !texts_.body_size.empty();
    if (!mix.requests.empty() && is_shaped) {
        wrong(fmt::format("{} says the requests; --method, --header and --body-size do as well",
                          texts_.mix),
              "write method, header and body_size into [[request]]");
    }
    if (!errors_.empty()) return;
    if (mix.requests.empty()) mix.requests.push_back(std::move(shape));
    for (const MixTarget& each : mix.targets) {
        auto target = resolve_target(each.url);
        if (!target) {
            wrong(std::move(target).error());
            continue;
        }
        target->weight = each.weight;
        if (texts_.is_h2) {
            if (target->protocol == Protocol::Tcp) {
                wrong(fmt::format("--h2 is of HTTP, and {} speaks none", target->url),
                      "leave out --h2");
            } else {
                target->protocol = Protocol::Http2;
            }
        }
        target->requests = mix.requests;
        if (target->protocol == Protocol::Tcp) {
            for (RequestShape& request : target->requests) {
                if (request.body_bytes == 0) request.body_bytes = kEchoBytes;
            }
        }
        out_.load.targets.push_back(std::move(*target));
    }
}

/// What only shows between options.
void Reader::check_together() {
    const LoadSettings& load = out_.load;
    const std::uint64_t lanes = std::uint64_t{load.threads} * load.targets.size();
    if (lanes > kLanesMax) {
        wrong(fmt::format("{} threads for {} targets are too many: each has to count for itself",
                          load.threads, load.targets.size()),
              fmt::format("threads times targets may be {}", kLanesMax));
    }
    if (!texts_.is_h2 && !texts_.streams.empty()) {
        wrong("--streams is of HTTP/2, which is not spoken", "write --h2, or leave it out");
    }
    if (load.resumes_tls && std::none_of(load.targets.begin(), load.targets.end(),
                                         [](const Target& each) { return each.is_tls; })) {
        wrong("--resume is of TLS, and no target speaks it", "write https://, or leave it out");
    }
    if (!texts_.json.empty() && texts_.json == texts_.html && !texts_.json.starts_with("/dev/")) {
        wrong("--json and --html name the same file", "name two files");
    }
    if (load.connections < lanes) {
        wrong(fmt::format("{} connections are too few for {} threads and {} targets",
                          load.connections, load.threads, load.targets.size()),
              fmt::format("write --connections {} or more", lanes));
    }
}

Many<RunOptions> Reader::read() {
    LoadSettings& load = out_.load;
    load.is_closed = texts_.is_closed;
    load.is_poisson = texts_.is_poisson;
    load.sends_ids = !texts_.no_ids;
    load.resumes_tls = texts_.resumes;
    read_rate();
    whole("--connections", texts_.connections, 1, kConnectionsMax, load.connections);
    whole("--streams", texts_.streams, 1, kStreamsMax, load.streams);
    whole("--threads", texts_.threads, 1, kThreadsMax, load.threads);
    whole("--requests-per-connection", texts_.requests_per_connection, 0, UINT64_MAX,
          load.requests_per_connection);
    whole("--seed", texts_.seed, 0, UINT64_MAX, load.seed);
    duration("--duration", texts_.duration, std::chrono::milliseconds(100), load.duration);
    duration("--warmup", texts_.warmup, Duration::zero(), load.warmup);
    duration("--timeout", texts_.timeout, std::chrono::milliseconds(1), load.timeout);
    read_targets();
    if (errors_.empty()) check_together();
    out_.json = texts_.json;
    out_.html = texts_.html;
    out_.fail_if = texts_.fail_if;
    if (!errors_.empty()) return tl::unexpected(std::move(errors_));
    return std::move(out_);
}

}  // namespace

Many<RunOptions> read_run_options(const RunTexts& texts) { return Reader(texts).read(); }

}  // namespace fairlead::bench
