// Any bytes as a state file: nothing may crash, and what is read is written and read again the
// same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "proxy/runtime/saved_state.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fairlead;
    const Result<runtime::SavedState> state =
        runtime::parse_state({reinterpret_cast<const char*>(data), size});
    if (!state) {
        if (state.error().message.empty()) std::abort();
        return 0;
    }
    const std::string text = runtime::to_json(*state);
    const Result<runtime::SavedState> again = runtime::parse_state(text);
    if (!again || runtime::to_json(*again) != text) std::abort();
    return 0;
}
