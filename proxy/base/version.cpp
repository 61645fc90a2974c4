#include "proxy/base/version.h"

#ifndef FAIRLEAD_VERSION
#error "the build sets FAIRLEAD_VERSION"
#endif

namespace fairlead {

std::string_view version() { return FAIRLEAD_VERSION; }

}  // namespace fairlead
