// Two ends of TLS with an arbitrary network between them: it delivers the bytes of their records in
// pieces of any size, and may turn over bits, end or break the connection at any place. What comes
// out must be what went in, as far as it comes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/net/loop.h"
#include "proxy/net/tls_client.h"
#include "proxy/net/tls_server.h"
#include "tests/net/memory_stream.h"
#include "tests/support/test_certificates.h"

namespace fairlead::net {
namespace {

using test::MemoryStream;

void require(bool claim) {
    if (!claim) std::abort();
}

/// One end: what it has said and heard.
struct End final : StreamObserver {
    void on_connected() override { ++connected; }
    void on_bytes(std::span<char> bytes) override {
        require(connected == 1 && !is_over);
        heard.append(bytes.data(), bytes.size());
    }
    void on_end() override {
        require(connected == 1 && !is_over);
        is_over = true;
    }
    void on_broken(Failure failure) override {
        require(failure == Failure::TlsFailed || connected == 1);
        is_over = true;
        is_broken = true;
    }

    std::unique_ptr<Stream> stream;
    MemoryStream* below = nullptr;
    int connected = 0;
    bool is_over = false;
    bool is_broken = false;
    std::string said;
    std::string heard;
};

struct Settings {
    Settings() {
        const fairlead::test::TestAuthority authority;
        const auto minted = authority.mint({{"site.example"}});
        const CertificateText text{"site.pem", minted.cert, "site.key", minted.key, "", ""};
        TlsServerSettings serving;
        serving.certificates = {*Certificate::parse(text)};
        serving.name = "fuzz";
        serving.tickets = std::make_shared<TicketKeys>(SystemClock{}.wall());
        server = *TlsServer::make(std::move(serving));
        TlsClientSettings asking;
        asking.authorities = *TrustStore::parse("ca.pem", authority.pem());
        client = *TlsClient::make(std::move(asking));
    }
    std::shared_ptr<TlsServer> server;
    std::shared_ptr<TlsClient> client;
};

class Connection {
  public:
    explicit Connection(const Settings& settings) {
        for (End* const end : {&server_, &client_}) {
            auto below = std::make_unique<MemoryStream>();
            end->below = below.get();
            end->stream = std::move(below);
        }
        server_.stream = accept_tls(loop_, settings.server, std::move(server_.stream));
        server_.stream->set_observer(server_);
        server_.stream->start_reading();
        client_.stream = connect_tls(loop_, settings.client, std::move(client_.stream),
                                     "site.example", "", client_);
    }
    ~Connection() {
        close(loop_, std::move(server_.stream));
        close(loop_, std::move(client_.stream));
        loop_.run_once();
    }

    void step(std::uint8_t what, std::uint8_t much) {
        End& from = (what & 1U) != 0 ? server_ : client_;
        End& to = (what & 1U) != 0 ? client_ : server_;
        switch (what >> 1U & 7U) {
            case 0:
            case 1:
            case 2:
                deliver(from, to, much + std::size_t{1});
                break;
            case 3:
                deliver(from, to, std::size_t{much} * 256);
                break;
            case 4:
                say(from, std::string(std::size_t{much} * (what >> 4U), static_cast<char>(much)));
                break;
            case 5:
                (what >> 4U & 1U) != 0 ? to.stream->stop_reading() : to.stream->start_reading();
                loop_.run_once();
                break;
            case 6:
                if ((what >> 4U) == 15 && much < from.below->sent.size()) {
                    from.below->sent[much] = static_cast<char>(from.below->sent[much] ^ 1);
                    is_honest_ = false;
                }
                break;
            case 7:
                if ((what >> 4U) == 15) end(from, to, much);
                break;
            default:
                break;
        }
        check();
    }

    /// The network does its best: all that was said is heard.
    void settle() {
        for (int round = 0; round < 8; ++round) {
            for (auto [from, to] : {std::pair{&server_, &client_}, std::pair{&client_, &server_}}) {
                if (!to->is_over) to->stream->start_reading();
                loop_.run_once();
                deliver(*from, *to, std::size_t{1} << 20U);
            }
        }
        check();
        if (!is_honest_) return;
        require(server_.connected == 1 && client_.connected == 1);
        require(server_.heard == client_.said && client_.heard == server_.said);
    }

  private:
    void say(End& from, const std::string& bytes) {
        if (from.connected == 0 || from.is_over) return;
        if (from.stream->write(bytes)) from.said += bytes;
    }
    void deliver(End& from, End& to, std::size_t most) {
        if (to.is_over || !to.stream->is_reading()) return;
        // Never more than a loop reads in one go.
        const std::string bytes = from.below->take(std::min<std::size_t>(most, 65536));
        if (!bytes.empty()) to.below->deliver(bytes);
    }
    void end(End& from, End& to, std::uint8_t how) {
        is_honest_ = false;
        if (to.is_over || !to.stream->is_reading()) return;
        (how & 1U) != 0 ? to.below->end() : to.below->break_off();
        from.is_over = true;
    }
    void check() const {
        require(server_.connected <= 1 && client_.connected <= 1);
        require(std::string_view(client_.said).starts_with(server_.heard));
        require(std::string_view(server_.said).starts_with(client_.heard));
        require(!is_honest_ || (!server_.is_broken && !client_.is_broken));
    }

    Loop loop_;
    End server_, client_;
    bool is_honest_ = true;
};

}  // namespace
}  // namespace fairlead::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fairlead::net;
    static const Settings settings;
    if (size > 4096) return 0;
    Connection connection(settings);
    for (std::size_t i = 0; i + 1 < size; i += 2) connection.step(data[i], data[i + 1]);
    connection.settle();
    return 0;
}
