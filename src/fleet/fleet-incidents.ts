import type { Samples } from "../data/index.js";
import { throwIfAborted } from "../errors.js";
import type { SchemaNotes } from "../features/index.js";
import { findIncidents, type Incident, type IncidentOptions } from "../incidents/index.js";
import type { Fleet } from "./fleet.js";
import { mergeNotes } from "./merge-notes.js";

export interface FleetIncident {
  /** Rows are those of all samples. */
  readonly incident: Incident;
  readonly entity: string;
  /** Whether the entity's own model found it. */
  readonly own: boolean;
  /** Of that model. */
  readonly threshold: number;
}

export interface FleetIncidents {
  /** Entity after entity, each in order of time. */
  readonly incidents: readonly FleetIncident[];
  /** Rows above the threshold of their model. */
  readonly flagged: number;
  /** What was in force. */
  readonly mergeGap: number;
  readonly minLength: number;
  readonly notes: SchemaNotes;
  /** Entities that the model of all stood in for. */
  readonly fallbackEntities: readonly string[];
}

/**
 * Abnormal stretches of every entity's series, each found by the model in charge.
 * @throws HypersphereError `unfit-data` for a fleet of tables; as `findIncidents`
 */
export async function findFleetIncidents(
  fleet: Fleet,
  samples: Samples,
  { onProgress, ...options }: IncidentOptions = {},
): Promise<FleetIncidents> {
  const incidents: FleetIncident[] = [];
  const notes: SchemaNotes[] = [];
  const fallbackEntities: string[] = [];
  let [flagged, done] = [0, 0];
  let inForce = { mergeGap: 0, minLength: 1 };
  for (const { part, samples: own, model } of fleet.parts(samples)) {
    throwIfAborted(options.signal);
    const { name: entity = "", rows } = part;
    const found = await findIncidents(await model(), own, options);
    const { scores } = found;
    const row = (place: number): number => rows[place]!;
    for (const incident of found.incidents) {
      const { fromRow, toRow, peakRow } = incident;
      const moved = { ...incident, fromRow: row(fromRow), toRow: row(toRow), peakRow: row(peakRow) };
      incidents.push({ incident: moved, entity, own: fleet.has(entity), threshold: scores.threshold });
    }
    if (!fleet.has(entity)) fallbackEntities.push(entity);
    flagged += scores.isAnomaly.reduce((sum, flag) => sum + flag, 0);
    notes.push(scores.notes);
    inForce = { mergeGap: found.mergeGap, minLength: found.minLength };
    done += rows.length;
    onProgress?.(done / samples.rowCount);
  }
  return { incidents, flagged, ...inForce, notes: mergeNotes(notes), fallbackEntities };
}
