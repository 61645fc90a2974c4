"""Every backend of a pool of four fails at once: all answer 503, or all are gone. Then they return."""

import contextlib
import time

from harness import Balancer, Load, Origin, Sampler, config, requests_of, temporary_folder

RATE, FAIR = 2000, 500
WELL, FAILING, AFTER = 3, 8, 14  # seconds


def run(build):
    for is_gone in (False, True):
        yield from run_one(build, is_gone)


def run_one(build, is_gone):
    what = "all gone" if is_gone else "all 503"
    with temporary_folder() as folder, contextlib.ExitStack() as stack:
        origins = [Origin(folder, f"o{index}").start() for index in range(4)]
        for origin in origins:
            stack.callback(origin.stop)
        text = config(
            [each.address for each in origins],
            'check = { http = "GET /healthz", every = "1s", every_down = "1s", timeout = "500ms" }')
        balancer = stack.enter_context(Balancer(build, folder, text))
        sampler = stack.enter_context(Sampler(balancer, 0.05))
        load = Load(build, folder, f"http://127.0.0.1:{balancer.port}/", RATE, WELL + FAILING + AFTER,
                    "--connections", "256")
        sampler.is_over.wait(WELL)
        before, began = balancer.metrics(), time.monotonic()
        for origin in origins:
            origin.stop() if is_gone else origin.fail(True)
        sampler.is_over.wait(FAILING)
        failing, ended = balancer.metrics(), time.monotonic()
        for origin in origins:
            origin.start() if is_gone else origin.fail(False)
        if is_gone:
            ended = time.monotonic()
        report = load.report()

        def done(samples):
            return sum(requests_of(samples, each.address) for each in origins)

        def asked(samples):
            return sum(value for name, value in samples.items()
                       if name.startswith("fairlead_requests_total{"))

        if not is_gone:
            more = (done(failing) - done(before)) / (asked(failing) - asked(before)) - 1
            yield f"{what}: load added by retries", f"{more:.1%}", more <= 0.20
        seconds = report["timeline"]["rows"]
        # The first second after the return in which nothing failed any more, and all after it.
        good_from = None
        for row in seconds:
            at = load.started + row["second"]
            count = sum(row["outcomes"].values())
            bad = count - row["outcomes"].get("ok", 0)
            if at > ended and bad <= count * 0.001:
                good_from = good_from or at
            elif at > ended:
                good_from = None
        took = None if good_from is None else max(0.0, good_from - ended)
        yield (f"{what}: all well again after", f"{took:.1f} s or less" if took is not None else "never",
               took is not None and took <= 3.0 + 1.0)  # rows are whole seconds
        peaks = []
        for origin in origins:
            rates = [rate for when, rate in sampler.rates(origin.address, 0.5) if when > ended]
            peaks.append(max(rates, default=0) / FAIR)
        yield (f"{what}: highest half second of a backend after it, in fair shares", f"{max(peaks):.2f}",
               max(peaks) < 2)
