// What users can write, read and scrape is documented, and what is documented exists.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "conf/keys.h"
#include "proxy/base/failure.h"
#include "proxy/telemetry/metrics.h"
#include "tests/support/catch.h"
#include "tests/tidy/documents.h"
#include "tests/tidy/files.h"

namespace fairlead::tidy {
namespace {

const std::filesystem::path kRoot = FAIRLEAD_SOURCE_DIR;

/// Fails once for each name that is not in `known`, and says so.
void check_all(const std::set<std::string>& names, const std::set<std::string>& known,
               const std::string& complaint) {
    for (const std::string& name : names) {
        INFO(fmt::format("`{}` {}", name, complaint));
        CHECK(known.contains(name));
    }
}

std::set<std::string> row_names(const std::string& markdown) {
    std::set<std::string> names;
    for (const Row& row : rows(markdown)) names.insert(row.name);
    return names;
}

std::set<std::string> subcommands_in(std::string_view folder) {
    std::set<std::string> names;
    for (const File& source : files(kRoot, {folder}, {".cpp"})) {
        names.merge(subcommands(source.content));
    }
    return names;
}

TEST_CASE("every configuration key has a row in docs/configuration.md", "[tidy][docs]") {
    const std::vector<std::string> list = conf::keys();
    const std::set<std::string> keys(list.begin(), list.end());
    REQUIRE(keys.size() > 20);
    const std::string page = content(kRoot / "docs/configuration.md");
    check_all(keys, row_names(page), "has no row");

    // And the other way round: a row whose first part is a section names a key that exists, or a
    // table of keys, for its short form.
    std::set<std::string> tables;
    std::set<std::string> sections;
    for (const std::string& key : keys) {
        sections.insert(key.substr(0, key.find('.')));
        for (std::size_t dot = key.find('.'); dot != std::string::npos;
             dot = key.find('.', dot + 1)) {
            tables.insert(key.substr(0, dot));
        }
    }
    for (const std::string& name : row_names(page)) {
        const std::size_t dot = name.find('.');
        if (dot == std::string::npos || !sections.contains(name.substr(0, dot))) continue;
        INFO(fmt::format("`{}` has a row but is no key", name));
        CHECK((keys.contains(name) || tables.contains(name)));
    }
}

TEST_CASE("every metric has a row with its type and labels in docs/metrics.md", "[tidy][docs]") {
    const std::string page = content(kRoot / "docs/metrics.md");
    const std::vector<Row> documented = rows(page);
    std::set<std::string> known;
    for (const telemetry::MetricRow& metric : telemetry::metrics()) {
        const std::string name(metric.name);
        known.insert(name);
        const auto row = std::find_if(documented.begin(), documented.end(),
                                      [&name](const Row& each) { return each.name == name; });
        INFO(fmt::format("`{}` has no row", name));
        CHECK(row != documented.end());
        if (row == documented.end()) continue;
        INFO(row->line);
        CHECK(row->line.find(telemetry::word(metric.type)) != std::string::npos);
        for (const std::string_view label : metric.labels) {
            CHECK(row->line.find(fmt::format("`{}`", label)) != std::string::npos);
        }
    }
    std::set<std::string> documented_names;
    for (const Row& row : documented) {
        if (row.name.starts_with("fairlead_") || row.name.starts_with("process_")) {
            documented_names.insert(row.name);
        }
    }
    check_all(documented_names, known, "has a row but is no metric");
}

TEST_CASE("every failure word has a row with its status in docs/operations.md", "[tidy][docs]") {
    const std::vector<Row> documented = rows(content(kRoot / "docs/operations.md"));
    for (const FailureRow& failure : failures()) {
        const auto row = std::find_if(documented.begin(), documented.end(),
                                      [&](const Row& each) { return each.name == failure.word; });
        INFO(fmt::format("`{}` has no row", failure.word));
        CHECK(row != documented.end());
        if (row == documented.end() || failure.status == 0) continue;
        INFO(row->line);
        CHECK(row->line.find(fmt::format("{}", failure.status)) != std::string::npos);
    }
}

TEST_CASE("every command is shown in docs/operations.md", "[tidy][docs]") {
    const std::string page = content(kRoot / "docs/operations.md");
    const std::set<std::string> balancer = subcommands_in("proxy/cli");
    const std::set<std::string> generator = subcommands_in("bench");
    REQUIRE_FALSE(balancer.empty());
    REQUIRE_FALSE(generator.empty());
    check_all(balancer, commands(page, "fairlead"), "is a command of fairlead, never shown");
    check_all(generator, commands(page, "fairlead-bench"),
              "is a command of fairlead-bench, never shown");
    check_all(commands(page, "fairlead"), balancer, "is shown but is no command of fairlead");
    check_all(commands(page, "fairlead-bench"), generator,
              "is shown but is no command of fairlead-bench");
}

TEST_CASE("every path named in a document exists", "[tidy][docs]") {
    std::size_t seen = 0;
    for (const File& document : files(kRoot, {"README.md", "docs"}, {".md"})) {
        for (const std::string& path : paths(document.content, document.path)) {
            INFO(document.path << " names " << path);
            CHECK(exists(kRoot, path));
            ++seen;
        }
    }
    CHECK(seen > 10);
}

}  // namespace
}  // namespace fairlead::tidy
