import { stat } from "node:fs/promises";
import { describePromise, type Model } from "../../model/index.js";
import { bytes, columns, duration } from "../../text/format.js";
import type { CliContext } from "../command.js";
import { describeBackbone } from "../flags/backbone-flag.js";
import { describeContamination } from "../flags/robust-flags.js";
import { describeSupervision } from "../flags/supervision-flags.js";
import { describeInput, describeMask, describeSeason, describeTiles, inputJson } from "./describe-input.js";
import { describeRows } from "./rows.js";
import type { TrainRun } from "./train-dry-run.js";
import {
  describeAugmentation,
  describeRepeats,
  describeSplit,
  describeThreshold,
  describeTraining,
  type ReportLine,
} from "./training-report.js";

/** What `train` prints when a model is written: where to, from what, what came of it and what it promises. */
export async function reportTrained(
  model: Model,
  {
    samples,
    rows,
    out,
    report,
    seconds,
  }: Pick<TrainRun, "samples" | "rows"> & { out: string; report?: string | undefined; seconds: number },
  { output }: CliContext,
): Promise<void> {
  const { card } = model;
  const { size } = await stat(out);
  if (output.json) {
    output.resultJson({
      model: out,
      ...(report !== undefined && { report }),
      bytes: size,
      seconds: Number(seconds.toFixed(3)),
      detector: card.detector,
      options: card.options,
      data: { ...card.data, source: samples.source, labels: rows ?? null },
      ...inputJson(card.schema),
      threshold: card.threshold,
      promise: describePromise(card.threshold, card),
      versions: card.versions,
      ...(card.season && { season: card.season }),
      ...(card.backbone && { backbone: card.backbone }),
      training: card.training,
      ...(card.contamination && { contamination: card.contamination }),
    });
    return;
  }
  if (output.quiet) return;
  const lines: ReportLine[] = [
    [
      "data",
      `${describeRows(rows, samples.rowCount, card.data.labels !== undefined)}; ${describeInput(card.schema)
        .map(([, what]) => what)
        .join("; ")}`,
    ],
    ["rows", describeSplit(card)],
    ...describeRepeats(card),
    ...describeAugmentation(card.data),
    ...describeSupervision(card),
    ...describeBackbone(card),
    ...describeTiles(card),
    ...describeMask(card),
    ...describeSeason(card),
    ["threshold", describeThreshold(card.threshold)],
    ["promise", describePromise(card.threshold, card)],
    ...describeContamination(card.contamination),
    ...describeTraining(card.training),
    [
      "time",
      `${duration(seconds)} with ONNX Runtime ${card.versions.onnxruntime} (${card.versions.runtime})`,
    ],
  ];
  output.result(`Trained ${card.detector} on ${samples.source}:`);
  for (const line of columns(lines)) output.result(`  ${line}`);
  output.result(`Wrote ${out} (${bytes(size)}).`);
  if (report !== undefined) output.result(`Wrote ${report}.`);
}
