import type { Fleet } from "../../fleet/fleet.js";
import { type FleetDriftReport, fleetDrift } from "../../fleet/fleet-drift.js";
import { writeFileAtomic } from "../../io/write-file.js";
import { listNames } from "../../text/closest-name.js";
import { columns, count, counted, percent } from "../../text/format.js";
import { shown } from "../../text/shown.js";
import type { CliContext } from "../command.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { openSamples } from "../files/open-samples.js";
import { readStateFile } from "../files/state-file.js";
import type { ScoringSampleFlags } from "../flags/sample-flags.js";

interface MonitorFleetFlags extends ScoringSampleFlags {
  readonly input: string;
  readonly delta?: number;
  readonly seed?: number;
  readonly state?: string;
  readonly strict?: boolean;
}

interface StateFile {
  readonly format: typeof FORMAT;
  readonly monitor: unknown;
}

const FORMAT = "hypersphere fleet monitor 1";
/** Entities that are listed one by one. */
const LISTED = 10;

/** `monitor` of a fleet: exit code 8 where some entity has drifted. */
export async function monitorFleet(
  fleet: Fleet,
  flags: MonitorFleetFlags,
  context: CliContext,
): Promise<ExitCode | undefined> {
  const { output, signal } = context;
  const { input, delta, seed, state: path, strict } = flags;
  const kept = path === undefined ? undefined : await readStateFile<StateFile>(path, FORMAT, "monitor");
  const samples = await openSamples(input, flags, context, { model: fleet, labelled: false });
  const report = await fleetDrift(fleet, samples, {
    ...{ delta, seed, state: kept?.monitor, signal },
    onProgress: (fraction) => output.progress("scoring", fraction),
  });
  output.endProgress();
  await fleet.close();
  const { state, ...told } = report;
  if (path !== undefined) {
    const file: StateFile = { format: FORMAT, monitor: state };
    await writeFileAtomic(path, `${JSON.stringify(file)}\n`, { force: true, signal });
  }
  if (output.json) output.resultJson(told);
  else output.result(driftText(report, fleet));
  const moved = report.entities.some(({ report: { shifted } }) => shifted.length > 0);
  return report.drift || (strict && moved) ? EXIT.drift : undefined;
}

/** What a report says to a person. */
export function driftText(
  { source, rows, entities, drifted, unwatched, delta }: FleetDriftReport,
  { entityColumn }: Pick<Fleet, "entityColumn">,
): string {
  const watched = counted(entities.length, "entity", "entities");
  const lines = [
    `${source}: ${count(rows)} rows, ${watched} in "${entityColumn}" watched together at ${percent(delta)}.`,
    drifted.length === 0
      ? "No drift."
      : `Drift in ${counted(drifted.length, "entity", "entities")}: ${listNames(drifted, LISTED)}.`,
  ];
  const told = entities
    .filter(({ report }) => report.drift || report.shifted.length > 0)
    .toSorted(
      (a, b) =>
        Number(b.report.drift) - Number(a.report.drift) || b.report.shifted.length - a.report.shifted.length,
    )
    .map(({ entity, report: { drift, martingale, shifted } }) => [
      shown(entity),
      drift
        ? martingale.row === null
          ? "drift, noticed before"
          : `drift, noticed at row ${count(martingale.row)}`
        : "",
      shifted.length === 0 ? "" : `moved: ${listNames(shifted, 4)}`,
    ]);
  lines.push(...columns(told.slice(0, LISTED)).map((line) => `  ${line}`));
  if (told.length > LISTED) lines.push(`  and ${count(told.length - LISTED)} more`);
  if (unwatched.length > 0)
    lines.push(`Not watched, without a model of their own: ${listNames(unwatched, LISTED)}.`);
  return lines.join("\n");
}
