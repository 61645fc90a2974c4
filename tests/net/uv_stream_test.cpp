#include "proxy/net/uv_stream.h"

#include <linux/filter.h>

#include <thread>

#include "proxy/net/signals.h"
#include "tests/net/observers.h"
#include "tests/net/sockets.h"
#include "tests/net/turn.h"

using namespace fairlead;
using namespace fairlead::net;
using namespace fairlead::net::test;
using namespace std::chrono_literals;

namespace {

/// A stream of ours and the plain socket at its other end.
struct Pair {
    explicit Pair(Loop& loop) : server(), stream(connect(loop, server.address(), heard)) {
        ignore_sigpipe();
        other = server.accept();
        REQUIRE(turn_until(loop, [&] { return heard.connected == 1; }));
    }
    PlainServer server;
    Recorder heard;
    std::unique_ptr<Stream> stream;
    Plain other;
};

/// More than any socket buffer takes.
const std::string& large() {
    static const std::string bytes = [] {
        std::string made(16 << 20, '\0');
        for (std::size_t i = 0; i < made.size(); ++i) {
            made[i] = static_cast<char>('a' + (i * 7 + i / 4096) % 26);
        }
        return made;
    }();
    return bytes;
}

}  // namespace

TEST_CASE("bytes go both ways over TCP and over a unix socket", "[net][stream]") {
    Loop loop;
    TemporaryFolder folder;
    const bool is_unix = GENERATE(false, true);
    const auto server = is_unix ? std::make_unique<PlainServer>(folder.file("echo"))
                                : std::make_unique<PlainServer>();
    Recorder heard;
    const auto stream = connect(loop, server->address(), heard);
    CHECK(heard.is_silent());  // nothing is told before connect() returns
    CHECK(stream->is_reading());
    Plain other = server->accept();
    REQUIRE(turn_until(loop, [&] { return heard.connected == 1; }));

    CHECK(stream->write("hello"));
    CHECK(stream->queued_bytes() == 0);
    CHECK(other.receive() == "hello");
    other.send("world");
    REQUIRE(turn_until(loop, [&] { return heard.received == "world"; }));
    CHECK(heard.broken.empty());
    CHECK(heard.drained == 0);  // it was sent at once
    CHECK(stream->peer() == server->address());
    if (!is_unix) CHECK(stream->local().ip.is_loopback());
}

TEST_CASE("the user at the other end of a unix socket is known", "[net][stream]") {
    Loop loop;
    TemporaryFolder folder;
    Recorder heard;
    const PlainServer on_unix(folder.file("who"));
    CHECK(connect(loop, on_unix.address(), heard)->peer_uid() == ::geteuid());
    const PlainServer on_tcp;
    CHECK(connect(loop, on_tcp.address(), heard)->peer_uid() == std::nullopt);
}

TEST_CASE("pieces leave in order, empty ones and very many included", "[net][stream]") {
    Loop loop;
    Pair pair{loop};
    std::vector<std::string> texts;
    std::string expected;
    for (int i = 0; i < 200; ++i) {
        texts.push_back(i % 3 == 0 ? "" : std::to_string(i) + ",");
        expected += texts.back();
    }
    const std::vector<Bytes> pieces{texts.begin(), texts.end()};
    CHECK(pair.stream->write(pieces));
    std::string received;
    while (received.size() < expected.size()) received += pair.other.receive();
    CHECK(received == expected);
    CHECK(pair.stream->write(Bytes{}));
    CHECK(pair.stream->queued_bytes() == 0);
}

TEST_CASE("what the kernel does not take is queued, counted exactly, and drained",
          "[net][stream]") {
    Loop loop;
    Pair pair{loop};
    const std::array<Bytes, 3> pieces{Bytes{"head"}, Bytes{large()}, Bytes{"tail"}};
    REQUIRE(pair.stream->write(pieces));
    const std::size_t total = large().size() + 8;
    const std::size_t queued = pair.stream->queued_bytes();
    CHECK(queued > 0);
    CHECK(queued < total);
    CHECK(pair.stream->unacknowledged_bytes() > queued);

    REQUIRE(pair.stream->write("more"));  // behind what is queued
    CHECK(pair.stream->queued_bytes() == queued + 4);

    // A slow reader: the queue only gets shorter as it reads, and the bytes are all there.
    std::string received;
    std::size_t last_queued = queued + 4;
    while (received.size() < total + 4) {
        received += pair.other.receive(1 << 20);
        loop.run_once(false);
        REQUIRE(pair.stream->queued_bytes() <= last_queued);
        REQUIRE(received.size() + pair.stream->queued_bytes() <= total + 4);
        last_queued = pair.stream->queued_bytes();
        REQUIRE((last_queued == 0) == (pair.heard.drained == 1));
    }
    CHECK(received == "head" + large() + "tailmore");
    CHECK(pair.heard.drained == 1);
    CHECK(pair.stream->queued_bytes() == 0);
    REQUIRE(look_until(loop, [&] { return pair.stream->unacknowledged_bytes() == 0; }));
}

TEST_CASE("a peer that is gone without a word is told from one that does not read",
          "[net][stream]") {
    Loop loop;
    Pair pair{loop};
    CHECK_FALSE(pair.stream->is_unheard(0ms));  // nothing is on its way
    SECTION("it acknowledges nothing") {
        sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
        const sock_fprog program{1, nothing};
        REQUIRE(::setsockopt(pair.other.fd(), SOL_SOCKET, SO_ATTACH_FILTER, &program,
                             sizeof program) == 0);
        REQUIRE(pair.stream->write("request"));
        CHECK_FALSE(pair.stream->is_unheard(10s));
        CHECK(look_until(loop, [&] { return pair.stream->is_unheard(50ms); }));
    }
    SECTION("it takes nothing more") {
        REQUIRE(pair.stream->write(large()));
        turn_for(loop, 300ms);
        CHECK(pair.stream->queued_bytes() > 0);
        CHECK_FALSE(pair.stream->is_unheard(200ms));
    }
}

TEST_CASE("what is written before the connection is there follows it", "[net][stream]") {
    Loop loop;
    PlainServer server;
    Recorder heard;
    const auto stream = connect(loop, server.address(), heard);
    CHECK(stream->write("early"));
    CHECK(stream->queued_bytes() == 5);
    stream->shutdown_write();
    Plain other = server.accept();
    REQUIRE(turn_until(loop, [&] { return heard.drained == 1; }));
    CHECK(stream->queued_bytes() == 0);
    CHECK(heard.connected == 1);
    CHECK(other.receive() == "early");
    CHECK(other.how_it_ended() == 0);
}

TEST_CASE("each side may end alone", "[net][stream]") {
    Loop loop;
    Pair pair{loop};
    SECTION("the peer first: writing still works") {
        pair.other.send("last words");
        pair.other.shutdown_write();
        REQUIRE(turn_until(loop, [&] { return pair.heard.ended == 1; }));
        CHECK(pair.heard.received == "last words");
        CHECK_FALSE(pair.stream->is_reading());
        CHECK(pair.stream->write("answer"));
        CHECK(pair.other.receive() == "answer");

        pair.stream->start_reading();  // the end is told once
        turn_for(loop, 10ms);
        CHECK(pair.heard.ended == 1);
        CHECK(pair.heard.broken.empty());
    }
    SECTION("we first: reading still works") {
        pair.stream->write("question");
        pair.stream->shutdown_write();
        CHECK(pair.other.receive() == "question");
        CHECK(pair.other.how_it_ended() == 0);
        pair.other.send("answer");
        pair.other.close();
        REQUIRE(turn_until(loop, [&] { return pair.heard.ended == 1; }));
        CHECK(pair.heard.received == "answer");
    }
    SECTION("we first, with bytes still queued: the end comes after them") {
        REQUIRE(pair.stream->write(large()));
        REQUIRE(pair.stream->queued_bytes() > 0);
        pair.stream->shutdown_write();
        std::size_t received = 0;
        while (received < large().size()) {
            received += pair.other.receive(1 << 20).size();
            loop.run_once(false);
        }
        CHECK(received == large().size());
        CHECK(pair.heard.drained == 1);
        CHECK(pair.other.how_it_ended() == 0);
    }
}

TEST_CASE("a reset by the peer breaks the stream once", "[net][stream]") {
    Loop loop;
    Pair pair{loop};
    pair.other.reset();
    REQUIRE(turn_until(loop, [&] { return !pair.heard.broken.empty(); }));
    CHECK_FALSE(pair.stream->write("x"));
    pair.stream->start_reading();
    pair.stream->shutdown_write();
    turn_for(loop, 10ms);
    CHECK(pair.heard.broken == std::vector{Failure::BackendReset});
    CHECK(pair.heard.ended == 0);
    CHECK_FALSE(pair.stream->is_reading());
}

TEST_CASE("a reset behind bytes is no end", "[net][stream]") {
    Loop loop;
    Pair pair{loop};
    SECTION("that were not read in time") {
        pair.stream->stop_reading();
        pair.other.send("half of it");
        pair.other.reset();
        pair.stream->start_reading();
    }
    SECTION("that come with it") {
        pair.other.send("half of it");
        pair.other.reset();
    }
    SECTION("after our own end") {
        pair.stream->shutdown_write();
        pair.other.send("half of it");
        pair.other.reset();
    }
    REQUIRE(turn_until(loop, [&] { return !pair.heard.broken.empty() || pair.heard.ended != 0; }));
    CHECK(pair.heard.received == "half of it");
    CHECK(pair.heard.broken == std::vector{Failure::BackendReset});
    CHECK(pair.heard.ended == 0);
}

TEST_CASE("an end after our own end is no reset", "[net][stream]") {
    Loop loop;
    Pair pair{loop};
    pair.stream->shutdown_write();
    pair.other.send("all of it");
    pair.other.close();
    REQUIRE(turn_until(loop, [&] { return pair.heard.ended != 0; }));
    CHECK(pair.heard.received == "all of it");
    CHECK(pair.heard.broken.empty());
}

TEST_CASE("a write that finds the connection broken says so and the stream stays silent",
          "[net][stream]") {
    Loop loop;
    Pair pair{loop};
    pair.other.reset();
    REQUIRE(pair.stream->has_pending_input());  // the reset is there already
    CHECK_FALSE(pair.stream->write("x"));
    CHECK_FALSE(pair.stream->write("y"));
    turn_for(loop, 10ms);
    CHECK(pair.heard.broken.empty());
    CHECK(pair.heard.ended == 0);
}

TEST_CASE("a connection that breaks with bytes queued is told once", "[net][stream]") {
    Loop loop;
    Pair pair{loop};
    REQUIRE(pair.stream->write(large()));
    REQUIRE(pair.stream->write(large()));
    SECTION("while reading") {}
    SECTION("while not reading") { pair.stream->stop_reading(); }
    pair.other.reset();
    REQUIRE(turn_until(loop, [&] { return !pair.heard.broken.empty(); }));
    turn_for(loop, 10ms);
    CHECK(pair.heard.broken == std::vector{Failure::BackendReset});
    CHECK(pair.heard.drained == 0);
}

TEST_CASE("reset() is a reset for the peer", "[net][stream]") {
    Loop loop;
    Pair pair{loop};
    SECTION("with nothing queued") {}
    SECTION("with bytes queued") { REQUIRE(pair.stream->write(large())); }
    const SocketAddress peer = pair.stream->peer();
    pair.stream->reset();
    int ended = -1;
    while (ended == -1) ended = pair.other.how_it_ended();
    CHECK(ended == ECONNRESET);

    CHECK_FALSE(pair.stream->write("x"));
    CHECK(pair.stream->queued_bytes() == 0);
    CHECK(pair.stream->peer() == peer);
    pair.stream->start_reading();
    pair.stream->reset();
    turn_for(loop, 10ms);
    CHECK(pair.heard.ended == 0);
    CHECK(pair.heard.broken.empty());
}

TEST_CASE("destroying a stream sends a FIN, and drops what is queued", "[net][stream]") {
    Loop loop;
    Pair pair{loop};
    SECTION("nothing queued") {
        pair.stream->write("bye");
        pair.stream.reset();
        CHECK(pair.other.receive() == "bye");
        CHECK(pair.other.how_it_ended() == 0);
    }
    SECTION("bytes queued: what the kernel had arrives, then the end") {
        REQUIRE(pair.stream->write(large()));
        const std::size_t queued = pair.stream->queued_bytes();
        REQUIRE(queued > 0);
        pair.stream.reset();
        std::size_t received = 0;
        for (std::string bytes = pair.other.receive(); !bytes.empty();
             bytes = pair.other.receive()) {
            received += bytes.size();
        }
        CHECK(received == large().size() - queued);
    }
    turn_for(loop, 10ms);
    CHECK(pair.heard.drained == 0);
    CHECK(pair.heard.broken.empty());
}

TEST_CASE("close() makes a stream silent at once and closes it in this turn", "[net][stream]") {
    Loop loop;
    Pair pair{loop};
    pair.other.send("late");
    close(loop, std::move(pair.stream));
    close(loop, nullptr);
    loop.run_once(false);
    CHECK(pair.heard.received.empty());
    CHECK(pair.other.how_it_ended() != -1);
}

TEST_CASE("the stream may be retired or destroyed in any of its calls", "[net][stream]") {
    Loop loop;
    PlainServer server;
    Recorder heard;
    auto stream = connect(loop, server.address(), heard);
    bool is_gone = false;
    const bool retires = GENERATE(true, false);
    const auto end = [&] {
        is_gone = true;
        if (retires) {
            loop.retire(std::move(stream));
        } else {
            stream.reset();
        }
    };
    Plain other = server.accept();
    const std::string_view where = GENERATE("connected", "bytes", "ended", "drained", "broken");
    CAPTURE(where, retires);
    if (where == "connected") {
        heard.when_connected = end;
        REQUIRE(turn_until(loop, [&] { return is_gone; }));
    } else {
        REQUIRE(turn_until(loop, [&] { return heard.connected == 1; }));
        if (where == "bytes") {
            heard.when_bytes = end;
            other.send("x");
        } else if (where == "ended") {
            heard.when_ended = end;
            other.shutdown_write();
        } else if (where == "drained") {
            heard.when_drained = end;
            stream->write(large());
            for (std::size_t got = 0; got < large().size();) {
                got += other.receive(1 << 20).size();
                loop.run_once(false);
            }
        } else {
            heard.when_broken = end;
            stream->write(large());
            stream->write(large());
            other.reset();
        }
        REQUIRE(turn_until(loop, [&] { return is_gone; }));
    }
    loop.run_once(false);
    CHECK(stream == nullptr);
    CHECK(other.how_it_ended() != -1);
}

TEST_CASE("reading stops and goes on as told, and nothing is lost", "[net][stream]") {
    Loop loop;
    Pair pair{loop};
    pair.stream->stop_reading();
    CHECK_FALSE(pair.stream->is_reading());
    pair.other.send("patience");
    turn_for(loop, 10ms);
    CHECK(pair.heard.received.empty());
    pair.stream->start_reading();
    pair.stream->start_reading();
    REQUIRE(turn_until(loop, [&] { return pair.heard.received == "patience"; }));
}

TEST_CASE("reading can be stopped between two buffers of one readiness", "[net][stream]") {
    Loop loop;
    Pair pair{loop};
    pair.heard.when_bytes = [&] { pair.stream->stop_reading(); };
    std::size_t sent = 0;
    while (sent < loop.scratch().size() * 2) {
        const ssize_t taken = ::send(pair.other.fd(), large().data(), 65536, MSG_DONTWAIT);
        if (taken <= 0) break;
        sent += static_cast<std::size_t>(taken);
    }
    loop.run_once();
    const std::size_t first = pair.heard.received.size();
    CHECK(first > 0);
    CHECK(first <= loop.scratch().size());
    loop.run_once(false);
    CHECK(pair.heard.received.size() == first);
    pair.heard.when_bytes = nullptr;
    pair.stream->start_reading();
    REQUIRE(turn_until(loop, [&] { return pair.heard.received.size() == sent; }));
}

TEST_CASE("a stream with much to read is read once a turn, so that the others have theirs",
          "[net][stream]") {
    Loop loop;
    Pair pair{loop};
    const std::size_t buffer = loop.scratch().size();
    std::size_t before = 0;
    int reads_in_turn = 0;
    int full_reads = 0;
    pair.heard.when_bytes = [&] {
        ++reads_in_turn;
        if (pair.heard.received.size() - before == buffer) ++full_reads;
        before = pair.heard.received.size();
    };
    // The kernel takes more at once the longer a connection is busy.
    std::thread sender([&] {
        for (int i = 0; i < 4; ++i) pair.other.send(large());
    });
    while (pair.heard.received.size() < 4 * large().size()) {
        reads_in_turn = 0;
        loop.run_once();
        CHECK(reads_in_turn <= 1);
    }
    sender.join();
    CHECK(full_reads > 0);
    // Nothing is left behind when the last read filled the buffer.
    pair.other.send("end");
    REQUIRE(turn_until(loop, [&] { return pair.heard.received.ends_with("end"); }));
}

TEST_CASE("bytes live in the loop's scratch buffer, which the observer may overwrite",
          "[net][stream]") {
    struct Upper final : StreamObserver {
        void on_bytes(std::span<char> bytes) override {
            in_scratch = bytes.data() == loop->scratch().data();
            for (char& c : bytes) c = '*';
            stream->write(Bytes{bytes.data(), bytes.size()});
        }
        void on_end() override {}
        void on_broken(Failure) override {}
        Loop* loop = nullptr;
        Stream* stream = nullptr;
        bool in_scratch = false;
    } upper;
    Loop loop;
    Pair pair{loop};
    upper.loop = &loop;
    upper.stream = pair.stream.get();
    pair.stream->set_observer(upper);
    pair.other.send("secret");
    REQUIRE(turn_until(loop, [&] { return upper.in_scratch; }));
    CHECK(pair.other.receive() == "******");
    CHECK(pair.heard.received.empty());
}

TEST_CASE("an idle connection is looked at before it is used again", "[net][stream]") {
    Loop loop;
    Pair pair{loop};
    CHECK_FALSE(pair.stream->has_pending_input());
    SECTION("a byte nobody asked for") { pair.other.send("x"); }
    SECTION("the end") { pair.other.close(); }
    SECTION("a reset") { pair.other.reset(); }
    CHECK(pair.stream->has_pending_input());
    CHECK(pair.heard.received.empty());  // only looked at
}

TEST_CASE("an end is nothing to read, bytes before it are", "[net][stream]") {
    Loop loop;
    Pair pair{loop};
    CHECK_FALSE(pair.stream->has_unread_bytes());
    SECTION("bytes") {
        pair.other.send("x");
        SECTION("alone") {}
        SECTION("and the end") { pair.other.close(); }
        CHECK(pair.stream->has_unread_bytes());
    }
    SECTION("the end") {
        pair.other.close();
        CHECK_FALSE(pair.stream->has_unread_bytes());
    }
    CHECK(pair.heard.received.empty());
    CHECK(pair.heard.ended == 0);
}
