"""A pool of four, one of which answers 30 % of its requests with 503 while its checks pass."""

import contextlib

from harness import Balancer, Load, Origin, Sampler, answered, config, failed, temporary_folder

RATE, SECONDS, FAIR = 2000, 15, 500


def run(build):
    with temporary_folder() as folder, contextlib.ExitStack() as stack:
        origins = [Origin(folder, f"o{index}", 30 if index == 0 else 100).start() for index in range(4)]
        for origin in origins:
            stack.callback(origin.stop)
        text = config([each.address for each in origins], 'check = "GET /healthz"',
                      'policy = "round_robin"')
        balancer = stack.enter_context(Balancer(build, folder, text))
        sampler = stack.enter_context(Sampler(balancer, 0.05))
        load = Load(build, folder, f"http://127.0.0.1:{balancer.port}/", RATE, SECONDS)
        sampler.is_over.wait(3)
        origins[0].fail(True)
        since = sampler.rows[-1][0]
        report = load.report()
        bad = origins[0].address
        out = sampler.first(lambda samples: samples.get(
            f'fairlead_ejections_total{{pool="app",backend="{bad}"}}', 0) > 0, since)
        highest = max(rate for origin in origins[1:] for _, rate in sampler.rates(origin.address))
        share = failed(report) / (failed(report) + answered(report))
        yield "client-visible failures", f"{share:.3%}", share < 0.001
        yield "ejected after", f"{out - since:.2f} s" if out else "never", bool(out) and out - since <= 2
        yield "highest second of another, in fair shares", f"{highest / FAIR:.2f}", highest <= 1.5 * FAIR
