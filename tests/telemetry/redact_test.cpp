#include "proxy/telemetry/redact.h"

#include "tests/support/catch.h"

using namespace fairlead::telemetry;

namespace {
std::string redacted(std::string_view query) {
    std::string out;
    append_redacted(out, query);
    return out;
}
}  // namespace

TEST_CASE("values of secrets are replaced, everything else stays", "[telemetry][redact]") {
    struct Row {
        std::string_view query;
        std::string_view shown;
    };
    const Row row = GENERATE(
        Row{"", ""}, Row{"a=1&b=2", "a=1&b=2"}, Row{"token=abc", "token=redacted"},
        Row{"a=1&token=abc&b=2", "a=1&token=redacted&b=2"}, Row{"TOKEN=abc", "TOKEN=redacted"},
        Row{"key=1&key=2", "key=redacted&key=redacted"}, Row{"password=p", "password=redacted"},
        Row{"passwd=p", "passwd=redacted"}, Row{"secret=s", "secret=redacted"},
        Row{"code=c&state=s", "code=redacted&state=s"},
        Row{"access_token=t", "access_token=redacted"}, Row{"api_key=k", "api_key=redacted"},
        Row{"apiKey=k", "apiKey=redacted"}, Row{"PassWord=k", "PassWord=redacted"},
        Row{"x-api-key=k", "x-api-key=redacted"}, Row{"auth=a", "auth=redacted"},
        Row{"X-Amz-Signature=f00", "X-Amz-Signature=redacted"},
        Row{"signature=f", "signature=redacted"}, Row{"session=s", "session=redacted"},
        Row{"PHPSESSION_ID=1", "PHPSESSION_ID=1"}, Row{"session_id=s", "session_id=redacted"},
        Row{"SessionId=s", "SessionId=redacted"}, Row{"accessToken=t", "accessToken=redacted"},
        Row{"user[password]=p", "user[password]=redacted"}, Row{"%74oken=abc", "%74oken=redacted"},
        Row{"to%6ben=abc", "to%6ben=redacted"},
        Row{"user%5Bpassword%5D=p", "user%5Bpassword%5D=redacted"},
        // words that only contain a secret's name
        Row{"monkey=1", "monkey=1"}, Row{"tokens=1", "tokens=1"}, Row{"encoder=1", "encoder=1"},
        Row{"author=x", "author=x"}, Row{"zipcode=1", "zipcode=1"},
        // shapes
        Row{"token", "token"}, Row{"token=", "token="}, Row{"token=&a=1", "token=&a=1"},
        Row{"token=a=b", "token=redacted"}, Row{"token=a;b?c", "token=redacted"},
        Row{"a=1;token=abc", "a=1;token=redacted"}, Row{"a=b?token=abc", "a=b?token=redacted"},
        Row{"=abc", "=abc"}, Row{"&&a=1&", "&&a=1&"}, Row{"a=token&b", "a=token&b"},
        Row{"%=1&%7=2", "%=1&%7=2"}, Row{"a&token=abc", "a&token=redacted"});
    CAPTURE(std::string{row.query});
    CHECK(redacted(row.query) == row.shown);
}

TEST_CASE("a name too long to be looked at is taken for a secret", "[telemetry][redact]") {
    const std::string name(129, 'a');
    CHECK(redacted(name + "=1") == name + "=redacted");
    CHECK(redacted(name.substr(1) + "=1") == name.substr(1) + "=1");
}
