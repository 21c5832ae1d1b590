"""Coverage-guided fuzzing of one target:

    .venv/bin/python -m tests.fuzz.guided TARGET --seconds N --corpus FOLDER

Inputs that reach new code are kept in the folder; one that breaks a promise is written there as crash-….
"""

import argparse
import os
import sys
from pathlib import Path

# Django is told where its settings are before the tests' own helpers pull it in.
import tests.environment  # noqa: F401

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "konsilium.config.settings")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers; 0: another one each time")
    chosen = parser.parse_args()
    # Only here, so that the help can be read without it.
    import atheris

    # Under atheris's eyes, so that it sees which branches an input takes.
    with atheris.instrument_imports(include=["konsilium.mediaplane"]):
        from tests.fuzz.seeds import filmed_seeds, seeds
        from tests.fuzz.targets import TARGETS

    chosen.corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(chosen.target) + filmed_seeds(chosen.target)):
        (chosen.corpus / f"seed-{number}").write_bytes(seed)
    options = [
        f"-max_total_time={chosen.seconds}",
        f"-seed={chosen.seed}",
        # Seconds for one input, MiB of memory: beyond is a hang or a leak.
        "-timeout=30",
        "-rss_limit_mb=1024",
        "-max_len=65536",
        f"-artifact_prefix={chosen.corpus}/",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(chosen.corpus)], TARGETS[chosen.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
