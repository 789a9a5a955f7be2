#!/usr/bin/env python3
"""Times NumPy, SciPy and PyTorch on one row of logits, as lines of Go benchmarks.

    peers.py FILE WORKLOAD TEMPERATURE

FILE holds little-endian float32. One thread; a library that is not installed is
named on standard error. Before a time is printed its answer is compared with
float64: "wrong" on standard error, and no line, where it is off.

Where WORKLOAD has cuts, the steps of a sampler in their order, it is PyTorch's topk and
sort that are timed: "cut=T,p0.9" divides by T and keeps the most probable tokens up to
a mass of 0.9, "cut=k40" the 40 most probable ones.
"""
import os, re, sys, time

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
file, workload, temperature = sys.argv[1], sys.argv[2], float(sys.argv[3])
cuts = re.search("cut=([^/]*)", workload)
steps = [(step[0], float(step[1:] or temperature)) for step in cuts[1].split(",")] if cuts else []
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


def exactly_kept(slack):
    """How many of the largest logits the steps keep, where borders are off by slack nats."""
    values = np.sort(x[np.isfinite(x)].astype(np.float64))[::-1]
    for step, number in steps:
        mass = np.exp(values - values[0])
        if step == "T":
            values = values / number
        elif step == "k":
            values = values[: int(number)]
        elif step == "p":
            values = values[np.cumsum(mass) - mass < (number + np.expm1(slack)) * mass.sum()]
        elif step == "m":
            values = values[values - values[0] >= np.log(number) - slack]
    return len(values)


def keep(torch, y):
    """The logits that PyTorch keeps, after the steps, and their tokens."""
    values, tokens = y, None
    for step, number in steps:
        chosen = None
        if step == "T":
            values = values / number
        elif step == "k":
            values, chosen = torch.topk(values, int(number))
        elif step == "p":
            values, chosen = torch.sort(values, descending=True)
            p = torch.softmax(values, 0)
            few = torch.cumsum(p, 0) - p < number
            values, chosen = values[few], chosen[few]
        elif step == "m":
            p = torch.softmax(values, 0)
            chosen = torch.nonzero(p >= number * p.max())[:, 0]
            values = values[chosen]
        if chosen is not None:
            tokens = chosen if tokens is None else tokens[chosen]
    return values, tokens


def draw(torch, y):
    values, tokens = keep(torch, y)
    if "T" not in dict(steps):
        values = values / temperature
    return tokens[torch.multinomial(torch.softmax(values, 0), 1)]


def rightly_kept(tokens):
    """Whether they are the largest logits, as many as the free band allows."""
    slack = (64 + len(x) / 256) * ulp
    largest = np.sort(x)[-len(tokens) :]
    return np.array_equal(np.sort(x[tokens]), largest) and exactly_kept(-slack) <= len(tokens) <= exactly_kept(slack)


def time_scipy(special):
    t = np.float32(temperature)
    show("LogSumExp", "scipy", lambda: special.logsumexp(x / t), value)
    show("Anneal", "scipy", lambda: special.softmax(x / t), probabilities)


def time_torch(torch):
    torch.set_num_threads(1)
    y = torch.from_numpy(x)
    if not steps:
        show("LogSumExp", "torch", lambda: torch.logsumexp(y / temperature, 0), value)
        show("LogProbs", "torch", lambda: torch.log_softmax(y / temperature, 0)[token], log_probability)
        show("Anneal", "torch", lambda: torch.softmax(y / temperature, 0), probabilities)
        show("Draw", "torch", lambda: torch.multinomial(torch.softmax(y / temperature, 0), 1), None)
    elif rightly_kept(keep(torch, y)[1].numpy()):
        show("Sampler", "torch", lambda: draw(torch, y), None)
    else:
        print(f"torch: Sampler, {cuts[0]}: keeps other tokens, not timed", file=sys.stderr)


try:
    import torch

    time_torch(torch)
except ImportError:
    print("not measured: PyTorch is not installed (Debian: apt-get install python3-torch)", file=sys.stderr)
if not steps:
    try:
        from scipy import special

        time_scipy(special)
    except ImportError:
        print("not measured: SciPy is not installed (Debian: apt-get install python3-scipy)", file=sys.stderr)
