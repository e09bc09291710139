import type { ImageSet, Samples } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { type ExplainOptions, explain, type NearestRow, nearestRows, patchMap } from "../../explain/index.js";
import { columnSchema } from "../../features/index.js";
import { encodePng } from "../../io/encode-image.js";
import { writeFileAtomic } from "../../io/write-file.js";
import { type AnomalyMap, beside, colourScale, overlay, regionsOf } from "../../maps/index.js";
import type { Model, RowOutcome } from "../../model/index.js";
import { namesOf } from "../../report/explanation/explanation-rows.js";
import { figure, shortFloat32 } from "../../text/format.js";
import type { CliContext } from "../command.js";
import type { DecisionFlags } from "../flags/data-flags.js";
import { warnOfDifferences } from "./score-samples.js";

interface Where {
  readonly model: Model;
  readonly samples: Samples;
  readonly background: Samples | "reconstructions" | undefined;
  readonly flags: DecisionFlags &
    Pick<ExplainOptions, "neighbours" | "method" | "samples" | "seed"> & { force?: boolean };
  readonly context: CliContext;
}

/**
 * Writes where an image is abnormal over the image: by the model's own map, else by what each patch contributes. Beside it stand
 * the images of the background that it is most like.
 * @throws HypersphereError `invalid-option` for data that are not one image
 */
export async function writeWhere(
  out: string,
  { model, samples, background, flags, context }: Where,
): Promise<undefined> {
  const { output, signal } = context;
  if (columnSchema(model.card.schema) !== undefined) {
    throw new HypersphereError("invalid-option", `--out is ${out}, but the model takes no images.`, {
      hint: "Name a .csv or .jsonl file.",
    });
  }
  const images = samples.data as ImageSet;
  if (images.rowCount !== 1) {
    throw new HypersphereError(
      "invalid-option",
      `--out is ${out}, a picture of one image, but ${images.source} holds ${images.rowCount}.`,
      { hint: "Name one image, or a .csv file; `hypersphere score --maps` writes pictures of many." },
    );
  }
  const { rule, percentile, threshold, operatingPoint } = flags;
  const decision = { rule, percentile, threshold, operatingPoint, signal };
  const image = await images.read(0);
  const found: { map: AnomalyMap; outcome: Pick<RowOutcome, "score" | "isAnomaly"> }[] = [];
  let nearest: readonly NearestRow[] = [];
  let over: Uint8Array;
  if (model.card.map !== undefined) {
    const { notes, threshold: limit } = await model.score(samples, {
      ...decision,
      onMap: (map, _, outcome) => void found.push({ map, outcome }),
    });
    warnOfDifferences(notes, samples, output);
    const { map } = found[0]!;
    const regions = regionsOf(map, limit, {
      calibration: model.calibrationScores,
      ties: model.ties,
      size: image,
    });
    const outlines = regions.flatMap(({ polygons }) => polygons);
    over = overlay(image, map, { scale: colourScale(limit), outlines });
    if (typeof background === "object") {
      const { neighbours = 3, seed } = flags;
      nearest = (await nearestRows(model, samples, background, { ...decision, neighbours, seed }))[0]!;
    }
  } else {
    const { neighbours, method, samples: pairs, seed } = flags;
    const why = await explain(model, samples, {
      ...{ ...decision, neighbours, method, samples: pairs, seed, background },
      onProgress: (fraction) => output.progress("explaining", fraction),
    });
    output.endProgress();
    warnOfDifferences(why.notes, samples, output);
    for (const warning of why.warnings) output.warn(warning);
    const [row] = why.rows;
    const map = patchMap(row!);
    found.push({ map, outcome: row! });
    nearest = row!.nearest;
    over = overlay(image, map, { scale: { low: 0, high: Math.max(...map.data) || 1 } });
  }
  const { height, width } = image;
  // Models keep no images: those beside it come from the background.
  const given = typeof background === "object" ? background : undefined;
  const shown = given === undefined ? [] : nearest;
  const parts = await Promise.all(shown.map(({ row }) => (given!.data as ImageSet).read(row)));
  const picture = beside({ height, width, data: over }, parts);
  await writeFileAtomic(out, await encodePng(picture), { force: flags.force, signal });
  const { score, isAnomaly } = found[0]!.outcome;
  const names = shown.map(({ row }) => namesOf(given!).of(row).join(" "));
  if (output.json) {
    const outcome = { source: images.source, score: shortFloat32(score), isAnomaly };
    output.resultJson({ ...outcome, nearestNormal: names, out });
  } else if (!output.quiet) {
    const like =
      names.length === 0 ? "" : ` Most like it of the normal ones, from left to right: ${names.join(", ")}.`;
    output.result(
      `${images.source}: score ${figure(shortFloat32(score))}, ${isAnomaly ? "above" : "not above"} the threshold.${like}\nWrote ${out}.`,
    );
  }
  return undefined;
}
