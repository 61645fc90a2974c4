#include "proxy/net/descriptor_limit.h"

#include <sys/resource.h>

namespace fairlead::net {

std::uint64_t raise_soft_descriptor_limit() {
    rlimit limits{};
    if (getrlimit(RLIMIT_NOFILE, &limits) != 0) return 0;
    if (limits.rlim_cur < limits.rlim_max) {
        rlimit raised = limits;
        raised.rlim_cur = limits.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limits = raised;
    }
    return limits.rlim_cur;
}

}  // namespace fairlead::net
