import { z } from "zod";
import type { Samples } from "../data/index.js";
import { type DriftReport, driftReport, monitorFor, restoreMonitor } from "../drift/index.js";
import { HypersphereError, throwIfAborted } from "../errors.js";
import type { ScoreOptions } from "../model/index.js";
import type { Fleet } from "./fleet.js";

const DEFAULT_DELTA = 0.01;

const stateSchema = z.strictObject({
  version: z.literal(1),
  fleet: z.string(),
  delta: z.number(),
  seed: z.number(),
  /** By entity, which may be called "__proto__": records of zod lose that. Each is checked by `restoreMonitor`. */
  monitors: z.custom<Readonly<Record<string, unknown>>>(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  ),
});

export type FleetDriftState = z.infer<typeof stateSchema>;

export interface FleetDriftOptions extends Pick<ScoreOptions, "onProgress" | "signal" | "backend"> {
  /** Probability that any entity's alarm is ever raised without drift, in (0, 1); default 0.01, or that of the state. */
  readonly delta?: number | undefined;
  /** Default 0, or that of the state. */
  readonly seed?: number | undefined;
  /** Go on where other data ended: the `state` of their report. */
  readonly state?: unknown;
}

export interface FleetDriftReport {
  readonly source: string;
  readonly rows: number;
  /** Some entity's alarm was raised, in these data or before them. */
  readonly drift: boolean;
  /** In force for all entities together. */
  readonly delta: number;
  /** Of each entity that has a model of its own and rows here. */
  readonly entities: readonly { readonly entity: string; readonly report: DriftReport }[];
  /** Entities with alarms, also of those without rows here. */
  readonly drifted: readonly string[];
  /** Entities that are not watched, since they have no model of their own. */
  readonly unwatched: readonly string[];
  readonly state: FleetDriftState;
}

/**
 * Tells entity by entity whether rows are still what its model was trained on. Each entity with a model of its own is watched at
 * an equal share of `delta`, so that the bound holds for all of them together. Rows of others are not watched: the model of all
 * was made from a mix that the rows of one entity are not drawn from.
 * @throws HypersphereError `invalid-option` for another delta or seed than those of the state; `unreadable-data` for a state
 * that is none; as `driftReport`
 */
export async function fleetDrift(
  fleet: Fleet,
  samples: Samples,
  { delta: given, seed: givenSeed, state, onProgress, ...scoring }: FleetDriftOptions = {},
): Promise<FleetDriftReport> {
  const known = state === undefined ? undefined : checkState(state, fleet, given, givenSeed);
  const delta = known?.delta ?? given ?? DEFAULT_DELTA;
  const seed = known?.seed ?? givenSeed ?? 0;
  const watched = fleet.entities.filter(({ model }) => model !== undefined).length;
  const monitors = new Map(Object.entries(known?.monitors ?? {}));
  const entities: { entity: string; report: DriftReport }[] = [];
  const unwatched: string[] = [];
  let done = 0;
  for (const { part, samples: own, model } of fleet.parts(samples)) {
    throwIfAborted(scoring.signal);
    done += part.rows.length;
    const { name = "" } = part;
    if (!fleet.has(name)) {
      unwatched.push(name);
      continue;
    }
    const inCharge = await model();
    const before = monitors.get(name);
    const monitor =
      before === undefined ? monitorFor(inCharge, { delta: delta / watched, seed }) : restoreMonitor(before);
    const report = await driftReport(inCharge, own, { ...scoring, monitor });
    const row = report.martingale.row;
    const placed = row === null ? null : part.rows[row - 1]! + 1;
    entities.push({ entity: name, report: { ...report, martingale: { ...report.martingale, row: placed } } });
    monitors.set(name, monitor.state());
    onProgress?.(done / samples.rowCount);
  }
  const drifted = Array.from(monitors)
    .filter(([, kept]) => restoreMonitor(kept).status().alarmed)
    .map(([name]) => name);
  return {
    ...{ source: samples.data.source, rows: samples.rowCount, drift: drifted.length > 0, delta },
    ...{ entities, drifted, unwatched },
    state: {
      version: 1,
      fleet: fleet.index.fingerprint,
      delta,
      seed,
      monitors: Object.fromEntries(monitors),
    },
  };
}

function checkState(
  state: unknown,
  { index }: Fleet,
  delta: number | undefined,
  seed: number | undefined,
): FleetDriftState {
  const parsed = stateSchema.safeParse(state);
  if (!parsed.success) {
    throw new HypersphereError("unreadable-data", "This is not the state of a fleet's monitor.", {
      hint: "Pass the state of an earlier report, or start anew without one.",
    });
  }
  const { data } = parsed;
  if (data.fleet !== index.fingerprint) {
    throw new HypersphereError("invalid-option", "The state is that of another fleet's monitor.", {
      hint: "Scores of two fleets cannot be compared: start anew without a state.",
    });
  }
  for (const [name, given, kept] of [
    ["delta", delta, data.delta],
    ["seed", seed, data.seed],
  ] as const) {
    if (given === undefined || given === kept) continue;
    throw new HypersphereError(
      "invalid-option",
      `${name} is ${given}, but the monitor was begun with ${kept}.`,
      {
        hint: `Leave ${name} out, or begin anew without a state.`,
      },
    );
  }
  return data;
}
