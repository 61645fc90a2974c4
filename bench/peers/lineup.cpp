#include "bench/peers/lineup.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/output_file.h"
#include "bench/peers/session.h"
#include "bench/peers/socket.h"
#include "bench/peers/work_check.h"
#include "bench/plain_client.h"

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

Result<Process> start_origin(const Session& session, const std::vector<SocketAddress>& addresses,
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
    if (!process) return process;
    for (const SocketAddress& address : addresses) {
        const auto answered = process->wait_until_answers(address, kStartLimit, session.stop());
        if (!answered) return fail(answered.error());
    }
    return process;
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
    auto addresses = free_addresses(kOrigins + peers.size());
    if (!addresses) return fail(std::move(addresses).error());
    std::unique_ptr<Lineup> lineup(new Lineup);
    lineup->backends_.assign(addresses->begin(), addresses->begin() + kOrigins);
    {
        auto catcher = HeadCatcher::listen(lineup->backends_);
        if (!catcher) return fail(std::move(catcher).error());
        for (std::size_t i = 0; i < peers.size(); ++i) {
            const Site site{(*addresses)[kOrigins + i], lineup->backends_,   folder,
                            scenario.work.bulk,         scenario.work.layer, nginx_stream_module()};
            auto entry = start_peer(session, *peers[i], site, wrapper);
            if (!entry) return fail(std::move(entry).error());
            lineup->entries_.push_back(std::move(*entry));
            const bool has_heads = scenario.work.layer == Layer::Requests;
            if (!has_heads || !peers[i]->row->forwards_heads) continue;
            const auto checked = catcher->check(peers[i]->name(), site.listen);
            if (!checked) return fail(checked.error());
        }
    }
    auto origin = start_origin(session, lineup->backends_, folder);
    if (!origin) return fail(std::move(origin).error());
    lineup->origin_ = std::make_unique<Process>(std::move(*origin));
    for (const Entry& entry : lineup->entries_) {
        const auto checked = check_answer(entry.peer->name(), entry.address(), scenario.work);
        if (!checked) return fail(checked.error());
    }
    return lineup;
}

Result<void> Lineup::check_running() {
    constexpr std::string_view kWhen = "under load";
    auto running = origin_->check_running(kWhen);
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
    for (const Peer* peer : all_peers(session)) {
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
