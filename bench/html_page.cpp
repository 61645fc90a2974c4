#include "bench/html_page.h"

#include "bench/chart.h"
#include "bench/html_text.h"

namespace fairlead::bench {

namespace {

constexpr std::string_view kStyle = R"css(
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1240px;margin:0 auto;padding:1.2rem 1rem 3rem}
h1{font-size:1.35rem;margin:0;overflow-wrap:anywhere}
h2{font-size:1.05rem;margin:0 0 .5rem}
.soft{color:var(--soft);margin:.15rem 0 1rem;overflow-wrap:anywhere}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(132px,1fr));gap:.7rem}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,520px),1fr));
gap:.7rem;margin:.7rem 0}
.card{background:var(--card);border:1px solid var(--edge);border-radius:10px;
padding:.8rem 1rem;min-width:0;overflow-x:auto}
.plots>:only-child{max-width:620px}
.card b{display:block;font-size:1.4rem;line-height:1.3;font-variant-numeric:tabular-nums}
.card i{font-style:normal;color:var(--soft);font-size:.85rem;display:block}
.bad b{color:var(--c2)}
.notice{background:var(--card);border:1px solid var(--edge);border-left:5px solid var(--c1);
border-radius:8px;padding:.7rem 1rem;margin:0 0 .7rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:.28rem .4rem;border-bottom:1px solid var(--edge);font-weight:400}
th:first-child,td:first-child{text-align:left}
thead th{color:var(--soft);font-size:.85rem}
.facts td{text-align:left;overflow-wrap:anywhere}
.facts th{color:var(--soft);vertical-align:top;white-space:nowrap}
)css";

}  // namespace

Page::Page(std::string_view title) {
    add("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
        "<meta name=\"color-scheme\" content=\"light dark\">"
        "<title>{}</title>\n<style>{}{}</style></head>\n<body><main>\n",
        escape_html(title), chart_style(), kStyle);
}

std::string Page::take() {
    text_ += "</main></body></html>\n";
    return std::move(text_);
}

}  // namespace fairlead::bench
