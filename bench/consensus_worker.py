"""consensus_worker.py points.csv out.txt RESAMPLES K_MAX: consensusclustering as a user would call it.

Writes CPU seconds and the proportion of ambiguous clustering at each k.
"""

import sys
import time

import numpy as np
from consensusclustering import ConsensusClustering
from sklearn.cluster import AgglomerativeClustering

table, out, resamples, k_max = sys.argv[1:]
x = np.loadtxt(table, delimiter=",", skiprows=1)
model = ConsensusClustering(
    AgglomerativeClustering(),
    min_clusters=2,
    max_clusters=int(k_max),
    n_resamples=int(resamples),
    resample_frac=0.8,
)
start = time.process_time()
model.fit(x)
used = time.process_time() - start
pac = []
for k in range(2, int(k_max) + 1):
    matrix = np.asarray(model.consensus_k(k))
    pairs = matrix[np.tril_indices(len(matrix), -1)]
    pac.append((pairs <= 0.9).mean() - (pairs <= 0.1).mean())
with open(out, "w", encoding="utf-8") as file:
    file.write(" ".join(f"{v:.17g}" for v in (used, *pac)))
