#include "proxy/runtime/steering.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "conf/load.h"
#include "proxy/base/units.h"
#include "proxy/runtime/steering_work.h"
#include "proxy/telemetry/log.h"

namespace fairlead::runtime {
namespace {

namespace log = telemetry::log;
using telemetry::Metric;

/// When going back to the configuration before did not work.
constexpr Duration kTryAgain = std::chrono::seconds{5};

class Nobody final : public SteeringObserver {};

SteeringObserver* nobody() {
    static Nobody observer;
    return &observer;
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::string unchanged_line(std::size_t errors, std::uint64_t generation) {
    return fmt::format("{}; the running configuration (generation {}) is unchanged",
                       conf::count_text(errors, "error"), generation);
}

}  // namespace

std::string_view word(ReloadResult result) {
    switch (result) {
        case ReloadResult::Applied:
            return "applied";
        case ReloadResult::Unchanged:
            return "unchanged";
        case ReloadResult::Refused:
            break;
    }
    return "refused";
}

Steering::Steering(net::Loop& loop, Server& server, conf::Model file_model, std::string path,
                   DnsBook dns, Overrides overrides)
    : loop_(loop),
      server_(server),
      observer_(nobody()),
      background_(loop),
      file_model_(std::make_shared<const conf::Model>(std::move(file_model))),
      file_settings_(std::make_shared<const conf::SettingList>(conf::settings(*file_model_))),
      dns_(std::move(dns)),
      base_model_(with_members(file_model_, dns_)),
      path_(std::move(path)),
      overrides_(std::move(overrides)),
      confirm_deadline_(net::Deadline::of<&Steering::on_confirm_deadline>(loop.timers(), *this)) {
    loaded_fingerprint_ = file_model_->content;
}

Steering::~Steering() = default;

// ---- one at a time

void Steering::enqueue(Job job) {
    jobs_.push_back(std::move(job));
    if (!is_busy_) next();
}

void Steering::next() {
    if (jobs_.empty()) return;
    is_busy_ = true;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    job();
}

/// The change is over: whoever asked is told, then the next one begins.
void Steering::finish(const std::function<void()>& tell) {
    is_busy_ = false;
    if (tell != nullptr) tell();
    if (!is_busy_) next();
}

// ---- the file

void Steering::reload(std::string trigger, std::optional<Duration> confirm, OnReloaded on_done) {
    const auto refuse = [&](std::string errors) {
        ReloadReport report;
        report.when =
            std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
        report.trigger = std::move(trigger);
        report.generation = server_.snapshot().generation;
        report.errors = std::move(errors);
        if (on_done != nullptr) on_done(report);
    };
    if (path_.empty()) {
        log::warn("{}: there is no configuration file to load again", trigger);
        refuse(
            "error: there is no configuration file to load again\n"
            "  start with fairlead run -c FILE\n");
        return;
    }
    if (!held_.empty()) {
        log::warn("{}: not now: {}", trigger, held_);
        if (on_done == nullptr) missed_ = trigger;
        refuse("error: not now: " + held_ + "\n");
        return;
    }
    if (server_.is_stopping() || jobs_.size() >= kJobsMax) {
        refuse(server_.is_stopping() ? "error: the process is stopping\n"
                                     : "error: too many changes are waiting\n");
        return;
    }
    enqueue([this, trigger = std::move(trigger), confirm, on_done = std::move(on_done)]() mutable {
        run_reload(std::move(trigger), confirm, std::move(on_done));
    });
}

void Steering::hold(std::string why) {
    held_ = std::move(why);
    if (held_.empty() && !missed_.empty()) reload(std::exchange(missed_, {}), std::nullopt);
}

/// Of a change that begins now, from what runs.
std::shared_ptr<Steering::Work> Steering::new_work() const {
    auto work = std::make_shared<Work>();
    work->file_model = file_model_;
    work->dns = dns_;
    work->overrides = overrides_;
    work->running = server_.snapshot().settings;
    work->tls = server_.tls_making();
    return work;
}

void Steering::run_reload(std::string trigger, std::optional<Duration> confirm,
                          OnReloaded on_done) {
    observer_->on_reloading();
    auto work = new_work();
    work->path = path_;
    work->trigger = std::move(trigger);
    work->confirm = confirm;
    work->on_reloaded = std::move(on_done);
    if (!background_.run([work] { work->load(); }, [this, work] { on_loaded(work); })) {
        report(work, ReloadResult::Refused, "error: too much is under way\n");
    }
}

void Steering::on_loaded(const std::shared_ptr<Work>& work) {
    // The listeners may be closed by now: applying would bind them again.
    if (server_.is_stopping()) return on_applied(work, {Error{"the process is stopping", {}, {}}});
    if (work->on_changed == nullptr) {
        if (!work->errors.empty()) {
            file_differs_ = true;
            report(work, ReloadResult::Refused, render(work->errors));
            return;
        }
        if (!work->path.empty() && work->fingerprint == undone_fingerprint_) {
            file_differs_ = true;
            report(work, ReloadResult::Refused,
                   fmt::format("error: {} is the file that was undone because nobody confirmed "
                               "it\n  change it, then reload\n",
                               path_));
            return;
        }
    }
    if (work->trigger == kFileChanged && is_loaded(*work)) {
        // Somebody looked before what runs was read, or it was written anew as it was.
        ReloadReport seen;
        seen.result = ReloadResult::Unchanged;
        seen.files = std::move(work->files);
        seen.folders = std::move(work->folders);
        seen.began = work->began;
        observer_->on_reloaded(seen);
        return finish({});
    }
    apply(work);
}

bool Steering::is_loaded(const Work& work) const {
    return work.prepared.changes.empty() && work.fingerprint == loaded_fingerprint_ &&
           !file_differs_;
}

void Steering::apply(const std::shared_ptr<Work>& work) {
    const auto& pools = server_.snapshot().pools;
    const bool has_moved = std::any_of(pools.begin(), pools.end(), [&](const auto& pool) {
        return runtime::has_moved(*pool, work->prepared.addresses);
    });
    if (work->prepared.changes.empty() && !has_moved) {
        adopt(*work);
        if (work->on_changed != nullptr) {
            on_applied(work, {});
        } else {
            report(work, ReloadResult::Unchanged, {});
        }
        return;
    }
    std::vector<Error> errors = observer_->on_prepare(work->prepared.model);
    if (!errors.empty()) {
        observer_->on_refused();
        on_applied(work, std::move(errors));
        return;
    }
    server_.apply(std::move(work->prepared), work->overrides, [this, work](auto refused) {
        if (!refused.empty()) {
            observer_->on_refused();
            on_applied(work, std::move(refused));
            return;
        }
        // Where to go back to is what was confirmed last, however often it changes until then.
        if (work->confirm && confirmed_model_ == nullptr) confirmed_model_ = file_model_;
        adopt(*work);
        observer_->on_applied(server_.snapshot().model);
        on_applied(work, {});
    });
}

/// What the work stands for is what runs now.
void Steering::adopt(Work& work) {
    if (file_model_ != work.file_model) {
        file_model_ = work.file_model;
        file_settings_ = std::make_shared<const conf::SettingList>(conf::settings(*file_model_));
    }
    dns_ = std::move(work.dns);
    base_model_ = std::move(work.base_model);
    overrides_ = std::move(work.overrides);
    for (const AdminChange& change : work.admin) {
        server_.set_admin(change.pool, change.backend, change.state);
    }
}

void Steering::on_applied(const std::shared_ptr<Work>& work, std::vector<Error> errors) {
    if (work->on_changed != nullptr) {
        std::optional<Refusal> refusal;
        if (errors.empty()) {
            log::debug("{}: done", work->trigger);
            observer_->on_overrides_changed();
        } else {
            const Error& first = errors.front();
            log::debug("{}: refused: {}", work->trigger, first.message);
            refusal = Refusal{422, first.message, first.hint};
        }
        finish([&] { work->on_changed(std::move(refusal)); });
        return;
    }
    if (!errors.empty()) {
        file_differs_ = file_differs_ || !work->path.empty();
        report(work, ReloadResult::Refused, render(errors));
        return;
    }
    report(work, ReloadResult::Applied, {});
}

/// A reload has come to its end.
void Steering::report(const std::shared_ptr<Work>& work, ReloadResult result, std::string errors) {
    ReloadReport report;
    report.result = result;
    report.when =
        std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
    report.trigger = work->trigger;
    report.generation = server_.snapshot().generation;
    if (result != ReloadResult::Refused) report.changes = std::move(work->changes);
    if (!work->warnings.empty()) {
        report.warnings.push_back(conf::render_warnings(work->warnings));
    }
    report.errors = std::move(errors);
    report.files = std::move(work->files);
    report.folders = std::move(work->folders);
    report.began = work->began;
    const bool is_going_back = work->path.empty();
    if (is_going_back && result == ReloadResult::Refused) {
        // It must go back: what is in the way may go away.
        confirmed_model_ = work->file_model;
        confirm_deadline_.set(loop_.now() + kTryAgain);
    }
    if (result != ReloadResult::Refused) {
        // Going back changes nothing when the file has gone back before us.
        file_differs_ = is_going_back && result == ReloadResult::Applied;
        undone_fingerprint_ = file_differs_ ? loaded_fingerprint_ : 0;
        if (!is_going_back) loaded_fingerprint_ = work->fingerprint;
        for (const std::string& line : work->ended) log::info("{}", line);
    }
    if (result == ReloadResult::Applied && work->confirm) {
        report.confirm = work->confirm;
        confirm_deadline_.set(after(loop_.now(), *work->confirm));
    }
    auto& registry = server_.registry();
    registry.counter(Metric::ReloadsTotal, {word(result)}).add(registry.main_index());
    switch (result) {
        case ReloadResult::Applied:
            registry.gauge(Metric::ConfigLastSuccessSeconds)
                .set(std::chrono::duration<double>(report.when.time_since_epoch()).count());
            log::info("configuration: generation {} is in force ({})", report.generation,
                      report.trigger);
            for (const std::string& line : report.changes) log::info("  {}", line);
            for (const std::string& text : report.warnings) {
                for (const std::string_view line : lines_of(text)) log::warn("{}", line);
            }
            if (report.confirm) {
                log::info("configuration: goes back in {} unless confirmed",
                          format_duration(*report.confirm));
            }
            break;
        case ReloadResult::Unchanged:
            log::info("configuration: nothing to change ({})", report.trigger);
            break;
        case ReloadResult::Refused:
            // A line each: a log is read line by line.
            log::error("configuration: not loaded ({})", report.trigger);
            for (const std::string_view line : lines_of(report.errors)) log::error("{}", line);
            log::error("{}", unchanged_line(std::max<std::size_t>(work->errors.size(), 1),
                                            report.generation));
            break;
    }
    registry.gauge(Metric::ConfigFileDiffers).set(file_differs_ ? 1 : 0);
    last_reload_ = report;
    observer_->on_reloaded(report);
    finish([&] {
        if (work->on_reloaded != nullptr) work->on_reloaded(report);
    });
}

// ---- confirming

std::optional<Refusal> Steering::confirm(std::string_view who) {
    if (confirmed_model_ == nullptr) {
        return Refusal{409, "no reload waits to be confirmed", "reload with a confirm time first"};
    }
    confirm_deadline_.clear();
    confirmed_model_ = nullptr;
    log::info("configuration: {} has confirmed generation {}", who, server_.snapshot().generation);
    return std::nullopt;
}

std::optional<Duration> Steering::confirm_left() const {
    if (confirmed_model_ == nullptr) return std::nullopt;
    if (!confirm_deadline_.is_set())
        return Duration::zero();  // it goes back after what is under way
    return std::max(Duration::zero(), confirm_deadline_.when() - loop_.now());
}

std::string Steering::unsettled() const {
    if (is_busy_ || !jobs_.empty()) return "the configuration is being changed";
    if (confirmed_model_ != nullptr) return "a reload waits to be confirmed";
    return {};
}

void Steering::on_confirm_deadline() {
    enqueue([this] {
        // The next start reads the file, and says so if it is wrong.
        if (server_.is_stopping()) confirmed_model_ = nullptr;
        // Confirmed while this waited for its turn, or given more time by a reload before it.
        if (confirmed_model_ == nullptr || confirm_deadline_.is_set()) return finish({});
        log::warn("configuration: nobody confirmed generation {}: going back",
                  server_.snapshot().generation);
        observer_->on_reloading();
        auto work = new_work();
        work->file_model = std::exchange(confirmed_model_, nullptr);
        work->trigger = "not confirmed in time";
        if (!background_.run([work] { work->load(); }, [this, work] { on_loaded(work); })) {
            report(work, ReloadResult::Refused, "error: too much is under way\n");
        }
    });
}

}  // namespace fairlead::runtime
