"""NumPy's and SciPy's functions of logits behind the protocol of temper, called as
documented; what is wrong with their answers is left so. The temperature is this
file's: it divides in float32 and is refused below 0; the libraries have no answer at
0 and infinity.
"""
import json
import sys
from base64 import b64decode, b64encode

import numpy as np
import scipy
from scipy.special import log_softmax, logsumexp, softmax


def scaled(logits, temperature):
    if not temperature >= 0:
        raise ValueError("ErrTemperature: below 0 or NaN")
    return logits / np.float32(temperature)


def log_probs(q, x):
    tokens = np.frombuffer(b64decode(q["tokens"]), "<i8")
    if (tokens < 0).any():  # which NumPy counts from the end
        raise IndexError("ErrToken: below 0")
    return log_softmax(x, axis=1)[np.arange(len(x)), tokens].astype("<f8")


def sample(q, x):
    u, cdf = np.frombuffer(b64decode(q["u"]), "<f8"), softmax(x, axis=1).cumsum(axis=1)
    return np.array([np.searchsorted(c, v, side="right") for c, v in zip(cdf, u)], "<i8")


def draw(q, x):
    generator = np.random.default_rng(q["seed"])
    return np.array([generator.choice(len(p), size=q["draws"], p=p) for p in softmax(x, axis=1)], "<i8")


operations = {"LogSumExp": lambda q, x: logsumexp(x, axis=1).astype("<f8"), "LogProbs": log_probs,
              "Anneal": lambda q, x: softmax(x, axis=1).astype("<f4"), "Sample": sample, "Draw": draw}
print(json.dumps({"protocol": "temper/1", "operations": list(operations),
                  "without": ["T = 0", "T = Infinity"],
                  "name": f"NumPy {np.__version__}, SciPy {scipy.__version__}"}), flush=True)
for line in sys.stdin:
    q = json.loads(line)
    try:
        logits = np.frombuffer(b64decode(q["logits"]), "<f4").reshape(q["rows"], -1)
        numbers = operations[q["operation"]](q, scaled(logits, float(q["temperature"])))
        reply = {"answer": b64encode(numbers.tobytes()).decode()}
    except (ValueError, IndexError) as error:
        reply = {"error": str(error)}
    print(json.dumps({"id": q["id"], **reply}), flush=True)
