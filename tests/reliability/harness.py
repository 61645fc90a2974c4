"""Processes and figures for the reliability checks: the balancer, origins that misbehave when told to,
and the load generator. Everything listens on loopback (or in a network namespace of the check), on
ports that were free a moment ago, and is stopped by the process that started it."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request

PATIENCE = 15.0  # seconds for something that must happen


class CheckError(Exception):
    """The check could not be made; says why, and what to do."""


def free_port(host="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def wait_for(condition, what, patience=PATIENCE):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.01)
    raise CheckError(f"{what}: not within {patience:g} s")


def can_connect(host, port):
    with contextlib.suppress(OSError), socket.create_connection((host, port), 0.5):
        return True
    return False


class Process:
    """A child that ends with its `with` block."""

    def __init__(self, command, log, prefix=()):
        self.log_path = log
        self.log = open(log, "ab")
        self.child = subprocess.Popen([*prefix, *map(str, command)], stdout=self.log, stderr=self.log)

    @property
    def pid(self):
        return self.child.pid

    def stop(self, number=signal.SIGTERM):
        if self.child.poll() is None:
            self.child.send_signal(number)
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()


class Origin:
    """One NGINX worker as an app server. After fail(True) so many of its requests get 503; its checks
    pass."""

    def __init__(self, folder, name, fail_percent=100, host="127.0.0.1", port=None, prefix=()):
        self.host, self.port = host, port or free_port(host)
        self.address = f"{self.host}:{self.port}"
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir()
        self.prefix = prefix
        self.process = None
        switch = self.folder / "failing"
        self.switch = switch
        config = f"""
daemon off; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000; keepalive_timeout 75s;
  client_body_temp_path {self.folder}/b; proxy_temp_path {self.folder}/p;
  fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
  split_clients "$request_id" $is_unlucky {{ {fail_percent - 0.01 if fail_percent == 100 else fail_percent}% 1; * 0; }}
  server {{
    listen {self.address} backlog=4096;
    location /healthz {{ return 200 "ok\\n"; }}
    location / {{
      set $fails $is_unlucky;
      if (!-f {switch}) {{ set $fails 0; }}
      if ($fails) {{ return 503 "out of order\\n"; }}
      return 200 "done\\n";
    }}
  }}
}}
"""
        self.config = self.folder / "nginx.conf"
        self.config.write_text(config)

    def start(self):
        self.process = Process(["nginx", "-p", self.folder, "-c", self.config],
                               self.folder / "out", self.prefix)
        return self

    def stop(self):
        if self.process is None:
            return
        self.process.stop()  # at once, with its worker
        self.process = None

    def workers(self):
        """The processes that do its work, which it has started."""
        pid = self.process.pid
        return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()

    def fail(self, does):
        if does:
            self.switch.touch()
        else:
            self.switch.unlink(missing_ok=True)


def config(backends, *pool_lines, access='"off"'):
    """Two workers, one listener, one pool of these addresses. Ports are filled in by Balancer."""
    return f"""
[process]
workers = 2
[admin]
bind = "127.0.0.1:{{admin}}"
[log]
access = {access}
[listener.web]
bind = "127.0.0.1:{{port}}"
pool = "app"
[pool.app]
backends = {json.dumps(backends)}
{chr(10).join(pool_lines)}
"""


class Balancer:
    """`fairlead run` with this configuration. `{port}` and `{admin}` in it are filled in."""

    def __init__(self, build, folder, config, host="127.0.0.1", prefix=()):
        self.port, self.admin, self.host = free_port(), free_port(), host
        self.path = pathlib.Path(folder) / "fairlead.toml"
        self.path.write_text(config.replace("{port}", str(self.port))
                             .replace("{admin}", str(self.admin)))
        program = pathlib.Path(build) / "proxy" / "fairlead"
        self.process = Process([program, "run", "-c", self.path], pathlib.Path(folder) / "fairlead.log",
                               prefix)
        wait_for(self.is_ready, f"fairlead is ready (see {folder}/fairlead.log)")

    def is_ready(self):
        if self.process.child.poll() is not None:
            raise CheckError(f"fairlead ended: {pathlib.Path(self.process.log_path).read_text()}")
        with contextlib.suppress(OSError):
            return self.get("/ready")[0] == 200
        return False

    def get(self, target):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}{target}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metrics(self):
        samples = {}
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith("#"):
                continue
            name, _, value = line.rpartition(" ")
            samples[name] = float(value)
        return samples

    def states(self):
        """Backend -> state, of all pools."""
        pools = json.loads(self.get("/api/v1/status")[1])["pools"]
        return {each["name"]: each["state"] for pool in pools for each in pool["backends"]}

    def memory_mib(self):
        return self.status_kib("VmRSS") / 1024

    def peak_mib(self):
        return self.status_kib("VmHWM") / 1024

    def status_kib(self, key):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{key}:\s+(\d+)", text).group(1))

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.stop()


def requests_of(samples, backend):
    """All requests that a backend has answered, by /metrics."""
    return sum(value for name, value in samples.items()
               if name.startswith("fairlead_backend_requests_total{") and f'backend="{backend}"' in name)


class Sampler(threading.Thread):
    """Looks at /metrics every `every` seconds: [(time, samples)]."""

    def __init__(self, balancer, every=0.1):
        super().__init__(daemon=True)
        self.balancer, self.every, self.rows = balancer, every, []
        self.is_over = threading.Event()

    def run(self):
        while not self.is_over.is_set():
            with contextlib.suppress(OSError):
                self.rows.append((time.monotonic(), self.balancer.metrics()))
            self.is_over.wait(self.every)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        self.is_over.set()
        self.join()

    def rates(self, backend, window=1.0):
        """[(time, requests a second)] of a backend over sliding windows."""
        points = [(when, requests_of(samples, backend)) for when, samples in self.rows]
        out, first = [], 0
        for last in range(len(points)):
            while points[last][0] - points[first][0] > window:
                first += 1
            span = points[last][0] - points[first][0]
            if span >= window * 0.8:
                out.append((points[last][0], (points[last][1] - points[first][1]) / span))
        return out

    def first(self, condition, since=0.0):
        """When `condition(samples)` first held, from `since` on; None when it never did."""
        return next((when for when, samples in self.rows if when >= since and condition(samples)), None)


class Load:
    """`fairlead-bench run` in the background; report() waits for it. Without a rate each connection
    sends when it has its answer."""

    def __init__(self, build, folder, url, rate, seconds, *more, name="load", prefix=()):
        self.json = pathlib.Path(folder) / f"{name}.json"
        program = pathlib.Path(build) / "bench" / "fairlead-bench"
        self.started = time.monotonic()
        self.process = Process([program, "run", url, *(["--rate", rate] if rate else ["--closed"]),
                                "--duration", f"{seconds}s",
                                "--warmup", "0s", "--no-ids", "--json", self.json, *more],
                               pathlib.Path(folder) / f"{name}.log", prefix)
        self.seconds = seconds

    def report(self):
        self.process.child.wait(self.seconds + 60)
        self.process.log.close()
        if not self.json.exists():
            raise CheckError(f"no report: {pathlib.Path(self.process.log_path).read_text()}")
        return json.loads(self.json.read_text())


def failed(report):
    return sum(count for name, count in report["outcomes"].items() if name != "ok")


def answered(report):
    return report["outcomes"]["ok"]


@contextlib.contextmanager
def temporary_folder():
    folder = tempfile.mkdtemp(prefix="fairlead-check-")
    os.chmod(folder, 0o755)
    try:
        yield folder
    except BaseException:
        print(f"  what was written stays in {folder}")
        raise
    else:
        shutil.rmtree(folder, ignore_errors=True)
