"""One engine in a process of its own, spoken to in lines (see ../README.md)."""

import json
import os
import select
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
REPLY_SECONDS = 600  # a worker that is silent for longer is given up


class WorkerError(Exception):
    pass


class Worker:
    """Use in a `with` statement: the process ends with it."""

    def __init__(self, home, peer, threads, max_tokens):
        self.peer = peer
        self.started = time.perf_counter()
        self.log = open(home.path / f"{peer.name}.log", "ab")
        self.process = subprocess.Popen(
            [str(word) for word in peer.command(home, threads, max_tokens)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, bufsize=0,
            env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"),
        )  # fmt: skip
        self.pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.process.stdin.write(b"quit\n")
            self.process.stdin.close()
            self.process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def reply(self, seconds=REPLY_SECONDS):
        """The next answer. Other lines that an engine prints are passed over."""
        deadline = time.monotonic() + seconds
        while True:
            line, newline, rest = self.pending.partition(b"\n")
            if newline:
                self.pending = rest
                if not line.startswith(b"{"):
                    continue
                answer = json.loads(line)
                if "error" in answer:
                    raise WorkerError(f"{self.peer.name}: {answer['error']}")
                return answer
            ready, _, _ = select.select([self.process.stdout], [], [], deadline - time.monotonic())
            got = self.process.stdout.read(1 << 16) if ready else b""
            if not got:
                state = "ended" if ready else f"said nothing for {seconds} s"
                raise WorkerError(f"{self.peer.name}: the worker {state}; see {self.log.name}")
            self.pending += got

    def ask(self, request, seconds=REPLY_SECONDS):
        self.process.stdin.write(request.encode() + b"\n")
        return self.reply(seconds)

    def hello(self, texts):
        """Wait until the engine is open, and give it its texts. Returns what it calls itself."""
        engine = self.reply()["engine"]
        self.ask(f"texts {texts}")
        return engine

    def cpu_seconds(self):
        """What the process and its threads have used so far."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def peak_rss_mb(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            (line,) = (line for line in file if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024


def machine_cpu_seconds():
    """What all processes have used since the machine started, and what a virtual machine's host
    has taken from it."""
    with open("/proc/stat") as file:
        fields = map(int, file.readline().split()[1:9])
    user, nice, system, _idle, _iowait, irq, softirq, stolen = fields
    return (user + nice + system + irq + softirq + stolen) / TICKS


class Turn:
    """One engine's turn: the CPU time that it used (`cpu_seconds`), and how many cores were
    busy with something else meanwhile (`foreign_cores`)."""

    def __init__(self, worker):
        self.worker = worker

    def __enter__(self):
        self.own = self.worker.cpu_seconds()
        self.all = machine_cpu_seconds()
        self.start = time.perf_counter()
        return self

    def __exit__(self, *_):
        wall = time.perf_counter() - self.start
        self.cpu_seconds = self.worker.cpu_seconds() - self.own
        others = machine_cpu_seconds() - self.all - self.cpu_seconds
        self.foreign_cores = max(0.0, others / max(wall, 1e-9))
