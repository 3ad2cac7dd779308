"""``python -m models.train COMMAND``: see ``--help``."""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

import numpy as np
import torch


def main(arguments: list[str]) -> int:
    """Run one command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    parser.add_argument("--start", type=Path, default=Path("models/encoder"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("var/train"), help="kept states")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    commands = parser.add_subparsers(dest="command", required=True)
    distil = commands.add_parser("distil", help="learn the four languages from sentence pairs")
    distil.add_argument("--corpora", type=Path, required=True)
    distil.add_argument("--teacher", type=Path, required=True)
    distil.add_argument("--steps", type=int, default=6000)
    adapt = commands.add_parser("adapt", help="learn what people here write")
    adapt.add_argument("--data", type=Path, default=Path("data"))
    adapt.add_argument("--corpora", type=Path)
    adapt.add_argument("--steps", type=int, default=1500)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    random.seed(options.seed)
    np.random.seed(options.seed)
    torch.manual_seed(options.seed)
    options.work.mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"

    from models.train.model import Student

    student = Student(options.start, device)
    if options.command == "distil":
        from models.train.corpus import read_pairs
        from models.train.distil import Plan, distil as run

        files = [options.corpora / "pairs.tsv.gz", options.corpora / "lexicon.tsv.gz"]
        pairs = read_pairs(files, options.seed)
        run(student, pairs, options.teacher, options.work, Plan(options.steps, seed=options.seed))
    else:
        from models.train.adapt import adapt as run_adapt

        run_adapt(student, options.data, options.corpora, options.steps, options.seed)
    student.save(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
