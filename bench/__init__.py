"""Benchmarks: each module has `run(argv) -> int` and prints its figure beside a limit or peer of the same run."""
