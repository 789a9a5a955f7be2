#!/usr/bin/env python3
"""Times NumPy, SciPy and PyTorch on one row of logits, as lines of Go benchmarks.

    peers.py FILE WORKLOAD TEMPERATURE

FILE holds little-endian float32. One thread; a library that is not installed is
named on standard error. Before a time is printed its answer is compared with
float64: "wrong" on standard error, and no line, where it is off.
"""
import os, sys, time

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
file, workload, temperature = sys.argv[1], sys.argv[2], float(sys.argv[3])
try:
    import numpy as np
except ImportError:
    sys.exit("not measured: NumPy is not installed (Debian: apt-get install python3-numpy python3-scipy python3-torch)")

x = np.fromfile(file, dtype="<f4")
exact = x.astype(np.float64) / temperature
lse = exact.max() + np.log(np.exp(exact - exact.max()).sum())
p = np.exp(exact - lse)
ulp = float(np.spacing(np.float32(max(np.abs(exact[np.isfinite(exact)]).max(), abs(lse), 1))))
token = int(exact.argmax())


def median(call, repeats=7, at_least=0.02):
    times = []
    for _ in range(repeats):
        n, start = 0, time.perf_counter()
        while n == 0 or time.perf_counter() - start < at_least:
            call()
            n += 1
        times.append((time.perf_counter() - start) / n)
    return sorted(times)[repeats // 2]


def show(operation, name, call, error):
    """Prints a call's time; error is the distance of its answer in ulps, or None for draws."""
    off = error(call()) if error else 0
    if not off <= 64 + len(x) / 256:
        print(f"{name}: {operation} is wrong by {off:.3g} ulps, not timed", file=sys.stderr)
        return
    ns = median(call) * 1e9
    units = f"\t{off:.3g} ulps" if error else ""
    print(f"Benchmark{operation}/{workload}/impl={name}\t1\t{ns:.0f} ns/op\t{ns / len(x):.5f} ns/logit{units}")


def value(got):
    return abs(float(got) - lse) / ulp


def log_probability(got):
    return abs(float(got) - (exact[token] - lse)) / ulp


def probabilities(got):
    likely = p > 2.0**-100
    return float(np.abs(np.log(np.asarray(got, dtype=np.float64)[likely] / p[likely])).max()) / ulp


try:
    from scipy.special import logsumexp, softmax

    t = np.float32(temperature)
    show("LogSumExp", "scipy", lambda: logsumexp(x / t), value)
    show("Anneal", "scipy", lambda: softmax(x / t), probabilities)
except ImportError:
    print("not measured: SciPy is not installed (Debian: apt-get install python3-scipy)", file=sys.stderr)

try:
    import torch

    torch.set_num_threads(1)
    y = torch.from_numpy(x)
    show("LogSumExp", "torch", lambda: torch.logsumexp(y / temperature, 0), value)
    show("LogProbs", "torch", lambda: torch.log_softmax(y / temperature, 0)[token], log_probability)
    show("Anneal", "torch", lambda: torch.softmax(y / temperature, 0), probabilities)
    show("Draw", "torch", lambda: torch.multinomial(torch.softmax(y / temperature, 0), 1), None)
except ImportError:
    print("not measured: PyTorch is not installed (Debian: apt-get install python3-torch)", file=sys.stderr)
