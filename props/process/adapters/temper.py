"""The part of a sampler's adapter in Python that is the same for every library: it reads
questions, decodes arrays, asks about one row after the other, and writes answers. The
protocol is the comment of package process (../doc.go).
"""
import json
import sys
from array import array
from base64 import b64decode, b64encode
from math import inf
from types import SimpleNamespace

ANSWERS = {"Sampler.Keep": "B", "Sampler.LogProbs": "d", "Sampler.Sample": "q", "Sampler.Draw": "q"}


def numbers(text, kind):
    return array(kind, b64decode(text))


def rows(q):
    """Every row as an object: logits (float32), temperature, top_k, top_p, min_p, token or
    u where the question has them, and a seed of its own."""
    logits, how = numbers(q["logits"], "f"), {"temperature": numbers(q["temperatures"], "d")}
    how |= {"top_k": numbers(q["topK"], "q"), "top_p": numbers(q["topP"], "d"), "min_p": numbers(q["minP"], "d")}
    how |= {name: numbers(q[key], kind) for name, key, kind in [("token", "tokens", "q"), ("u", "u", "d")] if key in q}
    vocab = len(logits) // q["rows"]
    for r in range(q["rows"]):
        settings = {name: column[r] for name, column in how.items()}
        yield SimpleNamespace(logits=logits[r * vocab:(r + 1) * vocab], seed=q["seed"] + r, **settings)


def check(row):
    """Raises the error of a row that has no answer."""
    if not row.temperature >= 0:
        raise ValueError("ErrTemperature: below 0 or NaN")
    if not (row.top_k >= 0 and 0 <= row.top_p <= 1 and 0 <= row.min_p <= 1):
        raise ValueError("ErrSampling: outside its range")
    if any(x != x for x in row.logits):
        raise ValueError("ErrNaN: a logit is NaN")
    if abs(max(row.logits)) == inf:
        raise ValueError("ErrInf: a logit is +Inf" if max(row.logits) > 0 else "ErrNoSupport: every logit is -Inf")
    if not 0 <= getattr(row, "token", 0) < len(row.logits):
        raise ValueError("ErrToken: outside the vocabulary")
    if not 0 <= getattr(row, "u", 0) < 1:
        raise ValueError("ErrDraw: u is outside [0, 1)")


def serve(greeting, operations):
    """Answers questions until standard input ends. greeting is the first line but for its
    protocol and operations. operations are functions of one row that return a number, for
    Sampler.Keep a list of booleans. A ValueError or RuntimeError refuses the row."""
    print(json.dumps({"protocol": "temper/2", **greeting, "operations": list(operations)}), flush=True)
    for line in sys.stdin:
        q = json.loads(line)
        answer, errors = array(ANSWERS[q["operation"]]), []
        for r, row in enumerate(rows(q)):
            try:
                got = operations[q["operation"]](row)
            except (ValueError, RuntimeError) as error:
                errors.append({"row": r, "reason": str(error)})
                got = [False] * len(row.logits) if q["operation"] == "Sampler.Keep" else 0
            answer.extend(got if isinstance(got, list) else [got])
        print(json.dumps({"id": q["id"], "answer": b64encode(answer).decode(), "errors": errors}), flush=True)
