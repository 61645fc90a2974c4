/// Reading JSON that another process wrote: every access is checked, the first thing that is wrong
/// is remembered, and nothing throws.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::runtime {

/// The fields of one object. All objects of a text share `wrong`; once it is set the values that
/// are returned have no meaning.
class JsonFields {
  public:
    bool has(const char* key) const;
    std::string text(const char* key) const;
    std::string name(const char* key) const;  ///< a text that is not empty
    std::uint64_t number(const char* key, std::uint64_t least, std::uint64_t most) const;
    JsonFields object(const char* key) const;
    /// Calls `each` with the fields of every object of a list.
    void list(const char* key, const std::function<void(const JsonFields&)>& each) const;
    /// Says that a field is `what`, as `"state" of health[3] is no state`.
    void complain_of(const char* key, std::string_view what) const;

  private:
    friend class JsonText;
    /// @param node  the library's value; void, so that the library stays in the .cpp
    JsonFields(const void* node, std::string name, std::string& wrong);
    const void* find(const char* key) const;
    std::string place(const char* key) const;

    const void* node_;
    std::string name_;  // what errors call it; empty for the whole text
    std::string* wrong_;
};

/// A whole text, which is an object.
class JsonText {
  public:
    /// Nothing we write is deeper; a text that is would cost memory for nothing.
    static constexpr int kDepthMax = 16;

    /// @return nothing when it is no JSON, too deep, or not an object
    static std::optional<JsonText> parse(std::string_view text);
    /// @param wrong  gets the first thing that is wrong; outlives the fields, as does this object
    JsonFields fields(std::string& wrong) const;

  private:
    std::shared_ptr<const void> root_;
};

}  // namespace fairlead::runtime
