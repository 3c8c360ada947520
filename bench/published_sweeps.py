#!/usr/bin/env python3
"""Is the layout that a source found fastest among the forecast's best?

usage: bench/published_sweeps.py [PROGRAM] > docs/published-sweeps.md

A sweep is what a source measured of one model on one number of equal devices with one global batch, sequence length and
format, in one session: at least four rows that differ in layout. Rows whose forecasts are equal share a rank; a sweep with fewer than
four different forecasts is shown but not counted, since a place among the first three would say nothing. The rank correlation is
Spearman's; "pooled" is over all rows, each time divided by the mean of its sweep.
"""
import collections
import glob
import json
import math
import os
import subprocess
import sys
import tempfile

GROUPS = ("hagemann23", "bloom-prequel", "bigscience-v100", "moe-folding", "zero-bubble")
FEWEST = 4
# "A100s PCI-Express/NUMA was improved today": 25 February 2022; another optimizer: 28 February. Its author says not to compare across these.
SESSIONS = {"bloom-prequel": ("0225", "0228")}
NOTES = """
What is misranked, and why.

- `zero-bubble`: the schedule stands in the rows' text and is read from there.
- `bloom-prequel`: compared within the spans that its author calls comparable (the node's PCI Express was improved on 25 February, the optimizer changed on
  the 28th). What differs is the micro-batch against the bubble. With TP 8, four sequences instead of two shorten a stage's time per sequence by 11 to 13 % as
  measured (two instead of one: 7 to 8 %), with TP 4 by 2 to 9 %; in the forecast by 2 % (5 %). So it has 2 ahead where 4 was 7 to 9 % faster. Products of these sizes are at their rate, and the all-reduce of
  an A100 node gains 9 % from 60 to 235 MB (data/measurements), some 3 % of a step: neither explains it. Equal layouts lie up to 3 % apart, as far as the first four places.
- `moe-folding` (rates whose count of FLOPs is not stated: ranked here, not scored by `validate`): FSDP is forecast too fast: its micro-batch is not stated, and
  the one assumed, the fastest that fits, is of up to 8 sequences, so that weights are gathered seldom. It passes TP + EP + DP for Mixtral, and with experts
  unsplit even FSDP with them split. The first two places are right in all sweeps."""

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
program = sys.argv[1] if len(sys.argv) > 1 else os.path.join(root, "build", "traincast")


def rows_of(files):
    runs = {}
    for name in files:
        with open(name, encoding="utf-8") as lines:
            for line in lines:
                if line.strip():
                    row = json.loads(line)
                    runs[row["id"]] = row
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as rows:
        for row in runs.values():
            if row["group"] in GROUPS:
                # one count of FLOPs is as good as another to rank rates of one model and sequence length
                rows.write(json.dumps({**row, "norm": {"flops": "full", **row["norm"]}}) + "\n")
        rows.flush()
        out = subprocess.run([program, "validate", rows.name, "--json"], check=True, capture_output=True, text=True).stdout
    for result in json.loads(out)["runs"]:
        if result["group"] in GROUPS and result["status"] == "ok":
            yield runs[result["id"]], result


def time_of(result, value):
    """A number that is smaller for a faster layout, in the metric of the row."""
    return value if result["metric"] == "step_s" else 1 / value


def ranks(values):
    order = sorted(range(len(values)), key=lambda i: values[i])
    out = [0.0] * len(values)
    i = 0
    while i < len(order):
        k = i
        while k + 1 < len(order) and values[order[k + 1]] <= values[order[i]] * (1 + 1e-9):
            k += 1
        for j in order[i:k + 1]:
            out[j] = (i + k) / 2 + 1
        i = k + 1
    return out


def spearman(a, b):
    x, y = ranks(a), ranks(b)
    mx, my = sum(x) / len(x), sum(y) / len(y)
    sxy = sum((p - mx) * (q - my) for p, q in zip(x, y))
    sxx, syy = sum((p - mx) ** 2 for p in x), sum((q - my) ** 2 for q in y)
    return sxy / math.sqrt(sxx * syy) if sxx > 0 and syy > 0 else float("nan")


def place(predicted, best):
    """The rank of the source's fastest among the distinct forecasts, from 1."""
    return 1 + len({round(math.log(p), 9) for p in predicted if p < predicted[best] * (1 - 1e-9)})


def distinct(predicted):
    return len({round(math.log(p), 9) for p in predicted})


def session(run):
    """How many of its group's changes of machine or software came before the run, by the date in its id."""
    return sum(date <= run["id"].split("-")[2] for date in SESSIONS.get(run["group"], ()))


def sweeps(rows):
    found = collections.defaultdict(list)
    for run, result in rows:
        model = run["model"]
        shape = tuple(model.get(k) for k in ("layers", "hidden", "heads"))
        key = (run["group"], model["name"], run["accelerator"], run["devices"], model.get("seq"), run.get("global_batch"), result["metric"], shape,
               run["norm"].get("dtype"), session(run))
        found[key].append((time_of(result, result["measured"]), time_of(result, result["predicted"]), run["id"]))
    return {k: v for k, v in sorted(found.items(), key=str) if len(v) >= FEWEST}


def main():
    files = sorted(glob.glob(os.path.join(root, "data", "runs", "*.jsonl")))
    table = sweeps(rows_of(files))
    print("# Published sweeps of layouts: measured and forecast\n")
    print("Written by `bench/published_sweeps.py`. A sweep is one model on one number of devices, with one batch, sequence length and format, in one session, of which "
          f"a source measured at least {FEWEST} layouts. *place*: where the forecast puts the layout that was measured as the fastest, equal forecasts "
          f"sharing a place; sweeps with fewer than {FEWEST} different forecasts are shown but not counted. *rank correlation*: Spearman's, over the rows of the sweep.\n")
    print("| group | model | devices | seq | batch | rows | place | rank correlation | fastest measured |\n| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
    pooled, groups = ([], []), collections.defaultdict(lambda: [0, 0, 0, 0.0, [], []])
    for key, rows in table.items():
        measured, predicted = [r[0] for r in rows], [r[1] for r in rows]
        best = min(range(len(rows)), key=lambda i: measured[i])
        at, rho = place(predicted, best), spearman(measured, predicted)
        mean = [sum(map(math.log, v)) / len(v) for v in (measured, predicted)]
        group = groups[key[0]]
        if distinct(predicted) >= FEWEST:
            group[0] += 1
            group[1] += at == 1
            group[2] += at <= 3
            group[3] += 3 / distinct(predicted)
        for side, values in enumerate((measured, predicted)):
            centred = [math.log(v) - mean[side] for v in values]
            pooled[side].extend(centred)
            group[4 + side].extend(centred)
        shown = "-" if math.isnan(rho) else f"{rho:.2f}"
        print(f"| {key[0]} | {key[1]} | {key[3]} | {key[4]} | {key[5]} | {len(rows)} | {at} | {shown} | {rows[best][2]} |")
    print("\n| group | sweeps counted | fastest in the forecast's first place | in its first three | by chance | rank correlation, pooled |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, (n, first, three, chance, a, b) in groups.items():
        print(f"| {name} | {n} | {first} | {three} | {chance:.1f} | {spearman(a, b):.3f} |")
    n, first, three, chance = (sum(group[i] for group in groups.values()) for i in range(4))
    print(f"| all | {n} | {first} | {three} ({100 * three / max(1, n):.0f} %) | {chance:.1f} | {spearman(*pooled):.3f} |")
    print("\n*by chance*: how many a random order would put among the first three, 3 / the number of different forecasts summed over the sweeps. Most sweeps "
          "have four or five layouts, and those of one model at several sizes or batches are no independent trials.")
    print(NOTES)


if __name__ == "__main__":
    main()
