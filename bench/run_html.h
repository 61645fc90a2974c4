/// A run as one page that stands alone: styles and drawings inside, no script, nothing loaded.
#pragma once

#include <string>

#include "bench/run_report.h"

namespace fairlead::bench {

/// The whole document. All that came from outside is escaped.
std::string to_html(const RunReport& report);

}  // namespace fairlead::bench
