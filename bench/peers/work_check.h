/// Looks at what a balancer really does before it is measured: what the origin is told of the
/// client, and that the answer arrives whole.
#pragma once

#include <string>
#include <vector>

#include "bench/peers/scenario.h"
#include "bench/peers/socket.h"
#include "proxy/base/result.h"

namespace fairlead::bench::peers {

/// One response, read to its end.
struct Answer {
    int status = 0;
    std::string head;  ///< with the status line, each line ended by CR LF
    std::string body;

    /// Value of a field, whatever its case; empty when absent.
    std::string field(std::string_view name) const;
};

/// A body of the origin's.
std::string response_body(std::uint64_t bytes);

/// A balancer, for errors, and where it listens.
struct Named {
    std::string_view name;
    SocketAddress address;
};

/// The request that `work` describes, with its body.
std::string request_text(const Work& work, const SocketAddress& address);

/// Reads an answer that has a Content-Length.
Result<Answer> read_answer(Socket& socket);
/// Sends `request` on a new connection and reads the answer.
Result<Answer> ask(const SocketAddress& address, const std::string& request, bool is_tls = false);

/// A stand-in for the origin, on the backends' own addresses while nobody else is: it sees one
/// request of each balancer and keeps its head.
class HeadCatcher {
  public:
    static Result<HeadCatcher> listen(const std::vector<SocketAddress>& addresses);

    /// Sends a small request through the balancer at `address` and checks what arrives here: the
    /// forwarded fields and the request's id, each as it should be, on a connection that is kept,
    /// and Via on the answer.
    /// @param name  of the balancer, for the Error
    Result<void> check(std::string_view name, const SocketAddress& address, bool is_tls = false);

  private:
    explicit HeadCatcher(std::vector<Socket> sockets) : sockets_(std::move(sockets)) {}
    Result<std::string> catch_head();

    std::vector<Socket> sockets_;
};

/// What each of several balancers agrees on in a handshake. One that chooses another version or
/// cipher suite than the first does other work.
Result<void> check_agreements(const std::vector<Named>& balancers);

/// What is wrong with the head a balancer sent; empty when nothing is.
std::string wrong_head(std::string_view head, const SocketAddress& listen, bool is_tls = false);

/// Sends the scenario's own request through the balancer and compares the answer byte by byte with
/// what the origin makes.
Result<void> check_answer(std::string_view name, const SocketAddress& address, const Work& work);

}  // namespace fairlead::bench::peers
