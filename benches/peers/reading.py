"""usage: reading.py [MEGABYTES [ROUNDS]] [--keep]

Holds downhill's reading of CSV and its batches against pandas, polars and PyTorch's DataLoader, on the same
files: the digits, and one of MEGABYTES (100) made up in a folder of the temporary one, where it stays. Every
library has a process of its own in each of the ROUNDS (3; 0 only makes ready), in turns; medians, as
Markdown. --keep puts them into ../README.md. Environment: PEERS_THREADS (default "1 2"), PEERS_CPU.

What is timed: from a file, which the system has in memory, to a float32 array of the features and the column
y; then an epoch of shuffled batches of 64 from at most 2^20 of these rows.
"""
import collections
import datetime
import gzip
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROWS, BATCH = 1 << 20, 64
READERS = ["downhill", "pandas", "polars", "torch"]


def report(what, samples, call):
    """The median of at least a second of repeats, or of one."""
    begin, times = time.perf_counter(), []
    while not times or time.perf_counter() - begin < 1:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    print(f"{what}\t{statistics.median(times)}\t{samples}", flush=True)


def peer(name, path):
    import numpy as np

    if name == "polars":
        import polars as pl

        def read():
            table = pl.read_csv(path)
            return table.drop("y").cast(pl.Float32).to_numpy(), table["y"].cast(pl.Float32).to_numpy()
    else:
        import pandas as pd

        def read():
            table = pd.read_csv(path)
            return table.drop(columns="y").to_numpy(np.float32), table["y"].to_numpy(np.float32)

    x, y = read()
    if name != "torch":
        return report("read", len(x), read)
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    x, y = torch.from_numpy(np.ascontiguousarray(x[:ROWS])), torch.from_numpy(np.ascontiguousarray(y[:ROWS]))

    def loader():
        for _ in DataLoader(TensorDataset(x, y), batch_size=BATCH, shuffle=True):
            pass

    def indexing():
        order = torch.randperm(len(x))
        for at in range(0, len(x), BATCH):
            rows = order[at:at + BATCH]
            x[rows], y[rows]

    report("batches", len(x), loader)
    report("batches, indexed by hand", len(x), indexing)


def make(folder, megabytes):
    """The digits as they are in the library; normal numbers of six decimals, a block of rows again and again."""
    import numpy as np

    folder.mkdir(exist_ok=True)
    digits = gzip.decompress((HERE / "../../crates/downhill-data/bundled/digits.csv.gz").read_bytes())
    small, large = folder / "digits.csv", folder / f"normal-{megabytes}.csv"
    head, rest = digits.split(b"\n", 1)
    small.write_bytes(re.sub(rb"(^|,)\"?digit\"?", rb"\1y", head) + b"\n" + rest)
    if not large.exists():
        rng = np.random.default_rng(1)
        numbers, classes = rng.standard_normal((20000, 16)).tolist(), rng.integers(0, 10, 20000).tolist()
        rows = [",".join(f"{x:.6f}" for x in row) + f",{y}\n" for row, y in zip(numbers, classes)]
        block = "".join(rows).encode()
        with open(folder / "part", "wb") as file:
            file.write((",".join(f"x{i}" for i in range(16)) + ",y\n").encode())
            for _ in range(max(1, round(megabytes * 1e6 / len(block)))):
                file.write(block)
        (folder / "part").rename(large)
    return [small, large]


def run(reader, path, threads, bench):
    command = [bench, path, "y"] if reader == "downhill" else [sys.executable, __file__, "--peer", reader, path]
    if threads == 1:
        command = ["taskset", "-c", os.environ.get("PEERS_CPU", "0"), *command]
    threads = str(threads)
    env = {**os.environ, "POLARS_MAX_THREADS": threads, "OMP_NUM_THREADS": threads}
    out = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True).stdout
    return [(what, float(seconds), int(samples)) for what, seconds, samples in (line.split("\t") for line in out.splitlines())]


def main(arguments):
    megabytes = int(arguments[0]) if arguments else 100
    rounds = int(arguments[1]) if len(arguments) > 1 else 3
    threads = [int(count) for count in os.environ.get("PEERS_THREADS", "1 2").split()]
    build = ["cargo", "bench", "-p", "downhill-benches", "--bench", "read", "--no-run"]
    built = subprocess.run(build, cwd=HERE, stderr=subprocess.PIPE, text=True)
    found = re.search(r"Executable .*\((.+)\)", built.stderr)
    if not found:
        sys.exit(built.stderr)
    bench = HERE / "../.." / found[1]
    paths = make(pathlib.Path(tempfile.gettempdir()) / "downhill-reading", megabytes)
    times, samples = collections.defaultdict(list), {}
    for _ in range(rounds):
        for path in paths:
            for count in threads:
                for reader in READERS:
                    for what, seconds, number in run(reader, path, count, bench):
                        times[what, reader, path, count].append(seconds)
                        samples[what, path] = number
    if not times:
        return ""
    head = [f"{path.name}, {path.stat().st_size / 1e6:.3g} MB, {count} thread{'s' * (count > 1)}" for path in paths for count in threads]
    lines = ["| | | " + " | ".join(head) + " |", "|---" * (2 + len(head)) + "|"]
    for what, reader in dict.fromkeys((what, reader) for what, reader, *_ in times):
        cells = []
        for path in paths:
            for count in threads:
                seconds = statistics.median(times[what, reader, path, count])
                rate = path.stat().st_size / 1e6 / seconds if what.startswith("read") else samples[what, path] / 1e6 / seconds
                cells.append(f"{1e3 * seconds:.4g} ms, {rate:.3g} {'MB/s' if what.startswith('read') else 'M rows/s'}")
        lines.append(f"| {what} | {reader} | " + " | ".join(cells) + " |")
    cpu = next((line.split(": ")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    day = datetime.date.today()
    return f"{day}; {cpu}, {os.cpu_count()} cores; medians of {rounds} round{'s' * (rounds > 1)}.\n\n" + "\n".join(lines)


if sys.argv[1:2] == ["--peer"]:
    peer(*sys.argv[2:])
else:
    table = main([argument for argument in sys.argv[1:] if argument != "--keep"])
    print(table)
    if table and "--keep" in sys.argv:
        readme = HERE / "../README.md"
        text = re.sub(r"(<!-- reading -->\n).*(<!-- /reading -->)", rf"\1\n{table}\n\n\2", readme.read_text(), flags=re.S)
        readme.write_text(text)
