"""The part of an adapter of samplers or verifiers in Python that is the same for every
library: it reads questions, decodes arrays, asks about one row or draft after the other,
and writes answers. The protocol is the comment of package process (../doc.go).
"""
import json
import sys
from array import array
from base64 import b64decode, b64encode
from math import inf
from types import SimpleNamespace

ANSWERS = {"Sampler.Keep": "B", "Sampler.LogProbs": "d", "Sampler.Sample": "q", "Sampler.Draw": "q",
           "Verifier.Verify": "q", "Verifier.Draw": "q"}


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


def drafts(q):
    """Every draft as an object: vocab, its tokens and their parents, the rows p (float64, one
    behind the other), the rows q or None, u where the question has it, and a seed."""
    d, names = q["drafts"], [("tokens", "q"), ("parents", "q"), ("p", "d"), ("q", "d")]
    vocab, random = d["vocab"], b64decode(d["random"])
    left = {name: numbers(d[name], kind) for name, kind in names} | {"u": numbers(q.get("u", ""), "d")}
    at = dict.fromkeys(left, 0)

    def take(name, count):
        at[name] += count
        return left[name][at[name] - count:at[name]]
    for s, n in enumerate(numbers(d["counts"], "q")):
        yield SimpleNamespace(vocab=vocab, tokens=take("tokens", n), parents=take("parents", n), p=take("p", (n + 1) * vocab),
                              q=take("q", n * vocab) if random[s] else None, u=take("u", n + 1), seed=q["seed"] + s)


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


def check_chain(draft):
    """Raises the error of a draft that has no answer, if trees are not provided."""
    v, q = draft.vocab, draft.q
    for row in (rows[i:i + v] for rows in (draft.p, q or []) for i in range(0, len(rows), v)):
        if not (min(row) >= 0 and abs(sum(row) - 1) <= 1e-3):
            raise ValueError("ErrDistribution: a row is not a distribution")
    for i, token in enumerate(draft.tokens):
        if not 0 <= token < v:
            raise ValueError(f"ErrToken: token {i} is outside the vocabulary")
        if draft.parents[i] != i - 1:
            raise ValueError(f"ErrShape: token {i} does not follow the one before")
        if q is not None and q[i * v + token] == 0:
            raise ValueError(f"ErrImpossibleDraft: token {i} has probability 0 in q")
    if not all(0 <= u < 1 for u in draft.u):
        raise ValueError("ErrDraw: u is outside [0, 1)")


def serve(greeting, operations):
    """Answers questions until standard input ends. greeting is the first line but for its
    protocol and operations. operations are functions of one row that return a number, for
    Sampler.Keep a list of booleans, or of one draft that return a list of tokens. A
    ValueError or RuntimeError refuses the row."""
    protocol = "temper/3" if any(name.startswith("Verifier.") for name in operations) else "temper/2"
    print(json.dumps({"protocol": protocol, **greeting, "operations": list(operations)}), flush=True)
    for line in sys.stdin:
        q = json.loads(line)
        answer, errors = array(ANSWERS[q["operation"]]), []
        for r, row in enumerate(drafts(q) if "drafts" in q else rows(q)):
            try:
                got = operations[q["operation"]](row)
            except (ValueError, RuntimeError) as error:
                errors.append({"row": r, "reason": str(error)})
                got = [] if "drafts" in q else [False] * len(row.logits) if q["operation"] == "Sampler.Keep" else 0
            if "drafts" in q:
                got = [len(got), *got]
            answer.extend(got if isinstance(got, list) else [got])
        print(json.dumps({"id": q["id"], "answer": b64encode(answer).decode(), "errors": errors}), flush=True)
