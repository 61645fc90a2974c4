#include "proxy/net/uv_failure.h"

#include <uv.h>

namespace fairlead::net {

Failure connect_failure(int status) {
    switch (status) {
        case UV_ECONNREFUSED:
        case UV_ENOENT:  // a unix socket whose program has not been started
        case UV_EAGAIN:  // a unix socket whose backlog is full
            return Failure::ConnectRefused;
        case UV_EHOSTUNREACH:
        case UV_ENETUNREACH:
        case UV_EHOSTDOWN:
        case UV_ENETDOWN:
        case UV_EACCES:  // a firewall rule, or the mode of a unix socket
        case UV_EPERM:
        case UV_EAFNOSUPPORT:
        case UV_EINVAL:  // an address that cannot be reached from the one chosen, like ::1 to
                         // fe80::
        case UV_ENOTDIR:
        case UV_ENAMETOOLONG:
            return Failure::ConnectUnreachable;
        case UV_ETIMEDOUT:
            return Failure::ConnectTimeout;
        case UV_EADDRNOTAVAIL:
            return Failure::ConnectNoPorts;
        case UV_EMFILE:
        case UV_ENFILE:
            return Failure::NoDescriptors;
        default:
            return Failure::BackendReset;
    }
}

}  // namespace fairlead::net
