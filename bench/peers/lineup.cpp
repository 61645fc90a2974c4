#include "bench/peers/lineup.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/output_file.h"
#include "bench/peers/h2_origin.h"
#include "bench/peers/session.h"
#include "bench/peers/socket.h"
#include "bench/peers/work_check.h"
#include "bench/plain_client.h"
#include "proxy/net/self_signed.h"

namespace fairlead::bench::peers {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kOrigins = 3;
constexpr Duration kStartLimit = std::chrono::seconds(10);
/// Under valgrind the same takes much longer.
constexpr Duration kWrappedStartLimit = std::chrono::seconds(60);

Result<Lineup::Entry> start_peer(const Session& session, const Peer& peer, Site site,
                                 const Wrapper& wrapper) {
    const PeerRow& row = *peer.row;
    const fs::path config = site.folder / row.config_file;
    if (row.config != nullptr) {
        const auto written = write_file(config.string(), row.config(site));
        if (!written) return fail(written.error());
    }
    ProcessSettings settings;
    settings.name = row.name;
    settings.command = wrapper;
    settings.command.push_back(peer.program.string());
    for (std::string& argument : row.arguments(site, config)) {
        settings.command.push_back(std::move(argument));
    }
    settings.log = site.folder / fmt::format("{}.log", row.name);
    settings.folder = site.folder;
    settings.cpu = session.cpus().balancer;
    auto process = Process::start(std::move(settings));
    if (!process) return fail(std::move(process).error());
    const auto answered = process->wait_until_answers(
        site.listen, wrapper.empty() ? kStartLimit : kWrappedStartLimit, session.stop());
    if (!answered) return fail(answered.error());
    return Lineup::Entry{&peer, std::move(site), std::move(*process)};
}

Result<std::vector<Process>> start_origin(const Session& session,
                                          const std::vector<SocketAddress>& addresses,
                                          const fs::path& folder) {
    ProcessSettings settings;
    settings.name = "origin";
    settings.command = {session.bench().string(), "origin"};
    for (const SocketAddress& address : addresses) {
        settings.command.emplace_back("--bind");
        settings.command.push_back(address.text());
    }
    settings.log = folder / "origin.log";
    settings.folder = folder;
    settings.cpu = session.cpus().load;
    auto process = Process::start(std::move(settings));
    if (!process) return fail(std::move(process).error());
    for (const SocketAddress& address : addresses) {
        const auto answered = process->wait_until_answers(address, kStartLimit, session.stop());
        if (!answered) return fail(answered.error());
    }
    std::vector<Process> origins;
    origins.push_back(std::move(*process));
    return origins;
}

Result<std::vector<Process>> start_h2_origins(const Session& session, const Work& work,
                                              const std::vector<SocketAddress>& addresses,
                                              const fs::path& folder) {
    std::vector<Process> origins;
    for (const SocketAddress& address : addresses) {
        auto process = start_h2_origin(session, work, address, folder);
        if (!process) return fail(std::move(process).error());
        const auto answered = process->wait_until_answers(address, kStartLimit, session.stop());
        if (!answered) return fail(answered.error());
        origins.push_back(std::move(*process));
    }
    return origins;
}

}  // namespace

Result<std::unique_ptr<Lineup>> Lineup::start(const Session& session, const Scenario& scenario,
                                              const std::string& label,
                                              const std::vector<const Peer*>& peers,
                                              const Wrapper& wrapper) {
    const fs::path folder = session.folder() / label;
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) {
        return fail(fmt::format("cannot make {}: {}", folder.string(), error.message()),
                    "name a folder that can be written with --keep");
    }
    fs::path certificate;
    if (scenario.work.is_tls) {
        certificate = folder / "site.pem";
        const auto made = net::make_self_signed("bench.example");
        if (!made) return fail(made.error());
        const auto written = write_file(certificate.string(), *made);
        if (!written) return fail(written.error());
    }
    auto addresses = free_addresses(kOrigins + peers.size());
    if (!addresses) return fail(std::move(addresses).error());
    std::unique_ptr<Lineup> lineup(new Lineup);
    lineup->backends_.assign(addresses->begin(), addresses->begin() + kOrigins);
    const auto start_peers = [&](HeadCatcher* catcher) -> Result<void> {
        for (std::size_t i = 0; i < peers.size(); ++i) {
            const Site site{(*addresses)[kOrigins + i],
                            lineup->backends_,
                            folder,
                            scenario.work.bulk,
                            scenario.work.layer,
                            certificate,
                            scenario.work.is_h2,
                            scenario.work.has_h2_backends,
                            nginx_stream_module()};
            auto entry = start_peer(session, *peers[i], site, wrapper);
            if (!entry) return fail(std::move(entry).error());
            lineup->entries_.push_back(std::move(*entry));
            if (catcher == nullptr || !peers[i]->row->forwards_heads) continue;
            auto checked = catcher->check(peers[i]->name(), site.listen, scenario.work.is_tls);
            if (!checked) return checked;
        }
        return {};
    };
    const bool has_h2_origins = scenario.work.has_h2_backends;
    const auto start_origins = [&]() -> Result<void> {
        auto started = has_h2_origins
                           ? start_h2_origins(session, scenario.work, lineup->backends_, folder)
                           : start_origin(session, lineup->backends_, folder);
        if (!started) return fail(std::move(started).error());
        lineup->origins_ = std::move(*started);
        return {};
    };
    Result<void> started;
    if (scenario.work.layer == Layer::Connections || has_h2_origins) {
        // The stand-in for the origin reads heads of HTTP/1.1. And who relays connections makes one
        // to a backend for everybody who comes, also for us who only look whether it answers. NGINX
        // leaves out for ten seconds what refuses it then.
        started = start_origins();
        if (started) started = start_peers(nullptr);
    } else {
        {
            auto catcher = HeadCatcher::listen(lineup->backends_);  // in place of the origin
            if (!catcher) return fail(std::move(catcher).error());
            started = start_peers(&*catcher);
        }
        if (started) started = start_origins();
    }
    if (started && scenario.work.is_tls) {
        std::vector<Named> balancers;
        for (const Entry& entry : lineup->entries_) {
            balancers.push_back({entry.peer->name(), entry.address()});
        }
        started = check_agreements(balancers);
    }
    if (!started) return fail(std::move(started).error());
    for (const Entry& entry : lineup->entries_) {
        const auto checked = check_answer(entry.peer->name(), entry.address(), scenario.work);
        if (!checked) return fail(checked.error());
    }
    return lineup;
}

Result<void> Lineup::check_running() {
    constexpr std::string_view kWhen = "under load";
    Result<void> running;
    for (Process& origin : origins_) {
        if (running) running = origin.check_running(kWhen);
    }
    for (Entry& entry : entries_) {
        if (running) running = entry.process.check_running(kWhen);
    }
    return running;
}

Result<std::uint64_t> Lineup::executions() const {
    const SocketAddress& address = backends_.front();
    const auto answer = fetch(address, address.text(), "/stats", std::chrono::seconds(10));
    if (!answer) return fail(answer.error());
    const auto stats = nlohmann::json::parse(answer->body, nullptr, false);
    if (!stats.is_object() || !stats.contains("requests") ||
        !stats["requests"].is_number_unsigned()) {
        return fail("the origin does not tell how many requests it has executed",
                    "see origin.log in the folder that was kept");
    }
    return stats["requests"].get<std::uint64_t>();
}

std::vector<const Peer*> all_peers(const Session& session) {
    std::vector<const Peer*> peers;
    for (const Peer& peer : session.peers()) peers.push_back(&peer);
    return peers;
}

std::vector<const Peer*> peers_for(const Session& session, const Work& work,
                                   std::vector<std::string>& notes) {
    std::vector<const Peer*> peers;
    if (work.has_h2_backends) {
        std::string lack = h2_origin_lacks();
        if (!lack.empty()) {
            notes.push_back(std::move(lack));
            return peers;
        }
    }
    for (const Peer* peer : all_peers(session)) {
        if (work.has_h2_backends && !peer->row->no_h2_to_backends.empty()) {
            notes.push_back(
                fmt::format("{} is left out: {}", peer->row->name, peer->row->no_h2_to_backends));
            continue;
        }
        if (work.is_tls && !peer->row->forwards_heads) {
            notes.push_back(fmt::format("{} is left out: it only copies bytes, and speaks no TLS",
                                        peer->row->name));
            continue;
        }
        const bool may_lack = work.layer == Layer::Connections && peer->row->lacks != nullptr;
        std::string lack = may_lack ? peer->row->lacks(peer->program) : "";
        if (lack.empty()) {
            peers.push_back(peer);
        } else {
            notes.push_back(std::move(lack));
        }
    }
    return peers;
}

}  // namespace fairlead::bench::peers
