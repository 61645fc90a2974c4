#!/bin/sh
# From a fresh clone to the demo: installs what is missing, builds the release, shows it.
#
#   sh packaging/quickstart.sh [DEMO ARGUMENTS]      as: sh packaging/quickstart.sh --for 20s
set -eu
cd "$(dirname "$0")/.."

sh packaging/dependencies.sh build

launcher=
if command -v ccache >/dev/null; then launcher=ccache; fi
printf 'quickstart: building build/release\n'
cmake --preset release -DCMAKE_C_COMPILER_LAUNCHER=$launcher -DCMAKE_CXX_COMPILER_LAUNCHER=$launcher
cmake --build build/release --target fairlead

exec build/release/proxy/fairlead demo "$@"
