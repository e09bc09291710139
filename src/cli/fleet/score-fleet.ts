import { HypersphereError } from "../../errors.js";
import type { Fleet, FleetScores } from "../../fleet/fleet.js";
import { discover, type FdrPromise, resolutionWarning } from "../../scoring/index.js";
import { listNames } from "../../text/closest-name.js";
import { count, counted, percent, shortFloat32 } from "../../text/format.js";
import type { CliContext } from "../command.js";
import { openSamples } from "../files/open-samples.js";
import { warnOfDifferences } from "../files/score-samples.js";
import { byDiscovery, type Decisions, type RowOutput, writeRows } from "../files/write-scores.js";
import type { DecisionFlags } from "../flags/data-flags.js";
import type { ScoringSampleFlags } from "../flags/sample-flags.js";
import type { Output } from "../output.js";

interface ScoreRequest {
  readonly path: string;
  readonly flags: ScoringSampleFlags & DecisionFlags & RowOutput & { readonly maps?: string };
  readonly promise: FdrPromise | undefined;
  readonly out: string | undefined;
}

/** Which model scored a row. */
export const MODEL_COLUMN = "model";

/** `score` with a fleet: rows in the order of the input, each by its entity's model. */
export async function scoreFleet(
  fleet: Fleet,
  { path, flags, promise, out }: ScoreRequest,
  context: CliContext,
): Promise<undefined> {
  const { output, signal } = context;
  refuseMaps(flags.maps);
  const samples = await openSamples(path, flags, context, { model: fleet, labelled: false });
  const { rule, percentile, threshold, operatingPoint, combine } = flags;
  const scores = await fleet.score(samples, {
    ...{ rule, percentile, threshold, operatingPoint, combine, signal },
    onProgress: (fraction) => output.progress("scoring", fraction),
  });
  output.endProgress();
  await fleet.close();
  warnOfDifferences(scores.notes, samples, output);
  tellFallback(scores, fleet, output);
  const { data, entities } = samples;
  const { column, names, codes } = entities!;
  const given = samples.names ?? { columns: ["row"], of: (row: number) => [row + 1] };
  const ids = given.columns.includes(column)
    ? given
    : {
        columns: [...given.columns, column],
        of: (row: number) => [...given.of(row), names[codes[row]!]],
      };
  const further = { name: MODEL_COLUMN, of: (row: number) => (scores.own[row] === 1 ? "own" : "fallback") };
  const decisions = promise === undefined ? byThresholds(scores) : byPromise(scores, promise, output);
  await writeRows(ids, decisions, { ...scores, further }, out, flags, context);
  summarize(data.source, decisions, scores, promise, out, context);
  return undefined;
}

function refuseMaps(maps: string | undefined): void {
  if (maps === undefined) return;
  throw new HypersphereError(
    "invalid-option",
    "--maps was given, but a fleet scores rows, which have no maps.",
    {
      hint: "Leave it out.",
    },
  );
}

const byThresholds = ({ thresholds, isAnomaly }: FleetScores): Decisions => ({
  basis: "threshold",
  basisOf: (row) => shortFloat32(thresholds[row]!),
  isAnomaly,
});

/** One procedure over all rows: each p-value is of its own model's calibration. */
function byPromise({ pValues, calibration }: FleetScores, promise: FdrPromise, output: Output): Decisions {
  const discoveries = discover(pValues, calibration, promise);
  const warning = resolutionWarning(discoveries.tested, calibration, promise);
  if (warning !== undefined) output.warn(warning);
  return byDiscovery(discoveries);
}

/** Says for which entities the model of all stood in. */
export function tellFallback(
  { fallbackEntities, unseenEntities, own }: Pick<FleetScores, "fallbackEntities" | "unseenEntities" | "own">,
  fleet: Fleet,
  output: Output,
): void {
  if (fallbackEntities.length === 0) return;
  const rows = own.reduce((sum, flag) => sum + 1 - flag, 0);
  const shown = (names: readonly string[]): string =>
    listNames(
      names.map((name) => (name === "" ? "rows without one" : name)),
      6,
    );
  const unseen =
    unseenEntities.length === 0
      ? ""
      : ` ${counted(unseenEntities.length, "entity was", "entities were")} not there in training: ${shown(unseenEntities)}.`;
  output.warn(
    `${counted(rows, "row")} of ${counted(fallbackEntities.length, "entity", "entities")} in "${fleet.entityColumn}" ${rows === 1 ? "was" : "were"} scored by the model of all entities, since they have none of their own.${unseen}`,
  );
}

function summarize(
  source: string,
  { isAnomaly }: Decisions,
  scores: FleetScores,
  promise: FdrPromise | undefined,
  out: string | undefined,
  { output }: CliContext,
): void {
  const rows = scores.scores.length;
  const anomalies = isAnomaly.reduce((sum, flag) => sum + flag, 0);
  const { ownEntities, fallbackEntities, unseenEntities, notes } = scores;
  if (output.json) {
    output.resultJson({
      ...{ source, rows, anomalies },
      ...(promise && { fdr: promise.alpha, fdrMethod: promise.method, calibrationSize: scores.calibration }),
      entities: { own: ownEntities, fallback: fallbackEntities, unseen: unseenEntities },
      ...{ out: out ?? null, notes },
    });
    return;
  }
  const what = promise === undefined ? "are above the threshold of their model" : "are discoveries";
  const text =
    `${count(anomalies)} of ${count(rows)} rows in ${source} (${percent(anomalies / rows)}) ${what}; ` +
    `${counted(ownEntities, "entity", "entities")} with a model of their own, ${count(fallbackEntities.length)} by the model of all.`;
  if (out === undefined) output.note(text);
  else if (!output.quiet) output.result(`${text}\nWrote ${out}.`);
}
