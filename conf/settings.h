/// A model as a flat list of settings, every default filled in: what `print` writes, what `diff`
/// compares, what a reload goes by to find out what has changed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conf/model.h"

namespace fairlead::conf {

/// One key with its effective value.
struct Setting {
    std::string key;    ///< below its section: "timeouts.connect"
    std::string value;  ///< as TOML: `"2s"`, `16`, `["a", "b"]`
    /// Not to be shown: values of headers that carry credentials. Compared all the same.
    bool is_secret = false;
    /// Tells one content of the files that the value names from another; 0: it names none. Compared
    /// and not shown.
    std::uint64_t content = 0;

    bool operator==(const Setting&) const = default;
};

/// One section: [process], [admin], [log], [listener.web], [[route]] "api", [pool.app], a backend
/// of a pool, [[expect]].
struct SettingGroup {
    enum class Kind : std::uint8_t { Process, Admin, Log, Listener, Route, Pool, Backend, Expect };
    Kind kind = Kind::Process;
    /// Identity: listener, route or pool name, a backend's own name, an expectation's request;
    /// "process", "admin", "log".
    std::string name;
    std::string pool;  ///< of a Backend
    std::vector<Setting> settings;

    bool operator==(const SettingGroup&) const = default;
};

/// In file order; a pool's backends follow it.
using SettingList = std::vector<SettingGroup>;

SettingList settings(const Model& model);
SettingGroup settings(const Process& process);
SettingGroup settings(const Admin& admin);
SettingGroup settings(const Log& log);
SettingGroup settings(const Listener& listener);
SettingGroup settings(const Route& route);
/// All but its backends.
SettingGroup settings(const Pool& pool);
SettingGroup settings(const Pool& pool, const Backend& backend);
SettingGroup settings(const Expectation& expectation);

/// Whether a header field of this name carries what is not to be shown: Authorization, Cookie and
/// the like, and every name with token, secret, password or key in it.
bool is_credential(std::string_view header);

/// The model as a configuration file that loads to the same model, each line with its origin as a
/// comment: "# edge.toml:14", "# default", "# edge.toml:3 [defaults.pool]". Secrets are shown as
/// "(hidden)".
std::string print(const Model& model);

}  // namespace fairlead::conf
