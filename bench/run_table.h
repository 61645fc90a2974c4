/// A run as text: one line a second while it runs and a table at its end. Plain text, no colours.
#pragma once

#include <string>

#include "bench/load_run.h"
#include "bench/run_report.h"

namespace fairlead::bench {

/// The final table, lines with their ends.
std::string run_table(const RunReport& report);

/// One line with its end: second, rate, latencies, errors and what is late.
std::string progress_line(const LoadProgress& progress);

/// "timeout 3, status_5xx 17"; "none" when there were no errors.
std::string error_list(const OutcomeCounts& outcomes);

/// What was asked for: "open loop at 5,000/s, 64 connections, 1 thread".
std::string run_settings(const RunReport& report);
/// "HTTP/2, 32 streams on each connection"
std::string protocols_text(const RunReport& report);
/// "TLSv1.3 TLS_AES_128_GCM_SHA256, 64 whole handshakes, 0 resumed"
std::string tls_text(const TlsUse& use);

/// What to do when the generator was the limit.
std::string generator_limited_cure(const RunReport& report);

}  // namespace fairlead::bench
