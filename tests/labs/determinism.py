"""determinism.py: many runs of a lab give one verdict, and the same counts to within 2 %.

The other processor is kept busy meanwhile. Times are no evidence and may differ as they like.
"""

import sys

from common import Busy, Sandbox, number

LABS = ["missing-index", "function-on-column", "sort-spill", "stale-statistics", "select-star"]
COUNTED = ("blocks", "rows", "loops", "temp", "fetches", "plan-node")
TOLERANCE = 0.02


def figures(report):
    found = {}
    for item in report["evidence"]:
        if any(word in item["kind"] for word in COUNTED):
            for phase in ("before", "after"):
                if item[phase] is not None:
                    found[item["claim"], phase] = item[phase]
    return found


def spread(values):
    """How far the values are from each other, as a share of the largest."""
    return 0.0 if max(values) == min(values) else (max(values) - min(values)) / max(abs(v) for v in values)


def try_lab(sandbox, slug, runs):
    reports = [sandbox.run_lab(slug) for _ in range(runs)]
    verdicts = {report["verdict"] for report in reports}
    outcomes = {tuple(item["outcome"] for item in report["evidence"]) for report in reports}
    bad = []
    if verdicts != {"passed"} or len(outcomes) != 1:
        bad.append(f"{slug}: verdicts {verdicts}, {len(outcomes)} different outcomes")
    seen = [figures(report) for report in reports]
    worst = 0.0
    for key in seen[0]:
        values = [one[key] for one in seen]
        worst = max(worst, spread(values))
        if spread(values) > TOLERANCE:
            bad.append(f"{slug}: {key[0]} {key[1]}: {sorted(set(values))}")
    print(f"number: {slug}, {runs} runs beside a busy processor: {len(seen[0])} counts differ by "
          f"{100 * worst:.2f} % at most")
    return bad


def main():
    runs = number(3)
    sandbox = Sandbox()
    try:
        with Busy():
            bad = [line for slug in LABS for line in try_lab(sandbox, slug, runs)]
    finally:
        sandbox.remove()
    print("\n".join(bad) or "tests passed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
