/// Micro-benchmarks of what a request passes through, by Google Benchmark. Each function registers
/// those of one part; main() runs what the command line selects.
#pragma once

namespace fairlead::micro {

void register_heads();
void register_pick();
void register_relay();

}  // namespace fairlead::micro
