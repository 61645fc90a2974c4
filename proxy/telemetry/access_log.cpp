#include "proxy/telemetry/access_log.h"

#include <chrono>
#include <cmath>
#include <utility>

#include "proxy/base/hash.h"
#include "proxy/telemetry/access_format.h"
#include "proxy/telemetry/access_sink.h"

namespace fairlead::telemetry {
namespace {

/// A buffer this full is handed over.
constexpr std::size_t kHandOverBytes = 32 * 1024;
constexpr Duration kStopLimit = std::chrono::seconds{2};

/// `share` of all 64-bit numbers lie below this.
std::uint64_t threshold(double share) {
    if (share >= 1.0) return UINT64_MAX;
    return share <= 0.0 ? 0 : static_cast<std::uint64_t>(std::ldexp(share, 64));
}

Random make_random(std::uint64_t seed, std::size_t worker) {
    return seed == 0 ? Random::from_entropy() : Random{hash_mix(seed + worker)};
}

}  // namespace

struct AccessWriter::State {
    State(const AccessLogConfig& config, std::size_t worker)
        : format{config.format},
          query{config.query},
          takes_all{config.sample >= 1.0},
          sample_below{threshold(config.sample)},
          random{make_random(config.seed, worker)},
          block{std::make_unique<LineBlock>(LineBlock::kBytes)} {
        scratch.reserve(kLogTextBytesMax);
    }

    const AccessFormat format;
    const AccessQuery query;
    const bool takes_all;
    const std::uint64_t sample_below;
    Random random;
    TimeText time;
    std::string scratch;
    std::unique_ptr<LineBlock> block;
};

AccessWriter::AccessWriter() = default;
AccessWriter::~AccessWriter() = default;

void AccessWriter::write(const AccessEntry& entry) {
    if (!enabled()) return;
    State& state = *state_;
    if (!state.takes_all && state.random.next() >= state.sample_below) return;

    const std::string_view target = shown_target(entry.path, state.query, state.scratch);
    const std::size_t bytes_max = line_bytes_max(entry, target);
    if (state.block->room() < bytes_max) [[unlikely]] {
        flush();
        if (state.block->room() < bytes_max) {
            state.block = std::make_unique<LineBlock>(bytes_max);  // gone once it is written
        }
    }
    LineBlock& block = *state.block;
    char* const start = block.bytes.get() + block.size;
    char* const end = state.format == AccessFormat::Json
                          ? write_json(start, entry, target, state.time)
                          : write_common(start, entry, target, state.time);
    block.size += static_cast<std::size_t>(end - start);
    ++block.lines;
    if (block.size >= kHandOverBytes) flush();
}

void AccessWriter::flush() {
    if (enabled() && state_->block->size > 0) sink_->take(state_->block);
}

AccessLog::AccessLog() = default;

Result<std::unique_ptr<AccessLog>> AccessLog::open(const AccessLogConfig& config,
                                                   std::size_t workers) {
    std::unique_ptr<AccessLog> log{new AccessLog};
    if (config.enabled) {
        auto sink = AccessSink::open(config.to, config.queue_bytes_max);
        if (!sink) return fail(std::move(sink).error());
        log->sink_ = std::move(*sink);
    }
    for (std::size_t worker = 0; worker < workers; ++worker) {
        std::unique_ptr<Writer> writer{new Writer};
        if (log->sink_ != nullptr) {
            writer->sink_ = log->sink_.get();
            writer->state_ = std::make_unique<Writer::State>(config, worker);
        }
        log->writers_.push_back(std::move(writer));
    }
    return log;
}

AccessLog::~AccessLog() { stop(kStopLimit); }

void AccessLog::reopen() {
    if (sink_ != nullptr) sink_->reopen();
}

bool AccessLog::sync(Duration limit) { return sink_ == nullptr || sink_->sync(limit); }

void AccessLog::stop(Duration limit) {
    if (sink_ == nullptr) return;
    for (const auto& writer : writers_) writer->flush();
    sink_->stop(limit);
}

std::uint64_t AccessLog::dropped() const { return sink_ == nullptr ? 0 : sink_->dropped(); }

}  // namespace fairlead::telemetry
