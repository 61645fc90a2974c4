#include "proxy/l4/tcp_session.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "proxy/base/hash.h"
#include "proxy/l4/sni_route.h"

namespace fairlead::l4 {
namespace {

/// What a waiting client may send ahead, and one read more; the rest stays in the kernel.
constexpr std::size_t kAheadBytesMax = 64 * 1024;
/// While draining, for the hello of a client that has just come.
constexpr Duration kDrainGrace = std::chrono::seconds{1};

}  // namespace

TcpSession::TcpSession(Context& context, ListenerSlot& slot, std::unique_ptr<net::Stream> stream,
                       const net::ProxyHeader* header)
    : context_(context),
      slot_(slot),
      listener_(slot.entry),
      site_(listener_->life),
      stream_(std::move(stream)),
      connector_(context.loop, *this),
      deadline_(net::Deadline::of<&TcpSession::on_deadline>(context.loop.timers(), *this)),
      started_(context.loop.now()),
      started_wall_(std::chrono::time_point_cast<std::chrono::milliseconds>(
          std::chrono::system_clock::now())) {
    const bool is_told = header != nullptr && header->has_addresses;
    const SocketAddress client = is_told ? header->source : stream_->peer();
    client_ip_ = client.ip;
    client_port_ = client.port;
    if (is_told) destination_ = std::make_unique<SocketAddress>(header->destination);
    ++slot_.connections;
    listener_->series.connections->add(context_.worker, 1);
    listener_->series.connections_total->add(context_.worker);
}

TcpSession::~TcpSession() {
    if (phase_ == Phase::Relaying) backend_->series.connections_active->add(context_.worker, -1);
    --slot_.connections;
    listener_->series.connections->add(context_.worker, -1);
    net::close(context_.loop, std::move(stream_));
}

void TcpSession::start(std::span<char> first) {
    stream_->set_observer(*this);
    ahead_.assign(first.data(), first.size());
    if (const net::TlsSession* const tls = stream_->tls()) {
        tls_version_ = net::name(tls->version());
        name_ = tls->server_name();
    }
    if (listener_->config.sni.empty() || !tls_version_.empty()) {
        stream_->stop_reading();
        choose(find_route());
        return;
    }
    hello_ = std::make_unique<net::ClientHelloReader>();
    deadline_.set(after(started_, listener_->config.timeouts.handshake));
    stream_->start_reading();
    if (!first.empty()) read_hello();
}

void TcpSession::drain() {
    if (phase_ != Phase::Hello || !ahead_.empty()) return;
    deadline_.set(std::min(deadline_.when(), context_.loop.now() + kDrainGrace));
}

void TcpSession::on_bytes(std::span<char> bytes) {
    assert(phase_ != Phase::Relaying);
    if (phase_ == Phase::Ended) return;
    ahead_.append(bytes.data(), bytes.size());
    if (phase_ == Phase::Hello) {
        read_hello();
    } else if (ahead_.size() >= kAheadBytesMax) {
        stream_->stop_reading();
    }
}

void TcpSession::read_hello() {
    const net::ClientHelloResult result = hello_->read(ahead_);
    if (result.status == net::ClientHelloStatus::NeedMore) return;
    deadline_.clear();
    stream_->stop_reading();
    if (result.status == net::ClientHelloStatus::NotTls) {
        end(Failure::TlsHelloBad);
        return;
    }
    name_ = result.name;
    hello_.reset();
    choose(find_route());
}

RouteEntry& TcpSession::find_route() {
    const auto row = find_sni_route(listener_->config.sni, name_);
    return row ? listener_->sni[*row] : listener_->fallback;
}

void TcpSession::choose(RouteEntry& route) {
    if (route.pool == nullptr) {
        end(Failure::NoRoute);
        return;
    }
    route_ = &route;
    pool_ = route.pool;
    take(pool_->pool.pick(hash_key(), tried_, context_.loop.now()));
}

std::uint64_t TcpSession::hash_key() const {
    if (!pool_->is_hashed) return 0;
    char text[46];  // as layer 7 makes it: the same client, the same backend
    return hash_bytes(std::string_view(text, client_ip_.write(text)));
}

void TcpSession::take(balancing::Picked picked) {
    if (picked.wait) {
        wait_in_queue();
    } else if (picked.failure != Failure::None) {
        end(picked.failure);
    } else {
        connect(std::move(picked.lease));
    }
}

void TcpSession::wait_in_queue() {
    const Time now = context_.loop.now();
    const conf::Queue& queue = pool_->config.queue;
    if (queue.size == 0 || !pool_->pool.enqueue(*this, hash_key(), tried_, now)) {
        end(Failure::QueueFull);
        return;
    }
    phase_ = Phase::Queued;
    step_began_ = now;
    deadline_.set(after(now, queue.wait));
    if (ahead_.size() < kAheadBytesMax && !has_ended_) stream_->start_reading();
}

void TcpSession::on_turn(balancing::Picked picked) noexcept {
    const Duration took = context_.loop.now() - step_began_;
    queue_took_ = std::max(queue_took_, Duration::zero()) + took;
    pool_->series.queue_seconds->observe(context_.worker, took);
    deadline_.clear();
    if (picked.failure == Failure::NoBackend && enter_present()) {
        choose(find_route());
    } else {
        take(std::move(picked));
    }
}

/// A reload has taken away all that it waited for, before anything began: the configuration that is
/// in force now may have a backend for it.
/// @return false when there is no other, or attempts have been made under this one
bool TcpSession::enter_present() {
    if (slot_.is_draining() || slot_.entry == listener_ || !failed_.empty()) return false;
    connect::SiteUse present(slot_.entry->life);
    listener_ = slot_.entry;
    route_ = nullptr;
    pool_ = nullptr;
    site_ = std::move(present);  // last: the one before may be unused now
    return true;
}

void TcpSession::connect(balancing::Lease lease) {
    phase_ = Phase::Connecting;
    lease_ = std::move(lease);
    backend_ = &pool_->entry(lease_.backend());
    step_began_ = context_.loop.now();
    const conf::Pool& config = pool_->config;
    net::ProxyHeaderBytes header;
    if (backend_->tls != nullptr) header = announcement();
    connector_.start(backend_->endpoint.addresses,
                     std::min(config.timeouts.connect, config.retry.per_try),
                     backend_->opening(header.bytes()));
}

/// The PROXY header of this client; empty when its pool sends none.
net::ProxyHeaderBytes TcpSession::announcement() const {
    const conf::SendProxy kind = pool_->config.send_proxy;
    if (kind == conf::SendProxy::Off) return {};
    const SocketAddress client{client_ip_, client_port_, {}};
    return net::proxy_header(
        kind == conf::SendProxy::V1 ? net::ProxyVersion::V1 : net::ProxyVersion::V2, client,
        destination_ != nullptr ? *destination_ : stream_->local());
}

void TcpSession::on_connect_failed(Failure failure) {
    backend_->series.connects_failed->add(context_.worker);
    if (failure == Failure::TlsFailed) {
        backend_->log_tls_failure(context_.loop.now(), connector_.tls_reason());
    }
    failed_.push_back({&backend_->backend, word(failure), context_.loop.now() - step_began_});
    count_attempt(failure);
    if (row(failure).side == Side::Backend) {
        lease_.backend().note_fault(balancing::Fault::Connect, context_.loop.now());
    }
    lease_.release();
    if (!try_again(failure)) end(failure);
}

void TcpSession::leave_backend(const balancing::Backend& backend) {
    if (phase_ != Phase::Connecting || !uses(backend) || !pool_->pool.shared()->has_usable()) {
        return;
    }
    connector_.cancel();
    failed_.push_back(
        {&backend_->backend, word(Failure::BackendDown), context_.loop.now() - step_began_});
    backend_->series.failures[static_cast<std::size_t>(Failure::BackendDown)]->add(context_.worker);
    lease_.release();
    if (!try_again(Failure::ConnectTimeout)) end(Failure::ConnectTimeout);
}

/// Nothing has been exchanged yet: another backend may have the client, as a whole.
bool TcpSession::try_again(Failure failure) {
    const conf::Retry& retry = pool_->config.retry;
    const RetryClass kind = row(failure).retry;
    if (kind != RetryClass::Connect || !retry.on.covers(kind)) return false;
    if (failed_.size() > retry.attempts) return false;
    tried_.push_back(&backend_->backend);
    balancing::Picked picked = pool_->pool.pick(hash_key(), tried_, context_.loop.now());
    if (picked.failure != Failure::None) return false;  // nobody else: this one's failure stands
    pool_->series.retries[static_cast<std::size_t>(connect::RetryReason::Connect)]->add(
        context_.worker);
    take(std::move(picked));
    return true;
}

void TcpSession::on_connect_done(std::unique_ptr<net::Stream> stream) {
    const Time now = context_.loop.now();
    connect_took_ = now - step_began_;
    backend_->series.connects_ok->add(context_.worker);
    backend_->series.connections_active->add(context_.worker, 1);
    // What follows is up to the two ends: connecting is all that tells of the backend.
    lease_.observe(connect_took_, now);
    lease_.backend().note_answered();
    phase_ = Phase::Relaying;
    const bool is_alive = send_ahead(*stream);
    net::RelayObserver& observer = *this;
    relay_ = std::make_unique<net::Relay>(context_.loop, std::move(stream_), std::move(stream),
                                          listener_->config.timeouts.tunnel_idle, observer);
    if (!is_alive) {
        on_relay_ended(Failure::BackendReset);
        return;
    }
    relay_->start();
    if (has_ended_) relay_->end_client();
}

/// The PROXY header and what the client has said by now, in one call.
bool TcpSession::send_ahead(net::Stream& backend) {
    net::ProxyHeaderBytes header;
    if (backend_->tls == nullptr) header = announcement();
    const std::array<net::Bytes, 2> pieces{header.bytes(), ahead_};
    if (pieces[0].empty() && pieces[1].empty()) return true;
    return backend.write(pieces);
}

void TcpSession::on_relay_ended(Failure failure) {
    // After abort() the relay lives on to the end of the turn, and may end by itself meanwhile.
    if (phase_ != Phase::Relaying) return;
    if (failure == Failure::BackendReset) count_attempt(failure);
    end(failure);
}

void TcpSession::on_end() {
    // Who has said something may have closed its sending half only; who closes without a word while
    // it waits has given up.
    if (phase_ == Phase::Hello || (phase_ == Phase::Queued && ahead_.empty())) {
        end(Failure::ClientClosed);
        return;
    }
    has_ended_ = true;
}

void TcpSession::on_broken(Failure) { end(Failure::ClientClosed); }

void TcpSession::on_deadline() {
    if (phase_ == Phase::Hello) {
        end(Failure::ClientTimeout);
    } else if (phase_ == Phase::Queued) {
        queue_took_ = std::max(queue_took_, Duration::zero()) + (context_.loop.now() - step_began_);
        pool_->series.queue_seconds->observe(context_.worker, context_.loop.now() - step_began_);
        end(Failure::QueueTimeout);
    }
}

void TcpSession::end(Failure failure) {
    if (phase_ == Phase::Ended) return;
    if (is_waiting()) pool_->pool.remove(*this);
    deadline_.clear();
    connector_.cancel();
    // A health check of somebody in front connects and says nothing.
    const bool was_silent = phase_ == Phase::Hello && ahead_.empty() &&
                            (failure == Failure::ClientClosed || failure == Failure::Drained);
    if (!was_silent) {
        write_log(failure);
        count(failure);
    }
    if (phase_ == Phase::Relaying) backend_->series.connections_active->add(context_.worker, -1);
    phase_ = Phase::Ended;
    lease_.release();
    context_.sessions.on_session_ended(*this);
}

void TcpSession::count_attempt(Failure failure) {
    lease_.failed(context_.loop.now());
    backend_->series.failures[static_cast<std::size_t>(failure)]->add(context_.worker);
}

void TcpSession::count(Failure failure) {
    const unsigned worker = context_.worker;
    const std::uint64_t in = relay_ != nullptr ? relay_->bytes_from_client() : 0;
    listener_->series.bytes_in->add(worker, ahead_.size() + in);
    if (relay_ != nullptr) listener_->series.bytes_out->add(worker, relay_->bytes_from_backend());
    if (failure == Failure::None) return;
    const connect::FailureCounters& failures =
        route_ != nullptr ? route_->failures : listener_->series.failures_without_pool;
    failures[static_cast<std::size_t>(failure)]->add(worker);
}

void TcpSession::write_log(Failure failure) {
    if (!context_.access_log->enabled()) return;
    std::vector<telemetry::AttemptEntry> attempts;
    attempts.reserve(failed_.size() + 1);
    for (const Attempt& each : failed_) {
        attempts.push_back({each.backend->name(), each.reason, each.took});
    }
    telemetry::AccessEntry entry;
    if (relay_ != nullptr) {
        const bool is_its_fault = failure == Failure::BackendReset;
        entry.backend = backend_->backend.name();
        attempts.push_back(
            {entry.backend, is_its_fault ? word(failure) : word(Failure::None), connect_took_});
        entry.bytes_in = relay_->bytes_from_client();
        entry.bytes_out = relay_->bytes_from_backend();
    }
    char id[kHexIdLength];
    write_hex_id(context_.random, id);
    char client_text[46];
    entry.time = started_wall_;
    entry.id = std::string_view(id, sizeof id);
    entry.listener = listener_->config.name;
    const bool is_known = client_ip_ != IpAddress{};
    entry.client = is_known ? std::string_view(client_text, client_ip_.write(client_text))
                            : std::string_view("unix:");
    const std::string peer =
        is_known ? SocketAddress{client_ip_, client_port_, {}}.text() : "unix:@";
    entry.peer = peer;
    entry.host = name_;
    entry.proto = "tcp";
    entry.tls = tls_version_;
    entry.failure = failure;
    if (route_ != nullptr) {
        entry.route = route_->name;
        entry.pool = pool_->config.name;
    }
    entry.attempts = attempts;
    entry.bytes_in += ahead_.size();
    entry.total = context_.loop.now() - started_;
    entry.queue = queue_took_;
    entry.connect = connect_took_;
    context_.access_log->write(entry);
}

}  // namespace fairlead::l4
