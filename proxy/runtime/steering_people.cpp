/// Steering's second part: what people change and ask, beside the file.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "conf/load.h"
#include "proxy/base/text.h"
#include "proxy/runtime/load_model.h"
#include "proxy/runtime/steering_work.h"
#include "proxy/telemetry/log.h"

namespace fairlead::runtime {
namespace {

using balancing::AdminState;

const conf::Backend* find_backend(const conf::Model& model, std::string_view pool,
                                  std::string_view name) {
    const conf::Pool* const found = model.pool(pool);
    if (found == nullptr) return nullptr;
    for (const conf::Backend& backend : found->backends) {
        if (backend.name == name) return &backend;
    }
    return nullptr;
}

std::string nearest(std::string_view name, const std::vector<std::string_view>& names,
                    std::string_view otherwise) {
    const auto match = closest_match(name, names);
    return match ? fmt::format("did you mean \"{}\"?", *match) : std::string{otherwise};
}

template <class List>
auto find_in(List& list, std::string_view pool, std::string_view backend) {
    return std::find_if(list.begin(), list.end(), [&](const auto& each) {
        return each.pool == pool && each.backend.name == backend;
    });
}

/// Nothing to lay over where the file says the same.
void set_weight(Overrides& overrides, const conf::Model& file, const std::string& pool,
                const std::string& backend, std::uint32_t weight) {
    const auto added = find_in(overrides.added, pool, backend);
    if (added != overrides.added.end()) {
        added->backend.weight = weight;
        return;
    }
    const conf::Backend* const of_file = find_backend(file, pool, backend);
    const std::uint32_t file_weight = of_file == nullptr ? weight : of_file->weight;
    BackendOverride& place = overrides.at(pool, backend);
    place.weight.reset();
    if (weight != file_weight) place.weight = WeightOverride{weight, file_weight};
}

}  // namespace

std::shared_ptr<const conf::Model> with_members(std::shared_ptr<const conf::Model> model,
                                                const DnsBook& dns) {
    if (dns.empty()) return model;
    auto base = std::make_shared<conf::Model>(*model);
    lay_members(*base, dns);
    return base;
}

void Steering::Work::load() {
    if (!path.empty()) {
        began = std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
        tls.material = std::make_shared<TlsMaterial>();
        conf::LoadResult loaded = load_model(path, tls.material.get());
        files = loaded.model.files;
        folders = loaded.model.include_folders;
        fingerprint = loaded.model.content;
        errors = std::move(loaded.errors);
        warnings = std::move(loaded.warnings);
        if (!errors.empty()) return;
        file_model = std::make_shared<const conf::Model>(std::move(loaded.model));
    }
    dns = complete(std::move(dns), *file_model, kDnsPatience);
    base_model = with_members(file_model, dns);
    prepared = prepare(lay_over(*base_model, overrides, ended), running.get(), std::move(tls));
    errors = std::move(prepared.errors);
    if (!errors.empty()) return;
    for (const conf::Change& change : prepared.changes) {
        changes.push_back(change.text());
        if (!change.needs_restart()) continue;
        warnings.push_back({fmt::format("[process] {} is taken at the next start",
                                        fmt::join(change.details, ", ")),
                            "fairlead run --takeover starts anew and loses no request",
                            {}});
    }
}

void Steering::change(std::string what, Change change, OnChanged on_done) {
    if (server_.is_stopping()) {
        on_done(Refusal{503, "the process is stopping", ""});
        return;
    }
    if (!held_.empty()) {
        on_done(Refusal{409, "not now: " + held_, "ask again in a moment"});
        return;
    }
    if (jobs_.size() >= kJobsMax) {
        on_done(Refusal{503, "too many changes are waiting", "try again"});
        return;
    }
    enqueue([this, what = std::move(what), change = std::move(change),
             on_done = std::move(on_done)]() mutable {
        auto work = new_work();
        work->trigger = std::move(what);
        work->on_changed = std::move(on_done);
        if (std::optional<Refusal> refusal = change(*work)) {
            telemetry::log::debug("{}: refused: {}", work->trigger, refusal->error);
            finish([&] { work->on_changed(std::move(refusal)); });
            return;
        }
        if (!background_.run([work] { work->load(); }, [this, work] { on_loaded(work); })) {
            on_applied(work, {Error{"too much is under way", "try again", {}}});
        }
    });
}

std::optional<Refusal> Steering::unknown_pool(const std::string& pool) const {
    const conf::Model& model = server_.snapshot().model;
    if (model.pool(pool) != nullptr) return std::nullopt;
    std::vector<std::string_view> names;
    for (const conf::Pool& each : model.pools) names.push_back(each.name);
    return Refusal{404, fmt::format("no pool \"{}\"", pool),
                   nearest(pool, names, "fairlead status lists the pools")};
}

std::optional<Refusal> Steering::unknown_backend(const std::string& pool,
                                                 const std::string& backend) const {
    if (auto refusal = unknown_pool(pool)) return refusal;
    const conf::Model& model = server_.snapshot().model;
    if (find_backend(model, pool, backend) != nullptr) return std::nullopt;
    std::vector<std::string_view> names;
    for (const conf::Backend& each : model.pool(pool)->backends) names.push_back(each.name);
    return Refusal{404, fmt::format("no backend \"{}\" in pool \"{}\"", backend, pool),
                   nearest(backend, names, "fairlead status lists the backends")};
}

void Steering::change_backend(std::string pool, std::string backend, const BackendChange& wanted,
                              std::string who, OnChanged on_done) {
    std::string what = fmt::format("{}: {}/{}:", who, pool, backend);
    if (wanted.state) what += fmt::format(" {}", word(*wanted.state));
    if (wanted.weight) what += fmt::format(" weight {}", *wanted.weight);
    change(
        std::move(what),
        [this, pool = std::move(pool), backend = std::move(backend),
         wanted](Work& work) -> std::optional<Refusal> {
            if (auto refusal = unknown_backend(pool, backend)) return refusal;
            if (wanted.weight) {
                set_weight(work.overrides, *base_model_, pool, backend, *wanted.weight);
            }
            if (wanted.state) {
                work.overrides.at(pool, backend).state = *wanted.state;
                work.admin.push_back({pool, backend, *wanted.state});
            }
            return std::nullopt;
        },
        std::move(on_done));
}

void Steering::add_backend(std::string pool, conf::Backend backend, std::string who,
                           OnChanged on_done) {
    change(
        fmt::format("{}: add {} {} to pool {}", who, backend.name, backend.address.text(), pool),
        [this, pool, backend](Work& work) -> std::optional<Refusal> {
            if (auto refusal = unknown_pool(pool)) return refusal;
            const conf::Model& model = server_.snapshot().model;
            if (find_backend(model, pool, backend.name) != nullptr) {
                return Refusal{
                    409,
                    fmt::format("pool \"{}\" has a backend \"{}\" already", pool, backend.name),
                    "give another name"};
            }
            work.overrides.added.push_back({pool, backend});
            return std::nullopt;
        },
        std::move(on_done));
}

void Steering::remove_backend(std::string pool, std::string backend, std::string who,
                              OnChanged on_done) {
    change(
        fmt::format("{}: remove {}/{}", who, pool, backend),
        [this, pool, backend](Work& work) -> std::optional<Refusal> {
            Overrides& overrides = work.overrides;
            if (auto refusal = unknown_backend(pool, backend)) return refusal;
            if (server_.snapshot().model.pool(pool)->backends.size() == 1) {
                return Refusal{409, "it is the pool's last backend",
                               "put it into maintenance, or add another one first"};
            }
            const auto added = find_in(overrides.added, pool, backend);
            if (added != overrides.added.end()) {
                overrides.added.erase(added);
            } else if (const conf::Backend* const of_file =
                           find_backend(*base_model_, pool, backend)) {
                overrides.removed.push_back({pool, *of_file});
            }
            std::erase_if(overrides.backends, [&](const BackendOverride& each) {
                return each.pool == pool && each.backend == backend;
            });
            return std::nullopt;
        },
        std::move(on_done));
}

// ---- what is found out

void Steering::set_dns(DnsBook changed, OnChanged on_done) {
    change(
        "dns",
        [changed = std::move(changed)](Work& work) -> std::optional<Refusal> {
            for (const auto& [pool, membership] : changed) {
                const auto known = work.dns.find(pool);
                const bool is_asked =
                    known != work.dns.end() && known->second.question() == membership.question();
                if (is_asked) known->second = membership;
            }
            return std::nullopt;
        },
        std::move(on_done));
}

void Steering::note_dns(const std::string& pool, const DnsMembership& membership) {
    const auto known = dns_.find(pool);
    const bool is_in_force = known != dns_.end() &&
                             known->second.question() == membership.question() &&
                             known->second.places() == membership.places();
    if (is_in_force) known->second = membership;
}

void Steering::look_again(OnChanged on_done) {
    change(
        "names", [](Work&) -> std::optional<Refusal> { return std::nullopt; }, std::move(on_done));
}

// ---- what would change

std::vector<std::string> Steering::notes(const std::vector<std::string>& ended) const {
    std::vector<std::string> lines = ended;
    for (const BackendOverride& each : overrides_.backends) {
        if (each.state != AdminState::Ready) {
            lines.push_back(
                fmt::format("{}/{}: {} at run time", each.pool, each.backend, word(each.state)));
        }
        if (each.weight) {
            lines.push_back(fmt::format("{}/{}: weight {} at run time (file: {})", each.pool,
                                        each.backend, each.weight->weight,
                                        each.weight->file_weight));
        }
    }
    for (const AddedBackend& each : overrides_.added) {
        lines.push_back(fmt::format("{}/{}: added at run time", each.pool, each.backend.name));
    }
    for (const RemovedBackend& each : overrides_.removed) {
        lines.push_back(fmt::format("{}/{}: removed at run time", each.pool, each.backend.name));
    }
    return lines;
}

void Steering::plan(std::function<void(const Preview&)> on_done) {
    if (path_.empty()) {
        on_done({{}, {"there is no configuration file"}, {}});
        return;
    }
    auto work = new_work();
    work->path = path_;
    const auto tell = [this, work, on_done] {
        Preview preview;
        preview.changes = work->prepared.changes;
        preview.notes = notes(work->ended);
        if (!work->errors.empty()) preview.errors = render(work->errors);
        if (work->errors.empty() && work->fingerprint == undone_fingerprint_) {
            preview.notes.push_back(
                "file differs from running: it was undone because nobody confirmed it, and is not "
                "loaded again until it changes");
        }
        on_done(preview);
    };
    if (!background_.run([work] { work->load(); }, tell)) {
        on_done({{}, {}, "error: too much is under way\n"});
    }
}

Steering::Preview Steering::plan_for(const conf::SettingList& wanted) const {
    Preview preview{conf::plan(*file_settings_, wanted), notes({}), {}};
    if (undone_fingerprint_ != 0) {
        preview.notes.push_back("file differs from running: " + path_ +
                                " was undone because nobody confirmed it, and is not loaded again "
                                "until it changes");
    } else if (file_differs_) {
        preview.notes.push_back("file differs from running: " + path_ +
                                " was refused at the last reload");
    }
    return preview;
}

}  // namespace fairlead::runtime
