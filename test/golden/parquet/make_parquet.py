"""Small Parquet files with every type, encoding and compression that the reader claims, and what pyarrow reads from them.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install numpy==2.4.6 pyarrow==25.0.1
    /tmp/venv/bin/python test/golden/parquet/make_parquet.py

Writes *.parquet and values.json beside itself: per file the columns, each a list with null for missing values, times in
seconds since 1970, booleans as "true" and "false", decimals as numbers.
"""
import datetime as dt
import decimal
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
ROWS = 60
rng = np.random.default_rng(13)


def holes(values, every):
    return [None if every and k % every == 2 else v for k, v in enumerate(values)]


def numbers(missing=0):
    walk = np.cumsum(rng.integers(-3, 4, ROWS))
    return pa.table({
        "f": pa.array(holes(rng.normal(size=ROWS).astype("f4").tolist(), missing), pa.float32()),
        "d": pa.array(holes(rng.normal(size=ROWS).tolist(), missing), pa.float64()),
        "i": pa.array(holes(walk.tolist(), missing), pa.int32()),
        "l": pa.array(holes((walk * 10**10).tolist(), missing), pa.int64()),
    })


def texts(missing=0):
    names = [f"machine-{k % 7:03d}/sensor-{k % 5}" for k in range(ROWS)]
    return pa.table({
        "s": pa.array(holes(names, missing), pa.string()),
        "c": pa.array(holes(["red", "grün", "x"] * (ROWS // 3), missing), pa.string()),
        "b": pa.array(holes([k % 3 == 0 for k in range(ROWS)], missing), pa.bool_()),
    })


def kinds():
    start = dt.datetime(2024, 3, 5, 7, 30, tzinfo=dt.timezone.utc)
    times = [start + dt.timedelta(seconds=37 * k) for k in range(ROWS)]
    naive = [t.replace(tzinfo=None) for t in times]
    cents = [decimal.Decimal(k * 137 - 999).scaleb(-2) for k in range(ROWS)]
    return pa.table({
        "ms": pa.array(holes(times, 9), pa.timestamp("ms", "UTC")),
        "us": pa.array(naive, pa.timestamp("us")),
        "ns": pa.array(holes(naive, 7), pa.timestamp("ns")),
        "day": pa.array(holes([t.date() for t in times], 8), pa.date32()),
        "dec9": pa.array(holes(cents, 9), pa.decimal128(9, 2)),
        "dec30": pa.array(holes(cents, 6), pa.decimal128(30, 2)),
        "u8": pa.array([k * 4 for k in range(ROWS)], pa.uint8()),
        "u32": pa.array(holes([2**32 - 1 - k for k in range(ROWS)], 9), pa.uint32()),
        "i16": pa.array(holes([k * 100 - 3000 for k in range(ROWS)], 9), pa.int16()),
        "half": pa.array(holes([np.float16(k / 8) for k in range(ROWS)], 9), pa.float16()),
    })


def plain(table):
    """What a reader has to give, as JSON."""
    columns = {}
    for name, column in zip(table.column_names, table.columns):
        kind = column.type
        values = []
        for v in column.to_pylist():
            if v is None:
                values.append(None)
            elif isinstance(v, bool):
                values.append("true" if v else "false")
            elif isinstance(v, dt.datetime):
                values.append((v if v.tzinfo else v.replace(tzinfo=dt.timezone.utc)).timestamp())
            elif isinstance(v, dt.date):
                values.append((v - dt.date(1970, 1, 1)).days * 86400)
            elif isinstance(v, (decimal.Decimal, np.floating)):
                values.append(float(v))
            else:
                values.append(v)
        columns[name] = values
    return columns


def required(table):
    """Columns in which no value may be missing, whose pages have no levels."""
    return table.cast(pa.schema([field.with_nullable(False) for field in table.schema]))


DELTA = {"i": "DELTA_BINARY_PACKED", "l": "DELTA_BINARY_PACKED", "f": "BYTE_STREAM_SPLIT", "d": "BYTE_STREAM_SPLIT"}
FILES = {
    "plain": (numbers(), dict(compression="none", use_dictionary=False)),
    "plain-missing": (numbers(7), dict(compression="snappy", use_dictionary=False, row_group_size=25)),
    "dictionary": (texts(), dict(compression="none", use_dictionary=True, row_group_size=32)),
    "dictionary-missing": (texts(5), dict(compression="gzip", use_dictionary=True, data_page_version="2.0")),
    "delta": (numbers(9), dict(compression="zstd", use_dictionary=False, column_encoding=DELTA)),
    "delta-v2": (numbers(), dict(compression="brotli", use_dictionary=False, column_encoding=DELTA,
                                 data_page_version="2.0")),
    "delta-texts": (texts(6), dict(compression="lz4", use_dictionary=False, column_encoding={
        "s": "DELTA_BYTE_ARRAY", "c": "DELTA_LENGTH_BYTE_ARRAY", "b": "RLE"})),
    "kinds": (kinds().select(["ms", "us", "ns", "day", "u8"]), dict(compression="snappy")),
    "kinds-more": (kinds().select(["dec9", "dec30", "u32", "i16", "half"]), dict(compression="zstd")),
    "checksums": (texts(4), dict(compression="snappy", write_page_checksum=True, data_page_size=64,
                                 row_group_size=40)),
    "required": (required(texts().append_column("f", numbers()["f"])),
                 dict(compression="gzip", use_dictionary=["s", "c"])),
    "int96": (kinds().select(["us"]).append_column("x", numbers()["d"]),
              dict(compression="none", use_deprecated_int96_timestamps=True)),
}

if __name__ == "__main__":
    expected = {}
    for name, (table, options) in FILES.items():
        path = HERE / f"{name}.parquet"
        pq.write_table(table, path, store_schema=False, **options)
        expected[name] = plain(pq.read_table(path))
        print(name, path.stat().st_size)
    (HERE / "values.json").write_text(json.dumps(expected, separators=(",", ":")))
