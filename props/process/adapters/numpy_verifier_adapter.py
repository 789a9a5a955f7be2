"""The accept rule of speculative sampling in NumPy, behind the protocol of temper: all
positions of a draft are compared at once, as the rejection samplers of engines do, and a
rejected token is replaced by one of the residual (p - q)+.
"""
import numpy as np

from temper import check_chain, serve


def verify(draft, u):
    check_chain(draft)
    n, tokens = len(draft.tokens), np.array(draft.tokens, np.int64)
    drafted = np.arange(n), tokens
    p = np.frombuffer(draft.p, np.float64).reshape(n + 1, draft.vocab)
    if draft.q is None:  # a draft without randomness
        q = np.zeros((n, draft.vocab))
        q[drafted] = 1
    else:
        q = np.frombuffer(draft.q, np.float64).reshape(n, draft.vocab)
    accepted = int(np.append(u[:n] * q[drafted] < p[drafted], False).argmin())
    weights = p[accepted]
    if accepted < n:
        residual = np.maximum(weights - q[accepted], 0)
        weights = residual if residual.sum() > 0 else weights
    cdf = weights.cumsum()
    last = min((cdf <= u[n] * cdf[-1]).sum(), np.flatnonzero(weights)[-1])
    return [*draft.tokens[:accepted], int(last)]


serve({"name": f"NumPy {np.__version__}, speculative sampling", "rule": "rejection"}, {
    "Verifier.Verify": lambda draft: verify(draft, np.array(draft.u)),
    "Verifier.Draw": lambda draft: verify(draft, np.random.default_rng(draft.seed).random(len(draft.tokens) + 1)),
})
