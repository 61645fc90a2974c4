#!/bin/sh
# Installs what is missing, builds build/dev and runs every test. Arguments go to ctest.
#
#   sh tests/run.sh [CTEST ARGUMENTS]                as: sh tests/run.sh -R balancing
#
# A warning of a compiler newer than ours does not fail this; FAIRLEAD_WERROR=ON makes it.
set -eu
cd "$(dirname "$0")/.."

sh packaging/dependencies.sh test

launcher=
if command -v ccache >/dev/null; then launcher=ccache; fi
printf 'tests: building build/dev\n'
cmake --preset dev -DFAIRLEAD_WERROR="${FAIRLEAD_WERROR:-OFF}" \
    -DCMAKE_C_COMPILER_LAUNCHER=$launcher -DCMAKE_CXX_COMPILER_LAUNCHER=$launcher
cmake --build build/dev

# Last, so that its own summary ends the output and its exit code is ours.
exec ctest --test-dir build/dev --output-on-failure --no-tests=error -j "$(nproc)" "$@"
