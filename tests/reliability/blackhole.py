"""One of three backends behind a network that drops all its packets, in the middle of load."""

import contextlib
import os
import shutil
import subprocess
import time

from harness import Balancer, CheckError, Load, Origin, config, failed, temporary_folder

RATE, BEFORE, AFTER = 1000, 5, 10
SPACE, OUTER, INNER = "fairlead-check", "flchk0", "flchk1"


def command(*words):
    subprocess.run(words, check=True, capture_output=True)


@contextlib.contextmanager
def namespace():
    """A network namespace with three addresses that its own packet filter can cut off."""
    if os.geteuid() != 0:
        raise CheckError("network namespaces need root: run it as root")
    for program in ("ip", "nft"):
        if shutil.which(program) is None:
            raise CheckError(f"{program} is missing: apt-get install iproute2 nftables")
    command("ip", "netns", "add", SPACE)
    try:
        command("ip", "link", "add", OUTER, "type", "veth", "peer", "name", INNER, "netns", SPACE)
        command("ip", "addr", "add", "10.213.0.1/24", "dev", OUTER)
        command("ip", "link", "set", OUTER, "up")
        for index in range(3):
            command("ip", "-n", SPACE, "addr", "add", f"10.213.0.{11 + index}/24", "dev", INNER)
        command("ip", "-n", SPACE, "link", "set", INNER, "up")
        command("ip", "-n", SPACE, "link", "set", "lo", "up")
        yield ("ip", "netns", "exec", SPACE)
    finally:
        subprocess.run(["ip", "link", "del", OUTER], capture_output=True)
        subprocess.run(["ip", "netns", "del", SPACE], capture_output=True)


def cut_off(address):
    rules = f"""table inet cut {{
  chain in {{ type filter hook input priority 0; ip daddr {address} drop; }}
  chain out {{ type filter hook output priority 0; ip saddr {address} drop; }}
}}
"""
    subprocess.run(["ip", "netns", "exec", SPACE, "nft", "-f", "-"], input=rules.encode(), check=True)


def run(build):
    with temporary_folder() as folder, namespace() as prefix, contextlib.ExitStack() as stack:
        origins = [Origin(folder, f"o{index}", host=f"10.213.0.{11 + index}", port=8000,
                          prefix=prefix).start() for index in range(3)]
        for origin in origins:
            stack.callback(origin.stop)
        text = config([each.address for each in origins],
                      'check = { http = "GET /healthz", every = "500ms", timeout = "300ms" }',
                      access=f'{{ to = "{folder}/access.log" }}')
        balancer = stack.enter_context(Balancer(build, folder, text))
        load = Load(build, folder, f"http://127.0.0.1:{balancer.port}/", RATE, BEFORE + AFTER,
                    "--connections", "256")
        time.sleep(BEFORE)
        cut_off("10.213.0.11")
        cut_at = time.monotonic() - load.started
        report = load.report()

        def p99(row):
            buckets = sorted((float(value), count) for value, count in row["buckets"])
            left = sum(count for _, count in buckets) * 0.99
            for value, count in buckets:
                left -= count
                if left <= 0:
                    return value / 1000
            return 0.0

        rows = report["timeline"]["rows"]
        normal = sorted(p99(row) for row in rows if row["second"] < cut_at - 0.5)
        normal = normal[len(normal) // 2]
        late = [row for row in rows if row["second"] > cut_at + 4]  # a row tells of the second before
        back = max(p99(row) for row in late)
        longest = report["latency_us"]["from_planned"]["max"] / 1000
        yield "failed requests", f"{failed(report)}", failed(report) == 0
        yield ("p99 before, and from 3 s after on", f"{normal:.2f} and {back:.2f} ms", back < 2 * normal)
        yield "longest request", f"{longest:.0f} ms", longest < 3000
