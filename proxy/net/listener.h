/// Listening sockets: made by main as a SocketSet, served by each worker through a Listener.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "proxy/base/address.h"
#include "proxy/base/result.h"
#include "proxy/net/descriptor.h"
#include "proxy/net/loop.h"
#include "proxy/net/stream.h"

namespace fairlead::net {

/// Is it a stream socket that listens, on this address? Port 0 stands for any port.
bool is_listening_on(int descriptor, const BindAddress& address);

/// Binds a socket to a TCP address and lets it go, without listening: may this process?
/// @return 0 or errno
int try_bind(const BindAddress& address);

/// Whose inherited sockets are.
enum class SocketOwner : std::uint8_t {
    Other,   ///< of whoever made them (a service manager), who goes on listening
    Lender,  ///< of a process that may serve on after all: ours from take() on
};

/// The listening descriptors of one bind address: for TCP one per worker with SO_REUSEPORT (after a
/// trial bind without it, so that a second instance is found out), for a unix socket one that all
/// share (a stale socket file nobody answers on is replaced; a live one is an error). Owned by
/// main.
class SocketSet {
  public:
    /// Binds and listens. Errors say the cure (port in use and by whom if /proc tells, privileged
    /// port, address not on this machine, no IPv6, path too long, folder missing).
    /// @param workers    at least 1
    /// @param unix_mode  of a unix socket's file from its first moment on, less what the umask has
    static Result<SocketSet> bind(const BindAddress& address, unsigned workers,
                                  unsigned unix_mode = 0777);
    /// The same for a TCP address that overlaps one this process listens on and is about to leave:
    /// without the trial, which would find ourselves. New clients come here at once.
    static Result<SocketSet> bind_beside(const BindAddress& address, unsigned workers);
    /// Sockets of another process, inherited or handed over: whatever was connecting to them is
    /// served. Their number need not be that of the workers, see descriptors_for().
    /// @param inherited  closed when one of them is not what it should be
    static Result<SocketSet> adopt(const BindAddress& address, std::vector<Descriptor> inherited,
                                   SocketOwner owner);
    SocketSet(SocketSet&&) noexcept;
    SocketSet& operator=(SocketSet&&) noexcept;
    /// Nobody new is let in from here on, where the sockets are ours alone, and a unix socket's
    /// file is removed: who asks for a TCP connection is not answered (and asks again a second
    /// later), at a unix socket it is refused. Listeners made from the set still accept who is
    /// connecting already. So: first the set, a moment later close_gracefully on every worker, and
    /// no client that was let in is lost.
    ~SocketSet();

    /// A descriptor for this worker; stays owned by the set (the Listener dups it).
    int descriptor(unsigned worker) const;
    /// What this one of so many workers accepts on, so that together they accept on all: one, that
    /// it may share with others, or several when there are fewer workers than sockets. They stay
    /// owned by the set.
    std::vector<int> descriptors_for(unsigned worker, unsigned workers) const;
    /// All of them, to be handed to another process (which gets duplicates).
    std::vector<int> descriptors() const;
    /// Whoever lent the sockets has let go of them: they end with this set.
    void take();
    /// Another process has the sockets now, and listens on when this set goes.
    void leave();
    /// As what another process may adopt them from this one.
    SocketOwner lends_as() const;
    /// As bound: with the real port when 0 was asked for.
    const BindAddress& address() const;

  private:
    struct State;
    explicit SocketSet(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

class ListenerObserver {
  public:
    /// A client is there; reading has not been started.
    virtual void on_accepted(std::unique_ptr<Stream> stream) = 0;
    /// accept() failed: NoDescriptors or Internal. Accepting pauses for 100 ms by itself.
    virtual void on_accept_failed(Failure failure) = 0;

  protected:
    ~ListenerObserver() = default;
};

/// Accepts on one worker's loop, so many at most in one turn. Observers may pause or destroy it in
/// any call.
class Listener {
  public:
    /// `descriptor` is duplicated.
    static Result<std::unique_ptr<Listener>> make(Loop& loop, int descriptor,
                                                  ListenerObserver& observer);
    virtual ~Listener() = default;  ///< stops accepting
    /// Accepting pauses (at the connection cap) and goes on; the backlog keeps what comes.
    virtual void pause() = 0;
    virtual void resume() = 0;
    /// Accepts what the kernel has already queued, also when paused, then closes this Listener's
    /// descriptor. See ~SocketSet for the order that loses nobody.
    virtual void close_gracefully() = 0;
};

}  // namespace fairlead::net
