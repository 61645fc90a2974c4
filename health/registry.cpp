#include "health/registry.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "health/grpc_probe.h"
#include "health/http_probe.h"
#include "health/tcp_probe.h"
#include "health/tls_probe.h"

namespace fairlead::health {
namespace {

constexpr ProbeRow kProbes[] = {
    {conf::CheckKind::Http, "http", "a request is answered with the right status and text",
     &HttpProbe::make},
    {conf::CheckKind::Tcp, "tcp", "a connection can be made, and says the right thing",
     &TcpProbe::make},
    {conf::CheckKind::Tls, "tls", "a TLS handshake comes to a good end", &TlsProbe::make},
    {conf::CheckKind::Grpc, "grpc", "gRPC's health service says SERVING", &GrpcProbe::make},
};

}  // namespace

std::span<const ProbeRow> probes() { return kProbes; }

std::unique_ptr<Probe> SocketProbes::make(const conf::Check& check, ProbeTarget target) {
    if (check.port != 0) {
        for (SocketAddress& address : target.addresses) address.port = check.port;
        target.send_proxy = conf::SendProxy::Off;  // a port of its own is for checks alone
    }
    const auto row = std::find_if(std::begin(kProbes), std::end(kProbes),
                                  [&](const ProbeRow& each) { return each.kind == check.kind; });
    assert(row != std::end(kProbes) && "every kind has a row");
    return row->make(loop_, check, std::move(target));
}

}  // namespace fairlead::health
