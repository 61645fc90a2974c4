/// One peer's turn in one round: load through it, and what it cost.
#pragma once

#include <vector>

#include "bench/peers/figures.h"
#include "bench/peers/lineup.h"
#include "bench/peers/session.h"

namespace fairlead::bench::peers {

/// Runs the load through the entry's balancer and reads its CPU before and after. Nothing is added
/// to `figures` when the session was told to stop meanwhile.
/// @param entry  of `lineup`
/// @return an Error when nothing could be measured, or one of the lineup has ended
Result<RunReport> measure_round(Session& session, Lineup& lineup, const Lineup::Entry& entry,
                                const LoadSettings& load, PeerFigures& figures);

/// That a balancer had no time to answer anything.
tl::unexpected<Error> too_short(const Lineup::Entry& entry, Duration duration);

/// The lineup's entries in the order of their turns in a round, from 1. Each round begins with the
/// next one, so that none always has what the one before it leaves behind.
std::vector<Lineup::Entry*> turns(std::vector<Lineup::Entry>& entries, unsigned round);

/// A short load through each balancer, so that the first round is like the others.
Result<void> warm_up(Session& session, Lineup& lineup, const Work& work);

}  // namespace fairlead::bench::peers
