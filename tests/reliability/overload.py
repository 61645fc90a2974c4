"""Three times as many requests as the backends can take, with max_in_flight and the queue."""

import contextlib

from harness import Balancer, Load, Process, answered, can_connect, config, free_port, temporary_folder, wait_for

DELAY_MS, IN_FLIGHT, BACKENDS, WAIT_MS, SECONDS = 20, 10, 2, 500, 15
CAPACITY = 1000 // DELAY_MS * IN_FLIGHT * BACKENDS  # requests a second


def run(build):
    with temporary_folder() as folder, contextlib.ExitStack() as stack:
        ports = [free_port() for _ in range(BACKENDS)]
        for port in ports:
            stack.enter_context(Process([f"{build}/bench/fairlead-bench", "origin", "--bind",
                                         f"127.0.0.1:{port}"], f"{folder}/origin-{port}.log"))
            wait_for(lambda: can_connect("127.0.0.1", port), "the origin listens")
        text = config([f"127.0.0.1:{port}" for port in ports], f"max_in_flight = {IN_FLIGHT}",
                      f'queue = {{ size = 1000, wait = "{WAIT_MS}ms" }}')
        balancer = stack.enter_context(Balancer(build, folder, text))
        url = f"http://127.0.0.1:{balancer.port}/?delay={DELAY_MS}ms"
        # What the backends give when nobody waits: the generator's view of the capacity.
        peak = Load(build, folder, url, None, 5, "--connections", IN_FLIGHT * BACKENDS,
                    name="capacity").report()
        capacity = answered(peak) / peak["duration_seconds"]
        before = balancer.memory_mib()
        report = Load(build, folder, url, 3 * CAPACITY, SECONDS, "--connections", "2000").report()
        goodput = answered(report) / report["duration_seconds"]
        ok = report.get("latency_ok_us", report["latency_us"])["from_send"]["p99"] / 1000
        yield "capacity", f"{capacity:.0f} requests/s", True
        yield "goodput at three times that", f"{goodput / capacity:.1%}", goodput >= 0.8 * capacity
        yield ("p99 of all that got an answer", f"{ok:.0f} ms",
               ok <= WAIT_MS + 3 * DELAY_MS + 50)
        yield ("memory grew by", f"{balancer.peak_mib() - before:.1f} MiB",
               balancer.peak_mib() - before < 64)
