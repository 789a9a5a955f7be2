"""PyTorch's functions of logits behind the protocol of temper, called as documented;
what is wrong with their answers is left so. The temperature is this file's: it
divides in float32 and is refused below 0; PyTorch has no answer at 0 and infinity, and
no inverse distribution function: Sample is not provided.
"""
import json
import sys
from base64 import b64decode, b64encode

import torch


def numbers(text, kind):
    return torch.frombuffer(bytearray(b64decode(text)), dtype=kind)


def scaled(logits, temperature):
    if not temperature >= 0:
        raise ValueError("ErrTemperature: below 0 or NaN")
    return logits / torch.tensor(temperature, dtype=torch.float32)


def log_probs(q, x):
    tokens = numbers(q["tokens"], torch.int64)
    return torch.log_softmax(x, 1).gather(1, tokens[:, None]).double()


def draw(q, x):
    generator = torch.Generator().manual_seed(q["seed"])
    return torch.multinomial(torch.softmax(x, 1), q["draws"], replacement=True, generator=generator)


operations = {"LogSumExp": lambda q, x: torch.logsumexp(x, 1).double(), "LogProbs": log_probs,
              "Anneal": lambda q, x: torch.softmax(x, 1), "Draw": draw}
print(json.dumps({"protocol": "temper/1", "operations": list(operations),
                  "without": ["T = 0", "T = Infinity"],
                  "name": f"PyTorch {torch.__version__}"}), flush=True)
for line in sys.stdin:
    q = json.loads(line)
    try:
        logits = numbers(q["logits"], torch.float32).reshape(q["rows"], -1)
        answer = operations[q["operation"]](q, scaled(logits, float(q["temperature"])))
        reply = {"answer": b64encode(answer.numpy().tobytes()).decode()}
    except (ValueError, RuntimeError) as error:
        reply = {"error": str(error)}
    print(json.dumps({"id": q["id"], **reply}), flush=True)
