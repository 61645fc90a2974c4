// Stands in for libFuzzer where that is not built: every input of the corpora named on the command
// line goes through the fuzzed code once, so that a find which joined the corpus stays fixed.
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::uint8_t> content(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t inputs = 0;
    for (int i = 1; i < argc; ++i) {
        std::error_code error;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i], error)) {
            if (!entry.is_regular_file()) continue;
            fmt::print("{}\n", entry.path().string());
            std::fflush(stdout);  // the last name before a crash is the input that caused it
            const std::vector<std::uint8_t> input = content(entry.path());
            LLVMFuzzerTestOneInput(input.data(), input.size());
            ++inputs;
        }
    }
    if (inputs == 0) {
        fmt::print(stderr, "no input was found\n");
        return 1;
    }
    fmt::print("{} inputs replayed\n", inputs);
    return 0;
}
