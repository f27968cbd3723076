"""usage: table.py FILE... > table.md

Markdown of what `run.sh train`, `gemm` and `layers` wrote, the fastest peer of a column in
bold: medians over all rounds in the files, or the quantile PEERS_QUANTILE of the times.
"""
import collections
import os
import sys

QUANTILE = float(os.environ.get("PEERS_QUANTILE", "0.5"))

times, rates, layers = (collections.defaultdict(list) for _ in range(3))
for path in sys.argv[1:]:
    for line in open(path):
        f = line.rstrip("\n").split("\t")
        if f[0] == "gemm" and len(f) == 7:
            rates[f[1], f[2], f[3], int(f[4])].append((float(f[5]), float(f[6])))
        elif f[0] == "layer":
            layers[f[1], f[2], f[3], int(f[4])].append(float(f[5]))
        elif len(f) == 6:
            times[f[0], f[1], int(f[2])].append((float(f[3]), float(f[5])))


def in_order(values):
    return list(dict.fromkeys(values))


def short(us):
    return f"{us / 1000:.1f} ms" if us >= 10000 else f"{us:.0f}" if us >= 100 else f"{us:.1f}"


def row(cells):
    print("| " + " | ".join(cells) + " |")


def header(cells):
    row(cells)
    row(["---"] * len(cells))


if times:
    peers, works = in_order(p for _, p, _ in times), in_order(w for w, _, _ in times)
    threads = sorted({t for _, _, t in times})

    def at(quantile):
        return {key: sorted(us for us, _ in got)[int(quantile * (len(got) - 1))] for key, got in times.items()}

    told = at(QUANTILE)
    best = {}
    for (w, p, t), us in told.items():
        if not p.startswith("floor"):
            best[w, t] = min(us, best.get((w, t), us))
    counts = sorted({len(got) for got in times.values()})
    rounds = f"{counts[0]} to {counts[-1]}" if counts[1:] else counts[0]
    print(f"µs for a step or a call, on {' / '.join(map(str, threads))} threads; the {QUANTILE}-quantile of {rounds} rounds.\n")
    header(["peer"] + works + ["peak MiB"])
    for p in peers:
        cells = []
        for w in works:
            cell = []
            for t in threads:
                us = told.get((w, p, t))
                text = "–" if us is None else short(us)
                cell.append(f"**{text}**" if us is not None and us == best.get((w, t)) else text)
            cells.append("–" if set(cell) == {"–"} else " / ".join(cell))
        memory = [mib for (w, q, t), got in times.items() if q == p for _, mib in got]
        row([p] + cells + [f"{min(memory):.0f} to {max(memory):.0f}"])
    print("\ndownhill's time divided by the fastest peer's and by the fastest floor's, by that quantile and by the fastest round:\n")
    header(["", *works])
    for t in threads:
        for name, others in (("peer", lambda p: not p.startswith(("floor", "downhill"))), ("floor", lambda p: p.startswith("floor"))):
            for label, quantile in (("", told), (", fastest", at(0))):
                cells = []
                for w in works:
                    us = [v for (x, p, y), v in quantile.items() if x == w and y == t and others(p)]
                    ours = quantile.get((w, "downhill", t))
                    cells.append(f"{ours / min(us):.2f}" if us and ours else "–")
                row([f"{name}, {t} thread{'s' * (t > 1)}{label}"] + cells)

for t in sorted({t for *_, t in rates}):
    peak = max((g for (s, _, _, u), got in rates.items() if s == "peak" and u == t for g, _ in got), default=0.0)
    libraries = [lib for lib in in_order(lib for s, _, lib, u in rates if s != "peak" and u == t)]
    print(f"\nPer cent of the FMA peak of {peak:.0f} GFLOP/s, {t} thread{'s' * (t > 1)} (m×k×n, column-major):\n")
    header(["shape", ""] + libraries)
    for shape, variant in in_order((s, v) for s, v, _, u in rates if s != "peak" and u == t):
        told = lambda key: sorted((rate for rate, _ in rates[key]), reverse=True)[int(QUANTILE * (len(rates[key]) - 1))]
        got = {lib: 100 * told((shape, variant, lib, t)) / peak for lib in libraries if (shape, variant, lib, t) in rates}
        cells = [("–" if lib not in got else f"**{got[lib]:.0f}**" if got[lib] == max(got.values()) else f"{got[lib]:.0f}") for lib in libraries]
        row([shape.replace("x", "×"), variant] + cells)

if layers:
    threads = sorted({t for *_, t in layers})
    print("\nµs for a layer alone, downhill / PyTorch and the ratio: a prediction, and forward and backward.\n")
    header(["layer"] + [f"{what}, {t} thread{'s' * (t > 1)}" for t in threads for what in ("predict", "train")])
    for name in in_order(name for name, *_ in layers):
        cells = []
        for t in threads:
            for what in ("predict", "train"):
                both = [layers.get((name, what, library, t)) for library in ("downhill", "torch")]
                if None in both:
                    cells.append("–")
                    continue
                ours, theirs = (sorted(got)[int(QUANTILE * (len(got) - 1))] for got in both)
                cells.append(f"{short(ours)} / {short(theirs)}: {ours / theirs:.2f}")
        row([name] + cells)
