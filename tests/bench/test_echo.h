/// An echo server on a thread of its own, on a free port of the loopback.
#pragma once

#include <memory>

#include "bench/echo_server.h"
#include "bench/loop_thread.h"
#include "proxy/net/signals.h"
#include "tests/support/catch.h"

namespace fairlead::bench {

class TestEcho {
  public:
    TestEcho() {
        net::ignore_sigpipe();
        thread_.call([this](net::Loop& loop) {
            auto made = EchoServer::make(loop, *BindAddress::parse("127.0.0.1:0"));
            if (made) server_ = std::move(*made);
        });
        REQUIRE(server_ != nullptr);
    }
    ~TestEcho() {
        thread_.call([this](net::Loop&) { server_.reset(); });
    }
    TestEcho(const TestEcho&) = delete;
    TestEcho& operator=(const TestEcho&) = delete;

    SocketAddress address() const { return server_->address().address; }
    std::size_t connections() {
        std::size_t count = 0;
        thread_.call([&](net::Loop&) { count = server_->connections(); });
        return count;
    }

  private:
    LoopThread thread_;
    std::unique_ptr<EchoServer> server_;
};

}  // namespace fairlead::bench
