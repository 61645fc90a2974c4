"""Mixed load for a long time, with backends that fail, stop, hang and return, and a reload every few
seconds. For builds with a sanitizer:

    cmake --preset asan && cmake --build build/asan --target fairlead fairlead-bench
    python3 tests/reliability/soak.py --build build/asan --for 900

Exit 0: no violation. 1: at least one, each told. 2: it could not be made."""

import argparse
import contextlib
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import threading
import time

from harness import (Balancer, CheckError, Load, Origin, Process, answered, can_connect, failed, free_port,
                     temporary_folder, wait_for)

RELOAD_EVERY, FAULT_EVERY = 3.0, 6.0
REPORTS = re.compile(r"ERROR: AddressSanitizer|WARNING: ThreadSanitizer|runtime error:|LeakSanitizer|Assertion")


class Scene:
    """What is there, and the configuration that a reload makes anew each time."""

    def __init__(self, build, folder, stack):
        self.build, self.folder = build, pathlib.Path(folder)
        self.rough = [Origin(folder, f"rough{index}", 50).start() for index in range(3)]
        for origin in self.rough:
            stack.callback(origin.stop)
        self.safe = [free_port() for _ in range(2)]
        for port in self.safe:
            stack.enter_context(Process([f"{build}/bench/fairlead-bench", "origin", "--bind",
                                         f"127.0.0.1:{port}"], self.folder / f"safe-{port}.log"))
        self.echo = free_port()
        stack.enter_context(Process([f"{build}/bench/fairlead-bench", "origin", "--echo", "--bind",
                                     f"127.0.0.1:{self.echo}"], self.folder / "echo.log"))
        for port in (*self.safe, self.echo):
            wait_for(lambda: can_connect("127.0.0.1", port), "an origin listens")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=soak.example",
                        "-addext", "subjectAltName=DNS:soak.example,IP:127.0.0.1", "-keyout",
                        self.folder / "key.pem", "-out", self.folder / "cert.pem"],
                       check=True, capture_output=True)
        self.tls, self.tcp = free_port(), free_port()

    def config(self, turn):
        rough = ", ".join(f'{{ address = "{each.address}", weight = {1 + (turn + index) % 3} }}'
                          for index, each in enumerate(self.rough))
        more = f"""
[[route]]
name = "extra"
path = "/extra/*"
pool = "extra"
rate = "{50 + turn % 5}/s"
[pool.extra]
backends = ["127.0.0.1:{self.safe[0]}"]
""" if turn % 2 else ""
        return f"""
[process]
workers = 2
[admin]
bind = "127.0.0.1:{{admin}}"
[log]
access = {{ to = "{self.folder}/access.log" }}
[listener.web]
bind = "127.0.0.1:{{port}}"
http = ["h2", "http/1.1"]
pool = "rough"
limits = {{ requests_per_connection = {500 + turn % 3} }}
[listener.secure]
bind = "127.0.0.1:{self.tls}"
tls = {{ certificates = [{{ cert = "{self.folder}/cert.pem", key = "{self.folder}/key.pem" }}] }}
pool = "rough"
[listener.bytes]
bind = "127.0.0.1:{self.tcp}"
mode = "tcp"
pool = "echo"
[[route]]
name = "safe"
path = "/safe"
pool = "safe"
[[route]]
name = "stats"
path = "/stats"
pool = "safe"
{more}
[defaults.pool]
timeouts = {{ connect = "500ms", response = "5s" }}
[pool.rough]
backends = [{rough}]
check = {{ http = "GET /healthz", every = "500ms", timeout = "300ms", every_down = "500ms" }}
[pool.safe]
backends = ["127.0.0.1:{self.safe[0]}", "127.0.0.1:{self.safe[1]}"]
passive = "off"
[pool.echo]
backends = ["127.0.0.1:{self.echo}"]
"""


def break_something(scene, until, seed):
    """One fault at a time, so that two of three backends are always well."""
    draw = random.Random(seed)
    count = 0
    while time.monotonic() < until:
        origin = draw.choice(scene.rough)
        kind = draw.choice(("gone", "failing", "hanging"))
        if kind == "gone":
            origin.stop()
            time.sleep(2)
            origin.start()
        elif kind == "failing":
            origin.fail(True)
            time.sleep(3)
            origin.fail(False)
        else:
            workers = origin.workers()
            for pid in workers:
                os.kill(int(pid), signal.SIGSTOP)
            time.sleep(2)
            for pid in workers:
                os.kill(int(pid), signal.SIGCONT)
        count += 1
        time.sleep(FAULT_EVERY - 3)
    return count


def soak(build, seconds):
    """Yields every violation, as text."""
    with temporary_folder() as folder, contextlib.ExitStack() as stack:
        scene = Scene(build, folder, stack)
        balancer = stack.enter_context(Balancer(build, folder, scene.config(0)))
        balancer_log = pathlib.Path(folder) / "fairlead.log"
        web = f"http://127.0.0.1:{balancer.port}"

        def load(name, url, rate, *more):
            return name, Load(build, folder, url, rate, seconds, "--timeout", "5s", *more, name=name)

        loads = dict([
            load("get", f"{web}/", 200, "--connections", "16"),
            load("post", f"{web}/safe?reset=1%&fail=1%&delay=2ms", 60, "--method", "POST", "--body-size",
                 "20KiB", "--connections", "8"),
            load("h2", f"{web}/", 60, "--h2", "--streams", "4", "--connections", "2"),
            load("tls", f"https://127.0.0.1:{scene.tls}/", 20, "--requests-per-connection", "5"),
            load("tcp", f"tcp://127.0.0.1:{scene.tcp}", 50, "--connections", "8"),
        ])
        until = time.monotonic() + seconds
        faults = []
        breaker = threading.Thread(target=lambda: faults.append(break_something(scene, until - 10, 1)))
        breaker.start()
        memory, turn = [], 0
        while time.monotonic() < until and balancer.process.child.poll() is None:
            turn += 1
            balancer.path.write_text(scene.config(turn).replace("{port}", str(balancer.port))
                                     .replace("{admin}", str(balancer.admin)))
            os.kill(balancer.process.pid, signal.SIGHUP)
            memory.append(balancer.memory_mib())
            time.sleep(RELOAD_EVERY)
        breaker.join()
        reports = {name: each.report() for name, each in loads.items()}
        if balancer.process.child.poll() is not None:
            yield f"the balancer ended by itself: see {balancer_log}"
            return
        samples = balancer.metrics()
        refused = samples.get('fairlead_reloads_total{result="refused"}', 0)
        if refused:
            yield f"{refused:.0f} reloads were refused"
        for name, report in reports.items():
            share = failed(report) / max(1, failed(report) + answered(report))
            words = {key: count for key, count in report["outcomes"].items() if count and key != "ok"}
            print(f"  {name}: {answered(report)} answered, {failed(report)} failed {words or ''}", flush=True)
            # One backend of three is always in trouble; POST with 1 % resets cannot be repeated.
            allowed = 0.03 if name == "post" else 0.01
            if share > allowed:
                yield f"{name}: {share:.2%} of the requests failed, more than {allowed:.0%}"

        for line in pathlib.Path(folder, "access.log").read_text().splitlines():
            if '"pool":"rough"' in line and '"failure":"none"' not in line:
                print(f"  {line}", flush=True)

        # Everything returns to its start.
        def is_quiet():
            now = balancer.metrics()
            return all(value == 0 for key, value in now.items()
                       if key.startswith("fairlead_backend_in_flight{") or
                       (key.startswith("fairlead_backend_connections{") and 'state="active"' in key) or
                       key.startswith("fairlead_connections{") or key.startswith("fairlead_queue_length{"))

        try:
            wait_for(is_quiet, "connections and leases return to none", 20)
            wait_for(lambda: balancer.metrics().get("fairlead_snapshots") == 1, "old snapshots go", 40)
        except CheckError as error:
            yield str(error)
        third = len(memory) // 3
        middle, last = max(memory[third:2 * third], default=0), max(memory[2 * third:], default=0)
        print(f"  {turn} reloads, {sum(faults)} faults; memory {middle:.0f} MiB at most in the second third, "
              f"{last:.0f} in the last", flush=True)
        if last > middle * 1.15 + 8:
            yield f"memory grew from {middle:.0f} to {last:.0f} MiB"
        balancer.process.stop()
        code = balancer.process.child.returncode
        if code != 0:
            yield f"the balancer ended with {code}"
        found = REPORTS.search(balancer_log.read_text(errors="replace"))
        if found:
            kept = pathlib.Path("/tmp") / f"fairlead-soak-{os.getpid()}.log"
            kept.write_text(balancer_log.read_text(errors="replace"))
            yield f"a sanitizer report: {found.group(0)}, in {kept}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default="build/asan")
    parser.add_argument("--for", dest="seconds", type=int, default=900, help="seconds; default 900")
    arguments = parser.parse_args()
    build = pathlib.Path(arguments.build).resolve()
    if not (build / "proxy" / "fairlead").exists():
        parser.error(f"there is no {build}/proxy/fairlead: build it, or name the folder with --build")
    violations = 0
    try:
        for violation in soak(build, arguments.seconds):
            violations += 1
            print(f"  VIOLATION {violation}", flush=True)
    except CheckError as error:
        print(f"  not made: {error}", flush=True)
        return 2
    print(f"{violations} violations in {arguments.seconds} s")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
