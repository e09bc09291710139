"""
Scores Parquet files on Spark (mapInPandas), with nothing but a model file, onnxruntime and hypersphere.py.

    spark-submit --py-files integrations/batch_score.py,python/hypersphere.py integrations/spark_score.py model.onnx rows/ scores/ --keep id

Rows keep their columns and get score, p_value and is_anomaly. The executors need numpy, pandas, pyarrow and onnxruntime. This
project has no Spark to run its tests on: ray_score.py is tested, this file shares all of it but the lines below.
"""

import sys

try:
    from pyspark.sql import SparkSession
    from pyspark.sql.types import BooleanType, FloatType, StructField, StructType

    from batch_score import Scores, arguments, checked_columns, checked_out, found_rows, main, read_model
except ModuleNotFoundError as missing:
    print(f"error: {missing}. It needs: pip install pyspark numpy pandas pyarrow onnxruntime", file=sys.stderr)
    sys.exit(2)


def scorer(content, kept):
    def score(batches):
        scores = Scores(content)
        for batch in batches:
            results = scores.of({name: batch[name].to_numpy() for name in batch.columns})
            yield batch[kept].assign(**results)

    return score


def run():
    asked = arguments(__doc__.strip().splitlines()[0])
    (content, model), files, out = read_model(asked.model), found_rows(asked.rows), checked_out(asked.out)
    spark = SparkSession.builder.appName("hypersphere").getOrCreate()
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(asked.batch))
    rows = spark.read.parquet(*([files] if isinstance(files, str) else files))
    needed, kept = checked_columns(model, rows.columns, asked.keep)
    results = [
        StructField("score", FloatType(), False),
        StructField("p_value", FloatType(), False),
        StructField("is_anomaly", BooleanType(), False),
    ]
    schema = StructType([rows.schema[name] for name in kept] + results)
    rows.select(*needed).mapInPandas(scorer(content, kept), schema).write.parquet(out)


if __name__ == "__main__":
    main(run)
