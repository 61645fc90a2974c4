/// Figures as people read them: one table of text with its bars and notes.
#pragma once

#include <string>
#include <vector>

#include "bench/peers/figures.h"

namespace fairlead::bench::peers {

/// With so many decimals and commas between thousands: "12.31", "8,000".
std::string figure_text(double value, int decimals);

/// The titles of the columns, then a row for each peer with the median of its rounds: as many cells
/// in each, the peer's name first.
std::vector<std::vector<std::string>> table_cells(const FigureTable& table);

/// What went wrong and what was left out, a line for each: "FAILED  ...", "note    ...".
std::vector<std::string> remarks(const FigureTable& table);

/// The title, a line of column titles, one for each peer with the median of its rounds, then the
/// verdicts, what went wrong, and the notes. Ends in a newline.
std::string table_text(const FigureTable& table);

}  // namespace fairlead::bench::peers
