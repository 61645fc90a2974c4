#include "health/alarm.h"

namespace fairlead::health {

LoopAlarm::LoopAlarm(net::Loop& loop)
    : deadline_(loop.timers(), this,
                [](void* self) noexcept { static_cast<LoopAlarm*>(self)->on_passed_(); }) {}

}  // namespace fairlead::health
