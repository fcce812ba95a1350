"""The benchmarks: ``python -m bench``; each prints a ratio against a peer of the same run."""
