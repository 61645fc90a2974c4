#include "health/probe.h"

namespace fairlead::health {

std::string_view word(Outcome outcome) {
    switch (outcome) {
        case Outcome::Passed:
            return "passed";
        case Outcome::Failed:
            return "failed";
        case Outcome::Skipped:
            break;
    }
    return "skipped";
}

}  // namespace fairlead::health
