/// The bodies of requests that change something: from JSON to what runtime::Steering takes, every
/// field checked. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conf/model.h"
#include "conf/settings.h"
#include "proxy/base/clock.h"
#include "proxy/base/result.h"
#include "proxy/runtime/steering.h"

namespace fairlead::control {

/// Of `PATCH .../backends/{backend}`: {"state":"drain","weight":3}, at least one of them.
Result<runtime::BackendChange> read_backend_change(std::string_view body);

/// Of `POST .../backends`: {"address":"10.0.0.4:80","name":"b4","weight":2,"max_in_flight":64,
/// "tier":"backup"}; all but the address may be left out.
/// @param in_flight_max  the pool's, for a backend that has none of its own
Result<conf::Backend> read_added_backend(std::string_view body, std::uint64_t in_flight_max);

/// Of `POST /api/v1/reload`: {"confirm":"60s"}, {} or nothing. 1 s to 24 h.
Result<std::optional<Duration>> read_reload(std::string_view body);

/// Of requests without a body: nothing or {}.
Result<void> read_nothing(std::string_view body);

/// Of `POST /api/v1/plan`: {"settings":[...]}, as `settings_json` makes it.
Result<conf::SettingList> read_plan(std::string_view body);
/// One group is {"kind":"backend","name":"b1","pool":"app","settings":[["weight","2"],...]}, a
/// secret setting has `true` as its third.
std::string settings_json(const conf::SettingList& settings);

/// What a reload's `confirm` may be; also for the command line.
Result<Duration> read_confirm(std::string_view text);

}  // namespace fairlead::control
