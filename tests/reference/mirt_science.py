"""Graded model of R mirt's Science data by the Python package mirt 1.2.0 (MIT), run to the very end.

python mirt_science.py FOLDER_WITH_mirt_Science.csv > mirt_science.csv
"""

import sys
from pathlib import Path

import numpy as np


def main(folder: Path) -> None:
    """Print likelihood, parameters and some scores."""
    import mirt

    answers = np.genfromtxt(folder / "mirt_Science.csv", delimiter=",", skip_header=1).astype(int) - 1
    found = mirt.fit_mirt(answers, "GRM", n_quadpts=121, tol=1e-9, max_iter=5000)
    scores = mirt.fscores(found, answers, method="EAP", n_quadpts=121)
    print("what,item,number,value")
    print(f"loglik,,,{found.log_likelihood:.6f}")
    parameters = found.model.parameters
    for j, row in enumerate(np.column_stack([parameters["discrimination"], parameters["thresholds"]])):
        for c, value in enumerate(row):
            print(f"{'slope' if c == 0 else 'threshold'},{j},{c},{value:.6f}")
    for i in range(0, 392, 28):
        print(f"theta,,{i},{np.asarray(scores.theta).ravel()[i]:.6f}")
        print(f"theta_se,,{i},{np.asarray(scores.standard_error).ravel()[i]:.6f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
