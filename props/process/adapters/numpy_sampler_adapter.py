"""Top-p, min-p and top-k in NumPy, in the style of mlx-lm, behind the protocol of temper:
all three cut the distribution at T = 1, top-p by the mass of all tokens, and the
temperature comes last. T = 0 takes the argmax; T = Infinity and the errors are this file's.
"""
from math import inf, log

import numpy as np

from temper import check, serve


def logits(row):
    """What is left of a row, shifted so that the largest is 0 and divided by T."""
    check(row)
    logp, k, p = np.frombuffer(row.logits, np.float32), row.top_k, row.top_p
    if row.temperature == 0:
        return np.where(np.arange(len(logp)) == logp.argmax(), 0, -inf)
    logp = logp - logp.max()
    logp = logp - np.log(np.exp(logp).sum())
    kept = logp.copy()
    if 0 < p < 1:
        ascending = logp.argsort(kind="stable")
        removed = ascending[np.exp(logp[ascending]).cumsum() <= 1 - p]
        kept[removed[removed != ascending[-1]]] = -inf
    if row.min_p > 0:
        kept[logp < logp.max() + log(row.min_p)] = -inf
    if 0 < k < len(kept):
        kept[np.argpartition(-kept, k - 1)[k:]] = -inf
    if row.temperature == inf:
        return np.where(kept > -inf, 0, -inf)
    return (kept - kept.max()) / row.temperature


def sample(row):
    cdf = np.exp(logits(row)).cumsum()
    return int((cdf / cdf[-1]).searchsorted(row.u, side="right"))


def draw(row):
    x = logits(row)
    return int((x + np.random.default_rng(row.seed).gumbel(size=len(x))).argmax())


def log_prob(row):
    x = logits(row)
    return float(x[row.token] - np.log(np.exp(x).sum()))


serve({"name": f"NumPy {np.__version__}, in the style of mlx-lm", "convention": "mlx-lm"}, {
    "Sampler.Keep": lambda row: (logits(row) > -inf).tolist(),
    "Sampler.LogProbs": log_prob, "Sampler.Sample": sample, "Sampler.Draw": draw,
})
