"""8,000 connections that send or take next to nothing, beside 1,000 good requests a second."""

import contextlib
import resource
import socket
import threading
import time

from harness import Balancer, CheckError, Load, Process, can_connect, failed, free_port, temporary_folder, wait_for

SLOW, RATE, SECONDS = 8000, 1000, 15
HEAD = b"GET / HTTP/1.1\r\nHost: slow.example\r\nX-Slow: "
BODY = b"POST / HTTP/1.1\r\nHost: slow.example\r\nContent-Length: 100000\r\n\r\n"
LARGE = b"GET /large?size=2m HTTP/1.1\r\nHost: slow.example\r\n\r\n"


class Crowd(threading.Thread):
    """A third each: heads and bodies that come byte by byte, responses that are hardly read. Who is
    closed comes again; they come over a few seconds, so that they are not all closed in one moment."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.is_over, self.members, self.made = port, threading.Event(), {}, 0

    def add(self):
        kind = self.made % 3
        client = socket.socket()
        if kind == 2:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            client.connect(("127.0.0.1", self.port))
        self.made += 1
        self.members[client.fileno()] = [client, kind, False]

    def run(self):
        turn = 0
        while not self.is_over.is_set():
            for _ in range(min(40, SLOW - len(self.members))):
                self.add()
            turn = (turn + 1) % 50  # a fiftieth of them has its turn every 20 ms
            for number in [each for each in self.members if each % 50 == turn]:
                self.speak(number)
            self.is_over.wait(0.02)

    def speak(self, number):
        client, kind, has_begun = self.members[number]
        try:
            if not has_begun:
                client.send((HEAD, BODY, LARGE)[kind])
                self.members[number][2] = True
            elif kind == 2:
                client.recv(200)
            else:
                client.send(b"x")
        except BlockingIOError:
            pass
        except OSError:
            client.close()
            del self.members[number]

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        self.is_over.set()
        self.join()
        for client, _, _ in self.members.values():
            client.close()


def run(build):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < SLOW + 2000:
        raise CheckError(f"{SLOW + 2000} file descriptors are needed: ulimit -Hn says {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with temporary_folder() as folder, contextlib.ExitStack() as stack:
        # Large answers come from an origin of their own: what is measured is the balancer.
        ports = [free_port(), free_port()]
        for port in ports:
            stack.enter_context(Process([f"{build}/bench/fairlead-bench", "origin", "--bind",
                                         f"127.0.0.1:{port}"], f"{folder}/origin-{port}.log"))
            wait_for(lambda: can_connect("127.0.0.1", port), "the origin listens")
        config = f"""
[process]
workers = 2
[admin]
bind = "127.0.0.1:{{admin}}"
[log]
access = "off"
[listener.web]
bind = "127.0.0.1:{{port}}"
pool = "app"
[[route]]
path = "/large"
pool = "large"
[pool.app]
backends = ["127.0.0.1:{ports[0]}"]
[pool.large]
backends = ["127.0.0.1:{ports[1]}"]
"""
        balancer = stack.enter_context(Balancer(build, folder, config))
        url = f"http://127.0.0.1:{balancer.port}/"
        normal = Load(build, folder, url, RATE, SECONDS, name="normal").report()
        with Crowd(balancer.port) as crowd:
            wait_for(lambda: len(crowd.members) >= SLOW, "the crowd is there", 60)
            time.sleep(5)  # what it was sent at first is there
            beside = Load(build, folder, url, RATE, SECONDS, name="beside").report()
            memory, made = balancer.memory_mib(), crowd.made
        before = normal["latency_us"]["from_planned"]["p99"] / 1000
        after = beside["latency_us"]["from_planned"]["p99"] / 1000
        yield "slow connections", f"{SLOW} at a time, {made} in all", True
        yield "failed good requests", f"{failed(beside)}", failed(beside) == 0
        yield "p99 of good ones, without and with", f"{before:.2f} and {after:.2f} ms", after < 2 * before
        # A third of them has a buffer.response of its own, 256 KiB by default.
        yield "memory", f"{memory:.0f} MiB", memory < SLOW / 3 * 0.5 + 100
