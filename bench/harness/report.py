"""Results as one JSON object and as Markdown tables."""

import json
import platform
import re
import statistics
import subprocess

from harness import measure
from harness.home import REPOSITORY

QUIET = 0.15  # cores that other processes may use before a turn counts as disturbed


def machine():
    with open("/proc/cpuinfo") as file:
        cpuinfo = file.read()
    model = re.search(r"model name\s*: (.*)", cpuinfo)
    flags = re.search(r"(?:flags|Features)\s*: (.*)", cpuinfo)
    telling = {"avx2", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16",
               "asimddp", "i8mm"}  # fmt: skip
    return {
        "cpu": model.group(1) if model else platform.machine(),
        "instructions": sorted(telling & set(flags.group(1).split())) if flags else [],
        "cores": cpuinfo.count("processor\t:"),
        "system": f"{platform.system()} {platform.release()}",
    }


def commit():
    git = ["git", "-C", str(REPOSITORY)]
    head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    dirty = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True)
    return head.stdout.strip() + (" with changes" if dirty.stdout.strip() else "")


def sizes(home, peers):
    rows = []
    for peer in peers:
        runtime, model = peer.artifacts(home)
        rows.append(
            {
                "peer": peer.name,
                "workload": "size",
                "runtime_bytes": sum(path.stat().st_size for path in runtime),
                "model_bytes": sum(path.stat().st_size for path in model),
            }
        )
    return rows


def paired(rows, base, key="rounds"):
    """How many times the base's speed is another's, round by round (over 1: base is faster)."""
    out = []
    of = {(row["peer"], row["workload"], row.get("threads")): row for row in rows}
    for (peer, workload, threads), row in of.items():
        mine = of.get((base, workload, threads))
        if peer == base or mine is None or key not in row:
            continue
        ratios = [a / b for a, b in zip(mine[key], row[key], strict=True)]
        if workload in ("latency", "cold"):  # milliseconds: less is better
            ratios = [1 / ratio for ratio in ratios]
        out.append(
            {
                "base": base,
                "peer": peer,
                "workload": workload,
                "threads": threads,
                **measure.spread(ratios),
            }
        )
    return out


def number(value, digits=1):
    return "" if value is None else f"{value:.{digits}f}"


def with_spread(row, key, digits):
    if row is None:
        return ""
    of = row[key]
    low, high = (number(of[end], digits) for end in ("min", "max"))
    return f"{number(of['median'], digits)} ({low}–{high})"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def speed_cell(row):
    return f"{with_spread(row, 'docs_per_s', 1)}, b{row['batch']}" if row else ""


def engine_row(of, peer, threads):
    """One engine's line of the main table."""
    texts = [of.get((peer, workload, threads)) for workload in ("512", "mixed", "short")]
    one = of.get((peer, "latency", threads))
    first = of.get((peer, "cold", threads))
    size = of.get((peer, "size", None))
    peak = max((row["peak_rss_mb"] for row in [*texts, one] if row), default=None)
    return [
        peer,
        *map(speed_cell, texts),
        number(one and one["p50_ms"], 2),
        number(one and one["p95_ms"], 2),
        with_spread(first, "cold_ms", 0),
        number(first and first["peak_rss_mb"], 0),
        number(peak, 0),
        number(size and size["runtime_bytes"] / 1e6),
        number(size and size["model_bytes"] / 1e6),
    ]


def engines_section(rows, threads):
    head = ["engine", "512 docs/s", "mixed docs/s", "short docs/s", "p50 ms", "p95 ms", "cold ms"]
    head += ["RSS MB, first vector", "RSS MB, peak", "runtime MB", "model MB"]
    of = {(row["peer"], row["workload"], row.get("threads")): row for row in rows}
    body = [engine_row(of, peer, threads) for peer in dict.fromkeys(row["peer"] for row in rows)]
    return ["", f"### {threads} thread{'s' if threads > 1 else ''}", "", *table(head, body)]


def paired_section(ratios, title):
    if not ratios:
        return []
    workloads = list(dict.fromkeys(row["workload"] for row in ratios))
    of = {(row["peer"], row["threads"], row["workload"]): row for row in ratios}
    body = []
    for peer, threads in dict.fromkeys((row["peer"], row["threads"]) for row in ratios):
        found = [of.get((peer, threads, workload)) for workload in workloads]
        cells = [f"{r['median']:.2f} ({r['min']:.2f}–{r['max']:.2f})" if r else "" for r in found]
        body.append([peer, str(threads), *cells])
    return ["", f"### {title}", "", *table(["than", "threads", *workloads], body)]


def quality_section(rows):
    rows = [row for row in rows if row["workload"] == "quality"]
    if not rows:
        return []
    head = ["engine", f"mean cosine to {rows[0]['reference']}", "worst", "STS-B test Spearman"]
    body = [
        [
            row["peer"],
            number(row["mean_cosine"], 6),
            number(row["worst_cosine"], 6),
            number(100 * row["sts_spearman"], 2),
        ]
        for row in rows
    ]
    return ["", "### Quality", "", *table(head, body)]


def caution(results):
    """Where other processes disturbed the measurement: how far, and the ratios by CPU time,
    which they disturb less (but which count the spinning of idle threads as work)."""
    every = [cores for row in results["rows"] for cores in row.get("foreign_cores", [])]
    disturbed = [cores for cores in every if cores > QUIET]
    if not disturbed:
        return []
    text = f"Caution: in {len(disturbed)} of {len(every)} turns other processes used more than"
    lines = ["", f"{text} {QUIET} cores (median {statistics.median(disturbed):.2f})."]
    return lines + paired_section(results["paired_cpu"], "The same by CPU time")


def markdown(results):
    rows = results["rows"]
    computer = results["machine"]
    lines = [
        f"{computer['cpu']}, {computer['cores']} cores ({', '.join(computer['instructions'])}), "
        f"{computer['system']}; lode at {results['commit']}; {results['rounds']} rounds.",
        "Medians (least–most) of rounds in which the engines took turns.",
    ]
    for threads in results["threads"]:
        lines += engines_section(rows, threads)
    title = f"How many times faster {results['base']} is, round by round"
    lines += paired_section(results["paired"], title)
    lines += quality_section(rows) + caution(results)
    return "\n".join(lines) + "\n"


def write(results, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / "bench.md").write_text(markdown(results))
