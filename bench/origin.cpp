#include "bench/origin.h"

#include <fmt/format.h>

#include <cassert>
#include <iterator>

#include "bench/origin_connection.h"
#include "proxy/base/text.h"

namespace fairlead::bench {

Origin::Origin(net::Loop& loop, OriginSettings settings, ExecutionLog& log)
    : loop_(loop),
      settings_(std::move(settings)),
      log_(log),
      random_(settings_.seed ? Random(*settings_.seed) : Random::from_entropy()),
      delays_(loop) {}

Origin::~Origin() = default;

Result<std::unique_ptr<Origin>> Origin::make(net::Loop& loop, OriginSettings settings,
                                             ExecutionLog& log) {
    std::unique_ptr<Origin> origin(new Origin(loop, std::move(settings), log));
    if (auto listening = origin->listen(); !listening) return fail(std::move(listening).error());
    if (origin->settings_.name.empty()) origin->settings_.name = origin->address().text();
    origin->name_line_ = fmt::format("X-Origin: {}\r\n", origin->name());
    origin->greeting_ = fmt::format("hello from {}\n", origin->name());
    return origin;
}

Result<void> Origin::listen() {
    auto sockets = net::SocketSet::bind(settings_.bind, 1);
    if (!sockets) return fail(std::move(sockets).error());
    auto listener = net::Listener::make(loop_, sockets->descriptor(0), *this);
    if (!listener) return fail(std::move(listener).error());
    settings_.bind = sockets->address();
    sockets_.emplace(std::move(*sockets));
    listener_ = std::move(*listener);
    return {};
}

void Origin::kill() {
    listener_.reset();
    sockets_.reset();
    for (auto& [key, connection] : connections_) {
        connection->kill();
        loop_.retire(std::move(connection));
    }
    connections_.clear();
}

Result<void> Origin::revive() {
    assert(!is_alive());
    return listen();
}

std::string Origin::stats_json(std::string_view series) const {
    std::string out = "{" + log_.json_members() + ",\"origin\":\"";
    append_json_escaped(out, name());
    fmt::format_to(std::back_inserter(out), "\",\"origin_requests\":{},\"log\":\"{}\"", executions_,
                   log_.name());
    if (!series.empty()) out += "," + log_.json_series(series);
    return out + "}\n";
}

void Origin::record_execution(std::string_view id) {
    ++executions_;
    log_.record(id);
}

bool Origin::happens(double share) { return share > 0 && random_.unit() < share; }

void Origin::forget(OriginConnection& connection) {
    const auto found = connections_.find(&connection);
    assert(found != connections_.end());
    loop_.retire(std::move(found->second));
    connections_.erase(found);
}

void Origin::on_accepted(std::unique_ptr<net::Stream> stream) {
    auto connection = std::make_unique<OriginConnection>(loop_, *this, std::move(stream));
    OriginConnection* key = connection.get();
    connections_.emplace(key, std::move(connection));
}

// Accepting goes on by itself; whoever opened too many connections sees them wait.
void Origin::on_accept_failed(Failure) {}

}  // namespace fairlead::bench
