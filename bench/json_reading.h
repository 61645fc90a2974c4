/// Reads JSON that somebody else may have written: every step checks, the first thing wrong is
/// kept, and from then on everything reads as nothing, so that the reader need not ask each time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/latency_histogram.h"
#include "proxy/base/clock.h"
#include "proxy/base/error.h"

namespace fairlead::bench {

class JsonReading;

/// A parsed text and the first thing that is wrong with it.
class JsonFile {
  public:
    /// @param file  for errors; not opened
    /// @param hint  the cure, of every error
    JsonFile(std::string_view text, std::string file, std::string hint);
    ~JsonFile();
    JsonFile(const JsonFile&) = delete;
    JsonFile& operator=(const JsonFile&) = delete;

    /// Good for as long as this object. Reads as nothing when the text is not JSON.
    JsonReading root();
    void complain(std::string message);
    const std::optional<Error>& first_error() const { return first_; }

  private:
    struct Parsed;
    std::unique_ptr<Parsed> parsed_;
    std::string file_;
    std::string hint_;
    std::optional<Error> first_;
};

/// One value and where it stands: "latency_us.from_send.count". Refers to its file.
class JsonReading {
  public:
    /// Of an object; an error when it is none or has no such member.
    JsonReading member(std::string_view name) const;
    std::vector<std::string> names() const;
    /// An object that has such a member.
    bool has(std::string_view name) const;
    /// Of an array.
    std::size_t size() const;
    JsonReading item(std::size_t index) const;

    bool is_null() const;
    bool flag() const;
    std::string text() const;
    /// A whole number from 0 to 2^53: what every reader of JSON keeps exactly (RFC 8259 section 6).
    std::uint64_t count() const;
    /// A count up to a million.
    unsigned small() const;
    /// 0 to 1e15.
    double number() const;
    /// Up to 1e15 us, 31 years.
    Duration microseconds() const;
    /// Up to 1e9 s.
    Duration seconds() const;
    /// [[upper_us, count], ...] with the first ascending and the second above 0.
    std::vector<LatencyHistogram::Bucket> buckets() const;

    void complain(std::string_view what) const;

    struct Value;  ///< a nlohmann::json: its header stays behind the .cpp

  private:
    friend class JsonFile;

    JsonReading(const Value* value, std::string path, JsonFile& file)
        : value_(value), path_(std::move(path)), file_(file) {}
    double number_below(double max) const;

    const Value* value_;  ///< nullptr: something was wrong further up
    std::string path_;
    JsonFile& file_;
};

}  // namespace fairlead::bench
