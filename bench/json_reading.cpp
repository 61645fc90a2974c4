#include "bench/json_reading.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "bench/figures.h"

namespace fairlead::bench {

namespace {

using nlohmann::json;

constexpr std::uint64_t kCountMax = std::uint64_t{1} << 53;
constexpr std::uint64_t kLatencyMaxUs = 1'000'000'000'000'000;

const json& as_json(const JsonReading::Value* value) {
    return *reinterpret_cast<const json*>(value);
}

const JsonReading::Value* as_value(const json& value) {
    return reinterpret_cast<const JsonReading::Value*>(&value);
}

}  // namespace

struct JsonFile::Parsed {
    json root;
};

JsonFile::JsonFile(std::string_view text, std::string file, std::string hint)
    : parsed_(std::make_unique<Parsed>()), file_(std::move(file)), hint_(std::move(hint)) {
    parsed_->root = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (parsed_->root.is_discarded()) complain("not JSON, or cut short");
}

JsonFile::~JsonFile() = default;

void JsonFile::complain(std::string message) {
    if (!first_) first_ = Error{std::move(message), hint_, Location{file_, 0, 0, 0, {}}};
}

JsonReading JsonFile::root() { return {first_ ? nullptr : as_value(parsed_->root), "", *this}; }

void JsonReading::complain(std::string_view what) const {
    // Names in the path may be the file's own.
    file_.complain(fmt::format("{} {}", path_.empty() ? "the file" : printable(path_), what));
}

JsonReading JsonReading::member(std::string_view name) const {
    const std::string path = path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
    if (value_ == nullptr) return {nullptr, path, file_};
    if (!as_json(value_).is_object()) {
        complain("is not an object");
        return {nullptr, path, file_};
    }
    const auto found = as_json(value_).find(std::string(name));
    if (found == as_json(value_).end()) {
        const JsonReading missing(nullptr, path, file_);
        missing.complain("is missing");
        return missing;
    }
    return {as_value(*found), path, file_};
}

std::vector<std::string> JsonReading::names() const {
    std::vector<std::string> names;
    if (value_ == nullptr) return names;
    if (!as_json(value_).is_object()) {
        complain("is not an object");
        return names;
    }
    for (const auto& each : as_json(value_).items()) names.push_back(each.key());
    return names;
}

bool JsonReading::has(std::string_view name) const {
    return value_ != nullptr && as_json(value_).is_object() && as_json(value_).contains(name);
}

std::size_t JsonReading::size() const {
    if (value_ == nullptr) return 0;
    if (!as_json(value_).is_array()) {
        complain("is not an array");
        return 0;
    }
    return as_json(value_).size();
}

JsonReading JsonReading::item(std::size_t index) const {
    return {as_value(as_json(value_)[index]), fmt::format("{}[{}]", path_, index), file_};
}

bool JsonReading::is_null() const { return value_ == nullptr || as_json(value_).is_null(); }

bool JsonReading::flag() const {
    if (value_ == nullptr) return false;
    if (!as_json(value_).is_boolean()) {
        complain("is not true or false");
        return false;
    }
    return as_json(value_).get<bool>();
}

std::string JsonReading::text() const {
    if (value_ == nullptr) return {};
    if (!as_json(value_).is_string()) {
        complain("is not a string");
        return {};
    }
    return as_json(value_).get<std::string>();
}

std::uint64_t JsonReading::count() const {
    if (value_ == nullptr) return 0;
    // A number too large for 64 bits is read as a fraction, and refused here.
    if (!as_json(value_).is_number_unsigned() || as_json(value_).get<std::uint64_t>() > kCountMax) {
        complain("is not a whole number from 0 to 2^53");
        return 0;
    }
    return as_json(value_).get<std::uint64_t>();
}

unsigned JsonReading::small() const {
    const std::uint64_t number = count();
    if (number <= 1'000'000) return static_cast<unsigned>(number);
    complain("is above a million");
    return 0;
}

double JsonReading::number_below(double max) const {
    if (value_ == nullptr) return 0;
    const double number = as_json(value_).is_number() ? as_json(value_).get<double>() : -1;
    if (number >= 0 && number <= max) return number;
    complain(fmt::format("is not a number from 0 to {:g}", max));
    return 0;
}

double JsonReading::number() const { return number_below(1e15); }

Duration JsonReading::microseconds() const {
    return Duration(std::llround(number_below(static_cast<double>(kLatencyMaxUs)) * 1e3));
}

Duration JsonReading::seconds() const { return Duration(std::llround(number_below(1e9) * 1e9)); }

std::vector<LatencyHistogram::Bucket> JsonReading::buckets() const {
    std::vector<LatencyHistogram::Bucket> buckets;
    std::uint64_t sum = 0;
    const std::size_t length = size();
    if (length == 0) return buckets;
    const json& array = as_json(value_);
    // There may be a million of them: no item(), which would write a path for each.
    for (std::size_t i = 0; i < length; ++i) {
        const json& pair = array[i];
        const bool is_pair = pair.is_array() && pair.size() == 2 && pair[0].is_number_unsigned() &&
                             pair[1].is_number_unsigned();
        if (!is_pair) {
            item(i).complain("is not a pair of whole numbers, [upper_us, count]");
            return {};
        }
        const LatencyHistogram::Bucket bucket{pair[0].get<std::uint64_t>(),
                                              pair[1].get<std::uint64_t>()};
        const bool ascends = buckets.empty() || bucket.upper_us > buckets.back().upper_us;
        if (!ascends || bucket.upper_us > kLatencyMaxUs) {
            item(i).complain("is not above the bucket before it, or is above 31 years");
            return {};
        }
        if (bucket.count == 0 || bucket.count > kCountMax - sum) {
            item(i).complain("holds nothing, or more than 2^53");
            return {};
        }
        sum += bucket.count;
        buckets.push_back(bucket);
    }
    return buckets;
}

}  // namespace fairlead::bench
