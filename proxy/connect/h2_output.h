/// What an HTTP/2 connection has to say, on its way from the session to the socket: it gathers in
/// one buffer and leaves in one write at the turn's end, as long as the socket takes it. A member
/// of its connection; lives on that connection's thread.
#pragma once

#include <cstddef>
#include <string>

#include "proxy/base/clock.h"
#include "proxy/http/h2_session.h"
#include "proxy/net/stream.h"
#include "proxy/net/turn_end.h"

namespace fairlead::connect {

class H2Output {
  public:
    /// So many bytes gather before they are written within a turn.
    static constexpr std::size_t kGatheredMax = 64 * 1024;

    /// @param turn_end  of the connection, which calls pump() then; asked after each write, for
    ///                  what did not fit
    explicit H2Output(net::TurnEnd& turn_end) : turn_end_(turn_end) {}

    /// Where payload may be put at once; null while the session is busy or the peer does not read.
    std::string* buffer(const http::H2Session& session, const net::Stream& stream);
    /// Something was put there, or waits in the session.
    /// @return false when the connection is broken
    bool note(const http::H2Session& session, net::Stream& stream, Time now);
    /// Writes all there is, as far as the socket takes it.
    /// @param between  called after each part of it; what it adds goes too
    /// @return false when the connection is broken
    template <class Call>
    bool pump(http::H2Session& session, net::Stream& stream, Time now, Call between);
    /// Nothing runs on the connection: its memory is given back.
    void shrink();

    // ---- how the peer takes it
    /// It has taken everything.
    void on_drained(Time now) { taken_ = now; }
    /// When it last took anything, as far as is known, or nothing was left to take.
    Time taken() const { return taken_; }
    /// Whether it has taken something since the last write, or the last call that said so.
    bool has_progress(const net::Stream& stream, Time now);

  private:
    static bool takes_more(const net::Stream& stream);
    bool write(net::Stream& stream, Time now);

    net::TurnEnd& turn_end_;
    std::string gathered_;
    Time taken_{};
    std::size_t queued_before_ = 0;
};

template <class Call>
bool H2Output::pump(http::H2Session& session, net::Stream& stream, Time now, Call between) {
    while (takes_more(stream)) {
        session.collect(gathered_, kGatheredMax);
        session.tell_drained();
        between();
        if (gathered_.empty()) return true;
        const bool goes_on = session.has_output();
        if (!write(stream, now)) return false;
        if (!goes_on) return true;
    }
    return true;
}

}  // namespace fairlead::connect
