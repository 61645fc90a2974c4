"""Breaks things on purpose and measures what users notice. The figures of docs/reliability.md.

    python3 tests/reliability [--build build/release] [CHECK...]

Exit 0: every bar was met. 1: one was not. 2: a check could not be made."""

import argparse
import pathlib
import sys
import time

import all_failing
import blackhole
import ejection
import overload
import slow_clients
from harness import CheckError

CHECKS = {each.__name__: each for each in (ejection, all_failing, blackhole, overload, slow_clients)}


def main():
    parser = argparse.ArgumentParser(prog="tests/reliability", description=__doc__.split("\n")[0])
    parser.add_argument("--build", default="build/release", help="where fairlead was built")
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=" ".join(CHECKS))
    arguments = parser.parse_args()
    unknown = [name for name in arguments.checks if name not in CHECKS]
    if unknown:
        parser.error(f"unknown check {unknown[0]}: there are {' '.join(CHECKS)}")
    build = pathlib.Path(arguments.build).resolve()
    if not (build / "proxy" / "fairlead").exists():
        parser.error(f"there is no {build}/proxy/fairlead: build it, or name the folder with --build")
    worst = 0
    for name in arguments.checks or CHECKS:
        check = CHECKS[name]
        print(f"{name}: {check.__doc__.strip()}", flush=True)
        began = time.monotonic()
        try:
            for what, figure, is_met in check.run(build):
                print(f"  {'ok  ' if is_met else 'MISS'} {what}: {figure}", flush=True)
                worst = max(worst, 0 if is_met else 1)
        except CheckError as error:
            print(f"  not made: {error}", flush=True)
            worst = 2
        print(f"  took {time.monotonic() - began:.0f} s", flush=True)
    return worst


sys.exit(main())
