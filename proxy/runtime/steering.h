/// Changes the running configuration: the file when it is loaded again, and people through the
/// admin endpoint. All or nothing each time; one change at a time, the others wait in order.
/// Main's thread and loop.
///
/// What runs is always the file's model, with the backends that DNS gives laid over it, and then
/// the overrides: a weight set by a person and a weight written in the file take the same way, and
/// an override lasts until the file changes that very value.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "balancing/state.h"
#include "conf/model.h"
#include "conf/plan.h"
#include "proxy/base/clock.h"
#include "proxy/base/result.h"
#include "proxy/net/background.h"
#include "proxy/net/loop.h"
#include "proxy/net/timer_wheel.h"
#include "proxy/runtime/dns_members.h"
#include "proxy/runtime/overrides.h"
#include "proxy/runtime/server.h"

namespace fairlead::runtime {

enum class ReloadResult : std::uint8_t {
    Applied,
    Unchanged,  ///< the file says what runs already: nothing was touched
    Refused,    ///< a mistake in the file, or something in the way: what ran goes on
};
/// "applied", "unchanged", "refused": in the API, the log and the metric.
std::string_view word(ReloadResult result);

/// What came of one attempt to load the file.
struct ReloadReport {
    ReloadResult result = ReloadResult::Refused;
    WallTime when{};
    std::string trigger;                ///< "SIGHUP", "file changed", "api by uid 0", ...
    std::uint64_t generation = 0;       ///< in force afterwards
    std::vector<std::string> changes;   ///< as `diff` prints them
    std::vector<std::string> warnings;  ///< rendered
    std::string errors;                 ///< rendered, all of them; of Refused
    /// What was read, as far as it came to that: what `watch` looks at.
    std::vector<std::string> files;
    std::vector<std::string> folders;
    WallTime began{};
    std::optional<Duration> confirm;  ///< goes back by itself unless confirmed within this time
};

/// Why a change was not made; the API's error and hint.
struct Refusal {
    int status = 400;  ///< HTTP
    std::string error;
    std::string hint;
};

/// What a person may change of a backend; nothing means: leave it.
struct BackendChange {
    std::optional<balancing::AdminState> state;
    std::optional<std::uint32_t> weight;
};

/// How a change ended: nothing went wrong, or why it was not made.
using OnChanged = std::function<void(std::optional<Refusal>)>;

/// Who must follow when the configuration changes: the admin endpoint, the watch, the service
/// manager, the state file.
class SteeringObserver {
  public:
    /// A reload begins (not a change by a person).
    virtual void on_reloading() {}
    /// Before anything is touched: makes ready what may fail (the endpoint's new address).
    /// @return what is in the way; nothing is changed then and on_refused() follows
    virtual std::vector<Error> on_prepare(const conf::Model&) { return {}; }
    /// The model is in force.
    virtual void on_applied(const conf::Model&) {}
    /// It is not, after on_prepare() was asked.
    virtual void on_refused() {}
    /// on_reloading() has come to its end, one way or the other.
    virtual void on_reloaded(const ReloadReport&) {}
    /// Overrides or admin states have changed.
    virtual void on_overrides_changed() {}

  protected:
    ~SteeringObserver() = default;
};

class Steering {
  public:
    /// @param file_model  what `server` was made from, before DNS and overrides
    /// @param dns         as it was laid over it
    /// @param path        of the main file; empty when there is none (then nothing is reloaded)
    /// @param overrides   as they were laid over it
    Steering(net::Loop& loop, Server& server, conf::Model file_model, std::string path, DnsBook dns,
             Overrides overrides);
    ~Steering();
    Steering(const Steering&) = delete;
    Steering& operator=(const Steering&) = delete;

    /// Set once, before use; outlives this.
    void set_observer(SteeringObserver& observer) { observer_ = &observer; }

    /// Loads the file again, off this thread, and puts it in force. `on_done` is called once, when
    /// every worker has the new configuration or it is sure that it will not be.
    /// @param confirm  go back unless confirm() is called within this time
    using OnReloaded = std::function<void(const ReloadReport&)>;
    /// The trigger of a reload that nobody asked for: when the file is what was loaded last it goes
    /// without a word.
    static constexpr std::string_view kFileChanged = "file changed";
    void reload(std::string trigger, std::optional<Duration> confirm, OnReloaded on_done = {});
    /// Keeps what a reload with `confirm` put in force. @return why not: nothing waits for it
    std::optional<Refusal> confirm(std::string_view who);

    /// What a reload would change now: reads the file, changes nothing.
    struct Preview {
        std::vector<conf::Change> changes;
        std::vector<std::string> notes;  ///< overrides that stay or end; a file that was undone
        std::string errors;              ///< rendered: the file is not usable
    };
    void plan(std::function<void(const Preview&)> on_done);
    /// The same for a model that somebody else has read, as its settings (see conf/settings.h).
    Preview plan_for(const conf::SettingList& wanted) const;

    // ---- people; `who` is for the log, as "uid 0", "token from 127.0.0.1:4711"
    void change_backend(std::string pool, std::string backend, const BackendChange& change,
                        std::string who, OnChanged on_done);
    /// @param backend  with its name filled in; resolved on the way
    void add_backend(std::string pool, conf::Backend backend, std::string who, OnChanged on_done);
    void remove_backend(std::string pool, std::string backend, std::string who, OnChanged on_done);

    // ---- what is found out
    /// Puts other members of pools in force. One of a question that is not asked any more is left
    /// out.
    void set_dns(DnsBook changed, OnChanged on_done);
    /// The members that are in force have been confirmed, or could not be: what is known of the
    /// answers changes, and nothing else.
    void note_dns(const std::string& pool, const DnsMembership& membership);
    /// Looks up the names of backends once more, and takes their addresses.
    void look_again(OnChanged on_done);
    /// In force: of exactly the pools with `dns`.
    const DnsBook& dns() const { return dns_; }

    /// Changes and reloads are refused from now on, with this reason; empty: they are not any more.
    /// What is under way comes to its end. A reload that nobody waits for (a signal, a file that
    /// changed) is made up for afterwards.
    void hold(std::string why);
    const std::string& held() const { return held_; }

    // ---- to look at
    const std::string& path() const { return path_; }
    const std::optional<ReloadReport>& last_reload() const { return last_reload_; }
    /// The file on disk is not what runs: the last one read was refused, or was undone.
    bool file_differs() const { return file_differs_; }
    /// Why what runs now is not what is to stay: a change is under way, or a reload waits to be
    /// confirmed. Empty: it is.
    std::string unsettled() const;
    /// Left until the configuration goes back; nothing when no reload waits to be confirmed.
    std::optional<Duration> confirm_left() const;
    const Overrides& overrides() const { return overrides_; }
    /// What the file says, without overrides.
    const conf::Model& file_model() const { return *file_model_; }

  private:
    struct AdminChange;
    struct Work;
    using Job = std::function<void()>;

    void enqueue(Job job);
    void next();
    void finish(const std::function<void()>& tell);
    void run_reload(std::string trigger, std::optional<Duration> confirm, OnReloaded on_done);
    void on_loaded(const std::shared_ptr<Work>& work);
    bool is_loaded(const Work& work) const;
    void apply(const std::shared_ptr<Work>& work);
    void adopt(Work& work);
    void on_applied(const std::shared_ptr<Work>& work, std::vector<Error> errors);
    void report(const std::shared_ptr<Work>& work, ReloadResult result, std::string errors);
    using Change = std::function<std::optional<Refusal>(Work&)>;
    void change(std::string what, Change change, OnChanged on_done);
    std::shared_ptr<Work> new_work() const;
    std::optional<Refusal> unknown_backend(const std::string& pool,
                                           const std::string& backend) const;
    std::optional<Refusal> unknown_pool(const std::string& pool) const;
    void on_confirm_deadline();
    std::vector<std::string> notes(const std::vector<std::string>& ended) const;

    net::Loop& loop_;
    Server& server_;
    SteeringObserver* observer_;
    net::Background background_;
    std::shared_ptr<const conf::Model> file_model_;
    std::shared_ptr<const conf::SettingList> file_settings_;
    DnsBook dns_;
    std::shared_ptr<const conf::Model> base_model_;  ///< the file's with `dns_`, without overrides
    const std::string path_;
    Overrides overrides_;
    std::deque<Job> jobs_;
    std::string held_;    ///< why nothing is changed at the moment
    std::string missed_;  ///< trigger of a reload that came meanwhile
    bool is_busy_ = false;
    std::optional<ReloadReport> last_reload_;
    bool file_differs_ = false;
    // ---- a reload that waits to be confirmed
    net::Deadline confirm_deadline_;
    std::shared_ptr<const conf::Model> confirmed_model_;  ///< where to go back to; null: nowhere
    std::uint64_t loaded_fingerprint_ = 0;                ///< of the files that run; 0 unknown
    std::uint64_t undone_fingerprint_ = 0;                ///< of the files that went back; 0 none
};

}  // namespace fairlead::runtime
