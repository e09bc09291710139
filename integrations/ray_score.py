"""
Scores Parquet files on Ray Data, with nothing but a model file, onnxruntime and hypersphere.py.

    pip install "ray[data]" pyarrow onnxruntime numpy
    python integrations/ray_score.py model.onnx 'rows/*.parquet' scores/ --keep id

Rows keep their columns and get score, p_value and is_anomaly. On a cluster, start it with `ray job submit`, or set RAY_ADDRESS.
"""

import sys

try:
    import pyarrow as pa
    import ray
    import ray.cloudpickle

    import batch_score
    from batch_score import Scores, arguments, checked_columns, checked_out, found_rows, main, read_model
except ModuleNotFoundError as missing:
    print(f'error: {missing}. It needs: pip install "ray[data]" pyarrow onnxruntime numpy', file=sys.stderr)
    sys.exit(2)


class ScoreBatch:
    """One for each process of Ray."""

    def __init__(self, content, kept):
        self._scores, self._kept = Scores(content), kept

    def __call__(self, table):
        columns = {name: as_array(table[name]) for name in table.column_names}
        results = self._scores.of(columns)
        return pa.table({**{name: table[name] for name in self._kept}, **results})


def as_array(column):
    """Numbers with missing ones as NaN, and of anything else objects with None."""
    if pa.types.is_integer(column.type) and column.null_count > 0:
        column = column.cast(pa.float64())
    numbers = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    return column.to_numpy() if numbers else cells_of(column)


def cells_of(column):
    if pa.types.is_decimal(column.type):
        return column.cast(pa.float64()).to_numpy()
    values = column.to_pylist()
    cells = batch_score.hypersphere.np.empty(len(values), object)
    cells[:] = values
    return cells


def run():
    asked = arguments(__doc__.strip().splitlines()[0])
    (content, model), files, out = read_model(asked.model), found_rows(asked.rows), checked_out(asked.out)
    # Processes on other machines have neither file: classes and functions travel with the work.
    for module in (batch_score, batch_score.hypersphere):
        ray.cloudpickle.register_pickle_by_value(module)
    ray.init(ignore_reinit_error=True, log_to_driver=False)
    rows = ray.data.read_parquet(files)
    needed, kept = checked_columns(model, rows.schema().names, asked.keep)
    workers = asked.workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
    scored = rows.select_columns(needed).map_batches(
        ScoreBatch,
        fn_constructor_args=(content, kept),
        batch_size=asked.batch,
        batch_format="pyarrow",
        num_cpus=1,
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=workers),
    )
    scored.write_parquet(out)


if __name__ == "__main__":
    main(run)
