#!/bin/sh
# Installs what is missing to build, test or check fairlead. This is the only list of packages.
#
#   sh packaging/dependencies.sh [build|test|ci]
#
# build: compiler and libraries. test: also the peers the tests run against. ci: also clang with
# its fuzzing runtime and the formatter. Debian 12, Debian 13 and Ubuntu 24.04.
set -eu

say() { printf 'dependencies: %s\n' "$*"; }
die() {
    printf 'dependencies: %s\n' "$@" >&2
    exit 1
}

build_packages="build-essential cmake ninja-build pkgconf catch2 libcli11-dev libexpected-dev
    libc-ares-dev libfmt-dev libnghttp2-dev libspdlog-dev libssl-dev libtomlplusplus-dev libuv1-dev nlohmann-json3-dev"
test_packages="curl haproxy iproute2 libbenchmark-dev libnginx-mod-stream nghttp2-client nghttp2-server nginx nodejs openssl procps
    python3 python3-grpcio python3-websockets strace valgrind wrk"
ci_packages="clang git"

# What goes by different names, best first. The first one that this release knows is taken.
# On Debian 12 llhttp is inside node-llhttp, as C sources.
llhttp_names="libllhttp-dev node-llhttp"
clang_runtime_names="libclang-rt-dev libclang-rt-19-dev libclang-rt-18-dev libclang-rt-14-dev"
# Layout is decided by version 14 alone. Where there is none, it is not checked.
formatter_names="clang-format-14"

policy=/usr/sbin/policy-rc.d
policy_mark="temporary, from fairlead packaging/dependencies.sh"
policy_is_ours=no

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

is_known() { [ -n "$(apt-cache madison "$1" 2>/dev/null)" ]; }

# first_of NAME...: the first that is installed, else the first that is known, else nothing.
first_of() {
    for name in "$@"; do
        if is_installed "$name"; then echo "$name" && return; fi
    done
    for name in "$@"; do
        if is_known "$name"; then echo "$name" && return; fi
    done
}

# Everything this run needs, by the names of this release. Unknown alternatives keep their
# first name, so that a message can show it.
wanted() {
    llhttp=$(first_of $llhttp_names)
    echo $build_packages "${llhttp:-${llhttp_names%% *}}"
    if [ "$purpose" = build ]; then return; fi
    echo $test_packages
    if [ "$purpose" = test ]; then return; fi
    runtime=$(first_of $clang_runtime_names)
    echo $ci_packages "${runtime:-${clang_runtime_names%% *}}" "$(first_of $formatter_names)"
}

missing() {
    for package in $(wanted); do
        is_installed "$package" || echo "$package"
    done
}

# Packages of servers start their service unless this file forbids it. One that somebody else
# put there is left as it is.
forbid_services() {
    if [ -e "$policy" ] && ! grep -qs "$policy_mark" "$policy"; then
        say "$policy exists and stays: it decides whether services start"
        return
    fi
    policy_is_ours=yes
    $as_root sh -c 'printf "#!/bin/sh\n# %s\nexit 101\n" "$2" >"$1" && chmod 755 "$1"' \
        sh "$policy" "$policy_mark"
}

allow_services() {
    if [ "$policy_is_ours" = yes ]; then
        policy_is_ours=no
        $as_root rm -f "$policy"
    fi
}

apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
        -o Dpkg::Use-Pty=0 "$@"
}

purpose=${1:-build}
case $purpose in
    build | test | ci) ;;
    -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0" && exit 0 ;;
    *) printf 'usage: sh packaging/dependencies.sh [build|test|ci]\n' >&2 && exit 2 ;;
esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    die "this is no Debian or Ubuntu (apt-get not found)." \
        "Install what these packages hold, then build with cmake:" \
        "$(echo $build_packages llhttp)"
fi

needed=$(echo $(missing))
if [ -z "$needed" ]; then
    say "nothing is missing for: $purpose"
    exit 0
fi

as_root=
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        die "missing, and neither root nor sudo is here to install: $needed" \
            "Run as root: sh $0 $purpose"
    fi
    if ! sudo -n true 2>/dev/null && [ ! -t 0 ]; then
        die "missing: $needed" "sudo asks for a password, and there is no terminal to ask on." \
            "Run in a terminal: sh $0 $purpose"
    fi
    as_root=sudo
fi

trap allow_services EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

say "reading the package lists"
apt update || say "the lists could not be refreshed; going on with those that are here"

# Fresh lists may know names that were unknown a moment ago.
needed=$(echo $(missing))
for package in $needed; do
    is_known "$package" || unknown="${unknown:-} $package"
done
if [ -n "${unknown:-}" ]; then
    die "this release has no package named:$unknown" \
        "Debian 12, Debian 13 and Ubuntu 24.04 (with universe) have them all."
fi

say "installing $(echo "$needed" | wc -w) packages and what they need: $needed"
forbid_services
# An installation that was cut short (a closed terminal, a full disk) is finished first.
$as_root env DEBIAN_FRONTEND=noninteractive dpkg --configure -a
apt install --no-install-recommends $needed
say "done"
