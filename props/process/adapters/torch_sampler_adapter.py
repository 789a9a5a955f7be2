"""Top-k, top-p and min-p in PyTorch, as the logits warpers of transformers are written,
behind the protocol of temper. Every row has warpers of its own. T = 0 takes the argmax, as
generate does without do_sample; T = Infinity and the errors are this file's.
"""
from math import inf

import torch

from temper import check, serve


def warped(row):
    check(row)
    scores, p = torch.frombuffer(row.logits, dtype=torch.float32), row.top_p
    if row.temperature == 0:
        return torch.full_like(scores, -inf).index_fill(0, scores.argmax(), 0.0)
    if row.temperature == inf:
        scores = scores.masked_fill(scores > -inf, 0.0)
    else:
        scores = scores / row.temperature
    if row.top_k > 0:
        kth = torch.topk(scores, min(row.top_k, len(scores)))[0][-1]
        scores = scores.masked_fill(scores < kth, -inf)
    if 0 < p < 1:
        ascending, tokens = torch.sort(scores, descending=False)
        remove = ascending.softmax(0).cumsum(0) <= 1 - p
        remove[-1] = False
        scores = scores.masked_fill(remove.scatter(0, tokens, remove), -inf)
    if row.min_p > 0:
        probs = scores.softmax(0)
        scores = scores.masked_fill(probs < row.min_p * probs.max(), -inf)
    return scores


def draw(row):
    generator = torch.Generator().manual_seed(row.seed)
    return torch.multinomial(warped(row).softmax(0), 1, generator=generator).item()


serve({"name": f"PyTorch {torch.__version__}, as transformers warps", "convention": "transformers"}, {
    "Sampler.Keep": lambda row: (warped(row) > -inf).tolist(),
    "Sampler.LogProbs": lambda row: warped(row).log_softmax(0)[row.token].item(),
    "Sampler.Draw": draw,
})
