"""What ray_score.py and spark_score.py share: which columns a model reads, what is kept of a row, and checks before any work begins."""

import argparse
import glob
import os
import sys

for folder in ("../python", "."):
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), folder))
import hypersphere  # noqa: E402

RESULTS = ["score", "p_value", "is_anomaly"]


class Refused(Exception):
    """What is wrong with the call, as a sentence for a person."""


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("model", help="a model of hypersphere for rows of tables")
    parser.add_argument("rows", help="Parquet files: a folder, a pattern in quotes, or what the engine reads, such as s3://bucket/folder")
    parser.add_argument("out", help="folder for the results, in Parquet; must not exist, or be empty")
    parser.add_argument("--keep", help="columns that go into the results beside the scores, such as id,machine (default: all)")
    parser.add_argument("--batch", type=int, default=65536, help="rows that are scored at a time (default: %(default)s)")
    parser.add_argument("--workers", type=int, help="processes that score (default: one for each core)")
    return parser.parse_args()


def read_model(path):
    """The bytes of a model file, and the model. Raises Refused for what is no model of rows."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from None
    try:
        model = hypersphere.Model(path, **one_thread())
    except ValueError as error:
        raise Refused(str(error)) from None
    except Exception:
        raise Refused(f"{path} is not a model file of hypersphere") from None
    if model.window is not None:
        raise Refused(f"{path} is a model of a series: its windows need steps in order, which batches do not keep. Use `hypersphere score`.")
    return content, model


def one_thread():
    """Engines run a process for each core: more threads in each would take the cores from one another."""
    options = hypersphere.ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return {"sess_options": options}


def found_rows(pattern):
    """Addresses as they are; of a local folder or pattern the files, ascending. Raises Refused where there are none."""
    if "://" in pattern:
        return pattern
    if os.path.isdir(pattern):
        pattern = os.path.join(pattern, "**", "*.parquet")
    files = sorted(path for path in glob.glob(pattern, recursive=True) if os.path.isfile(path))
    if not files:
        raise Refused(f"no file fits {pattern}. Give a folder with Parquet files, or a pattern in quotes.")
    return [os.path.abspath(path) for path in files]


def checked_out(out):
    if "://" in out:
        return out
    if os.path.isdir(out) and os.listdir(out):
        raise Refused(f"{out} is not empty. Give another folder: results are never mixed with those of before.")
    if os.path.exists(out) and not os.path.isdir(out):
        raise Refused(f"{out} is a file, expected a folder")
    return os.path.abspath(out)


def checked_columns(model, names, keep):
    """Columns to read and columns to keep, of those that there are. Raises Refused for columns that are missing."""
    read = [column["name"] for kind in ("numeric", "categorical") for column in model.columns[kind]]
    # What did not vary in training is looked at where it is there; an absent column has not changed.
    watched = [column["name"] for column in model.columns.get("constant", []) if model.columns.get("watched")]
    missing = [name for name in read if name not in names]
    if missing:
        raise Refused(f"the rows lack columns that the model reads: {', '.join(missing)}. They have {', '.join(names)}.")
    kept = list(names) if keep is None else [name.strip() for name in keep.split(",") if name.strip()]
    unknown = [name for name in kept if name not in names]
    if unknown:
        raise Refused(f"--keep names columns that the rows lack: {', '.join(unknown)}. They have {', '.join(names)}.")
    taken = [name for name in kept if name in RESULTS]
    if taken:
        raise Refused(f"the rows have columns of the names of results: {', '.join(taken)}. Name those to keep with --keep.")
    needed = dict.fromkeys([*read, *(name for name in watched if name in names), *kept])
    return list(needed), kept


class Scores:
    """Scores of columns as arrays, one session for each process."""

    def __init__(self, content):
        self._model = hypersphere.Model(content, **one_thread())

    def of(self, columns):
        """score, p_value and is_anomaly by name, of arrays by name."""
        return dict(zip(RESULTS, self._model.session.run(RESULTS, self._model.column_feeds(columns))))


def main(run):
    try:
        run()
    except (Refused, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
