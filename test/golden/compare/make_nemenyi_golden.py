"""Critical values of the Nemenyi test at 5 %: the studentised range with infinite degrees of freedom, over sqrt 2.

    python make_nemenyi_golden.py > nemenyi_golden.json
"""

import json
import math

import scipy
from scipy.stats import studentized_range

values = {k: float(studentized_range.ppf(0.95, k, math.inf)) / math.sqrt(2) for k in range(2, 21)}
print(json.dumps({"scipy": scipy.__version__, "criticalValue": values}, indent=1))
