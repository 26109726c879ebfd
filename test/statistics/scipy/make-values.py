# Answers of SciPy and NumPy, for tests that need neither:
# python3 test/statistics/scipy/make-values.py > test/statistics/scipy/values.json; npx oxfmt test/statistics/scipy
import json
import sys

import numpy as np
import scipy
from scipy import special, stats

rng = np.random.default_rng(20261126)


def pair(n, m, shift, digits=6):
    return [round(v, digits) for v in rng.normal(100, 5, n)], [round(v, digits) for v in rng.normal(100 + shift, 5, m)]


def mann_whitney():
    for n, m, shift, digits, method in [
        (5, 5, 4, 6, "exact"), (8, 13, 3, 6, "exact"), (30, 30, 2, 6, "exact"), (50, 50, 2, 6, "exact"), (50, 7, -3, 6, "exact"),
        (1, 12, 9, 6, "exact"), (60, 60, 2, 6, "asymptotic"), (51, 20, -2, 6, "asymptotic"), (30, 30, 2, 0, "asymptotic"),
        (100, 80, 1, 0, "asymptotic"), (5, 6, 3, -1, "permutation"), (4, 7, -5, 0, "permutation"), (7, 7, 4, -1, "permutation"),
        (3, 9, 5, -1, "permutation"), (9, 3, 5, -1, "permutation"),
    ]:
        base, new = pair(n, m, shift, digits)
        by = stats.PermutationMethod(n_resamples=np.inf) if method == "permutation" else method
        got = stats.mannwhitneyu(new, base, method=by, use_continuity=True)
        yield {"base": base, "next": new, "u": got.statistic, "pValue": got.pvalue, "isExact": method != "asymptotic"}


def kolmogorov_smirnov():
    for n, m, shift in [(5, 5, 4), (10, 14, 5), (30, 30, 3), (100, 100, 1), (7, 60, 6)]:
        base, new = pair(n, m, shift)
        got = stats.ks_2samp(base, new, method="exact")
        yield {"base": base, "next": new, "distance": got.statistic, "pValue": got.pvalue}


def fisher():
    for table in [(3, 1, 1, 3), (2, 10, 15, 3), (0, 5, 5, 0), (8, 2, 1, 5), (120, 80, 95, 105), (1000, 1200, 1100, 1010),
                  (1000000, 999000, 1000500, 1000000), (5, 999995, 17, 999983), (7, 0, 0, 0), (0, 0, 3, 4), (43, 2, 17, 61)]:
        a, b, c, d = table
        yield {"table": table, "pValue": float(stats.fisher_exact([[a, b], [c, d]]).pvalue)}


def quantiles():
    for count in [1, 2, 5, 10, 31]:
        values, _ = pair(count, 1, 0)
        shares = [0, 0.05, 0.25, 0.5, 0.9, 0.975, 1]
        yield {"values": values, "shares": shares, "quantiles": list(np.quantile(values, shares))}


def kolmogorov_tail():
    for x in [0.2, 0.5, 0.8, 0.999, 1.0, 1.001, 1.3581, 2, 3, 5]:
        yield {"x": x, "tail": special.kolmogorov(x)}


def permutation():
    # Equal sizes: SciPy's twice the smaller tail is then the share of both.
    for n, shift, digits in [(4, 6, 6), (6, 5, 6), (6, 5, -1), (7, 3, 0)]:
        base, new = pair(n, n, shift, digits)
        got = stats.permutation_test((new, base), lambda x, y: np.mean(x) - np.mean(y), n_resamples=np.inf)
        yield {"base": base, "next": new, "pValue": got.pvalue}


json.dump(
    {
        "scipy": scipy.__version__,
        "numpy": np.__version__,
        "mannWhitney": list(mann_whitney()),
        "kolmogorovSmirnov": list(kolmogorov_smirnov()),
        "fisher": list(fisher()),
        "quantiles": list(quantiles()),
        "kolmogorovTail": list(kolmogorov_tail()),
        "permutation": list(permutation()),
    },
    sys.stdout,
    indent=1,
)
print()
