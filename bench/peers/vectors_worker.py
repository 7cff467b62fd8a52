"""The other vector searches: answers bench/vectors, one line a request (see ../README.md).

    vectors_worker.py ENGINE
"""

import ctypes
import json
import sys
import time

import numpy

BLOCK = 4096  # rows that are read and added at a time, so that no copy of the file stays
LINKS, BUILD_EFFORT = 16, 200  # of HNSW: M, efConstruction


class Faiss:
    def __init__(self, kind):
        import faiss

        faiss.omp_set_num_threads(1)
        self.faiss, self.kind = faiss, kind
        self.engine = f"faiss {faiss.__version__}"

    def make(self, dim, count):
        inner = self.faiss.METRIC_INNER_PRODUCT
        if self.kind == "flat":
            self.index = self.faiss.IndexFlatIP(dim)
        elif self.kind == "sq8":
            eight = self.faiss.ScalarQuantizer.QT_8bit
            self.index = self.faiss.IndexScalarQuantizer(dim, eight, inner)
        else:
            self.index = self.faiss.IndexHNSWFlat(dim, LINKS, inner)
            self.index.hnsw.efConstruction = BUILD_EFFORT

    def add(self, first, rows):
        if not self.index.is_trained:  # sq8: the least and largest of each dimension
            self.index.train(rows)
        self.index.add(rows)

    def effort(self, count):
        self.index.hnsw.efSearch = count

    def search(self, query, k):
        return self.index.search(query[None], k)[1][0]


class Hnswlib:
    def __init__(self, kind):
        import importlib.metadata

        import hnswlib

        self.hnswlib, self.kind = hnswlib, kind
        self.engine = f"hnswlib {importlib.metadata.version('hnswlib')}"

    def make(self, dim, count):
        if self.kind == "flat":
            self.index = self.hnswlib.BFIndex(space="ip", dim=dim)
            self.index.init_index(max_elements=count)
        else:
            self.index = self.hnswlib.Index(space="ip", dim=dim)
            self.index.init_index(max_elements=count, M=LINKS, ef_construction=BUILD_EFFORT)
        self.index.set_num_threads(1)

    def add(self, first, rows):
        self.index.add_items(rows, numpy.arange(first, first + len(rows)))

    def effort(self, count):
        self.index.set_ef(count)

    def search(self, query, k):
        return self.index.knn_query(query[None], k=k)[0][0]


class SqliteVec:
    def __init__(self, kind):
        import apsw
        import sqlite_vec

        self.kind = kind
        self.db = apsw.Connection(":memory:")
        self.db.enable_load_extension(True)
        self.db.load_extension(sqlite_vec.loadable_path())
        version = self.db.execute("select vec_version()").fetchone()[0]
        self.engine = f"sqlite-vec {version}"

    def make(self, dim, count):
        column = {"f32": f"v float[{dim}]", "int8": f"v int8[{dim}]"}[self.kind]
        # Vectors of length 1: the nearest by L2 are those with the largest dot product.
        self.db.execute(f"create virtual table t using vec0({column} distance_metric=l2)")
        self.wrap = {"f32": "?", "int8": "vec_int8(?)"}[self.kind]
        self.query = (
            f"select rowid from t where v match {self.wrap} and k = ? order by distance"
        )

    def blob(self, vector):
        if self.kind == "f32":
            return vector.tobytes()
        # int8 columns have no scale: one for all vectors, that of the largest value of most.
        return numpy.clip(numpy.rint(vector * self.scale), -127, 127).astype("i1").tobytes()

    def add(self, first, rows):
        if first == 0:
            self.scale = 127 / numpy.quantile(numpy.abs(rows), 0.9999)
        insert = f"insert into t (rowid, v) values (?, {self.wrap})"
        with self.db:
            for i, row in enumerate(rows):
                self.db.execute(insert, (first + i, self.blob(row)))

    def search(self, query, k):
        return [row[0] for row in self.db.execute(self.query, (self.blob(query), k))]


ENGINES = {
    "faiss-flat": lambda: Faiss("flat"),
    "faiss-sq8": lambda: Faiss("sq8"),
    "faiss-hnsw": lambda: Faiss("hnsw"),
    "hnswlib-flat": lambda: Hnswlib("flat"),
    "hnswlib-hnsw": lambda: Hnswlib("hnsw"),
    "sqlite-vec-f32": lambda: SqliteVec("f32"),
    "sqlite-vec-int8": lambda: SqliteVec("int8"),
}


def trim():
    """Memory that Python freed goes back to the system before it is measured."""
    ctypes.CDLL(None).malloc_trim(0)


def build(engine, dim, path):
    rows = 0
    with open(path, "rb") as file:
        count = file.seek(0, 2) // (4 * dim)
        file.seek(0)
        start, cpu = time.perf_counter(), time.process_time()
        engine.make(dim, count)
        while block := file.read(BLOCK * 4 * dim):
            vectors = numpy.frombuffer(block, "<f4").reshape(-1, dim)
            engine.add(rows, vectors)
            rows += len(vectors)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    trim()
    return {"seconds": seconds, "cpu_seconds": cpu, "rows": rows}


def timed(engine, queries, k, count):
    ms = []
    cpu = time.process_time()
    for i in range(count):
        query = queries[i % len(queries)]
        start = time.perf_counter()
        engine.search(query, k)
        ms.append(1e3 * (time.perf_counter() - start))
    return {"ms": ms, "cpu_ms": 1e3 * (time.process_time() - cpu) / count}


def main():
    def answer(**fields):
        print(json.dumps(fields), flush=True)

    engine = ENGINES[sys.argv[1]]()
    trim()
    answer(engine=engine.engine)
    dim, queries = None, None
    for line in sys.stdin:
        name, _, rest = line.rstrip("\n").partition(" ")
        if name == "quit":
            return
        if name == "build":
            word, _, path = rest.partition(" ")
            dim = int(word)
            answer(**build(engine, dim, path))
        elif name == "queries":
            queries = numpy.fromfile(rest, "<f4").reshape(-1, dim)
            answer(queries=len(queries))
        elif name == "effort":
            engine.effort(int(rest))
            answer(effort=int(rest))
        elif name == "search":
            k, count = map(int, rest.split())
            answer(**timed(engine, queries, k, count))
        elif name == "results":
            word, _, path = rest.partition(" ")
            found = numpy.full((len(queries), int(word)), -1, "<i4")
            for i, query in enumerate(queries):
                hits = engine.search(query, int(word))
                found[i, : len(hits)] = hits
            found.tofile(path)
            answer(queries=len(queries))
        else:
            answer(error=f'"{name}" is no request')
            return


if __name__ == "__main__":
    main()
