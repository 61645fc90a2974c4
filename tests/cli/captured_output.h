/// A file to print to that a test can read back.
#pragma once

#include <cstdio>
#include <string>

namespace fairlead::cli {

class CapturedOutput {
  public:
    CapturedOutput() : file_(std::tmpfile()) {}
    ~CapturedOutput() { std::fclose(file_); }
    CapturedOutput(const CapturedOutput&) = delete;
    CapturedOutput& operator=(const CapturedOutput&) = delete;

    std::FILE* file() { return file_; }
    std::string text() {
        std::string out;
        std::rewind(file_);
        for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) {
            out += static_cast<char>(c);
        }
        return out;
    }

  private:
    std::FILE* file_;
};

}  // namespace fairlead::cli
