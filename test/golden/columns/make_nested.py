"""Writes nested.parquet: two plain columns, and between them those that no table can hold.

python3 -m venv venv && venv/bin/pip install pyarrow && venv/bin/python make_nested.py
"""
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = range(6)
table = pa.table({
    "a": pa.array([k / 2 for k in ROWS], pa.float64()),
    "s": pa.array([{"x": k, "y": {"z": str(k)}} for k in ROWS]),
    "l": pa.array([[k, k + 1] for k in ROWS], pa.list_(pa.int32())),
    "id": pa.array([2**53 + k for k in ROWS], pa.int64()),
    "m": pa.array([[("k", k)] for k in ROWS], pa.map_(pa.string(), pa.int32())),
    "b": pa.array([10 * k for k in ROWS], pa.int32()),
})
pq.write_table(table, Path(__file__).parent / "nested.parquet", row_group_size=4, store_schema=False)
