"""The worker's half of the protocol (see ../README.md), for engines that are used from Python."""

import json
import sys
import time


def serve(engine, embed):
    """Answer requests until "quit". `embed` takes a list of texts and returns their vectors,
    a numpy array [n, dim]; `engine` is what the results call it, with its version."""

    def answer(**fields):
        print(json.dumps(fields), flush=True)

    texts = []
    answer(engine=engine)
    for line in sys.stdin:
        name, _, rest = line.rstrip("\n").partition(" ")
        if name == "quit":
            return
        if name == "texts":
            with open(rest, encoding="utf-8", newline="\n") as file:
                texts = file.read().split("\n")[:-1]
            answer(texts=len(texts))
        elif name == "embed":
            count, batch = map(int, rest.split())
            start = time.perf_counter()
            for i in range(0, count, batch):
                embed(texts[i : min(i + batch, count)])
            answer(seconds=time.perf_counter() - start)
        elif name == "latency":
            ms = []
            for i in range(int(rest)):
                one = [texts[i % len(texts)]]
                start = time.perf_counter()
                embed(one)
                ms.append(1e3 * (time.perf_counter() - start))
            answer(ms=ms)
        elif name == "vectors":
            batch, path = rest.split(" ", 1)
            rows = 0
            with open(path, "wb") as file:
                for i in range(0, len(texts), int(batch)):
                    vectors = embed(texts[i : i + int(batch)])
                    file.write(vectors.astype("<f4").tobytes())
                    rows += len(vectors)
            answer(rows=rows, dim=vectors.shape[1])
        else:
            answer(error=f'"{name}" is no request')
            return
