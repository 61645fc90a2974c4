#include "proxy/cli/demo_screen.h"

#include "tests/cli/captured_output.h"
#include "tests/support/catch.h"

namespace fairlead::cli {

using std::chrono::milliseconds;

namespace {

DemoView some_view() {
    DemoView view;
    view.elapsed = milliseconds(3200);
    view.rows = {{"a", true, {"up", "2 checks passed", true, 1500, 3}},
                 {"b", false, {"down", "3 connect refused", false, 1400, 0}},
                 {"c", false, {"up", "2 checks passed", true, 900, 1}}};
    view.requests = 3800;
    view.requests_per_second = 1200;
    view.retries = 2;
    return view;
}

}  // namespace

TEST_CASE("the table shows each origin beside what the balancer thinks of it", "[cli][demo]") {
    CHECK(demo_table(some_view(), 200) ==
          "origin  is      seen as         requests   running  because\n"
          "\x1b[32ma       alive   up                 1,500         3  2 checks passed\x1b[0m\n"
          "\x1b[31mb       dead    down               1,400         0  3 connect refused\x1b[0m\n"
          "\x1b[33mc       dead    up                   900         1  2 checks passed\x1b[0m\n"
          "   3.2s  3,800 requests, 1,200/s, 2 retries, 0 client-visible failures\n");
}

TEST_CASE("a line of the table is cut to the terminal's columns, its colour is not",
          "[cli][demo]") {
    const std::string table = demo_table(some_view(), 10);
    CHECK(table ==
          "origin  is\n"
          "\x1b[32ma       al\x1b[0m\n"
          "\x1b[31mb       de\x1b[0m\n"
          "\x1b[33mc       de\x1b[0m\n"
          "   3.2s  3\n");
}

TEST_CASE("on a terminal events scroll above a table drawn over itself", "[cli][demo]") {
    CapturedOutput output;
    const std::string table = demo_table(some_view(), 80);  // of what is no terminal
    {
        DemoScreen screen(output.file(), true);
        screen.show(some_view());
        screen.event(milliseconds(500), "b killed");
        screen.show(some_view());
        screen.close("the end\n");
    }
    const std::string erase = "\x1b[5A\x1b[J";
    CHECK(output.text() ==
          table + erase + "   0.5s  b killed\n" + table + erase + table + "the end\n");
}

TEST_CASE("elsewhere there are only plain lines", "[cli][demo]") {
    CapturedOutput output;
    CHECK_FALSE(DemoScreen::may_draw_on(output.file()));
    {
        DemoScreen screen(output.file(), false);
        screen.show(some_view());
        screen.event(milliseconds(500), "b killed");
        screen.show(some_view());
        screen.close("the end\n");
    }
    CHECK(output.text() == "   0.5s  b killed\nthe end\n");
}

}  // namespace fairlead::cli
