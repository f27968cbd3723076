"""How a rate is taken, for all Python programs that time a product or a layer: as in `gemm/rates.rs`."""
import os
import time

QUANTILE = float(os.environ.get("PEERS_QUANTILE", "0.5"))


def rate(flops, f, ms=20):
    f()
    t0 = time.perf_counter()
    f()
    once = max(time.perf_counter() - t0, 1e-7)
    n = max(1, min(100000, int(ms / 3 * 1e-3 / once)))
    r = []
    for _ in range(5 if once > ms * 1e-3 else 21):
        t0 = time.perf_counter()
        for _ in range(n):
            f()
        r.append(flops * n / (time.perf_counter() - t0) / 1e9)
    return sorted(r, reverse=True)[int(QUANTILE * (len(r) - 1))]
