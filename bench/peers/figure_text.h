/// Figures as people read them: one table of text with its bars and notes.
#pragma once

#include <string>

#include "bench/peers/figures.h"

namespace fairlead::bench::peers {

/// With so many decimals and commas between thousands: "12.31", "8,000".
std::string figure_text(double value, int decimals);

/// The title, a line of column titles, one for each peer with the median of its rounds, then the
/// verdicts, what went wrong, and the notes. Ends in a newline.
std::string table_text(const FigureTable& table);

}  // namespace fairlead::bench::peers
