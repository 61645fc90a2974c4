#include "proxy/net/stream.h"

#include "proxy/net/loop.h"

namespace fairlead::net {
namespace {

/// Hears nothing. Without members, so all threads may share it.
class Deaf final : public StreamObserver {
  public:
    void on_bytes(std::span<char>) override {}
    void on_end() override {}
    void on_broken(Failure) override {}
};

}  // namespace

void close(Loop& loop, std::unique_ptr<Stream> stream) {
    static Deaf deaf;
    if (stream == nullptr) return;
    stream->set_observer(deaf);
    loop.retire(std::move(stream));
}

}  // namespace fairlead::net
