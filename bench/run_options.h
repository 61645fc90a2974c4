/// What `fairlead-bench run` was asked to do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/load_run.h"
#include "proxy/base/result.h"

namespace fairlead::bench {

/// As typed, before anything is judged. Empty: not given.
struct RunTexts {
    std::string url;
    std::string mix;
    std::string rate;
    bool is_poisson = false;
    bool is_closed = false;
    std::string connections;
    std::string threads;
    std::string duration;
    std::string warmup;
    std::string timeout;
    std::string method;
    std::vector<std::string> headers;
    std::string body_size;
    std::string requests_per_connection;
    std::string seed;
    bool is_h2 = false;
    std::string streams;
    bool resumes = false;
    bool no_ids = false;
    std::string json;
    std::string html;
    std::string fail_if;
};

struct RunOptions {
    LoadSettings load;  ///< complete: names are resolved
    std::string json;   ///< empty: no such file
    std::string html;
    std::string fail_if;
};

/// Looks names up, reads the mix file. Every error that can be told is told at once.
Many<RunOptions> read_run_options(const RunTexts& texts);

}  // namespace fairlead::bench
