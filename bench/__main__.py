"""Run the benchmarks: ``python -m bench [calls evaluation crowded startup keys]``.

Prints a Markdown table of ratios, each against a peer measured in the same run; exit code 1 if a
goal is missed.
"""

from __future__ import annotations

import sys

from bench import calls, crowded, evaluation, keys, startup
from bench.measuring import HEAD

BENCHMARKS = {
    "calls": calls.measure,
    "evaluation": evaluation.measure,
    "crowded": crowded.measure,
    "startup": startup.measure,
    "keys": keys.measure,
}


def main(names: list[str]) -> int:
    """Run these benchmarks, or all."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    print(HEAD, flush=True)
    met = True
    for name in names or BENCHMARKS:
        for result in BENCHMARKS[name]():
            print(result.row(), flush=True)
            met = met and result.met
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
