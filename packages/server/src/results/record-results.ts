import { joinIncidents } from "../incidents/index.js";
import type { Database } from "../store/index.js";
import { countScores, isStored } from "./count-scores.js";
import type { InsertResults, NewResult } from "./insert-results.js";
import { type Pictures, storePictures } from "./pictures.js";

/** What a row says of itself. */
export interface RowFacts {
  /** What it is about, such as a machine; "" where nobody said. */
  readonly entity: string;
  /** What the caller calls it. */
  readonly label: string | null;
  readonly at: Date;
}

/** What a model says of a row. */
export interface Outcome {
  readonly score: number;
  readonly pValue: number;
  readonly isAnomaly: boolean;
  readonly probability?: number;
}

/** By what a row was decided: the same object for all rows of one model. */
export interface Decision {
  readonly threshold: number;
  /** Median score of held-out normals, for the severity of incidents. */
  readonly usual: number;
  /** In a fleet, whether the model is the entity's own, and not that of all entities. */
  readonly own?: boolean;
}

/** A row as a model scored it. */
export interface ScoredRow {
  /** Its place in the request, from 0. */
  readonly row: number;
  readonly facts: RowFacts;
  readonly outcome: Outcome;
  readonly by: Decision;
  /** Its values as JSON text, where they are to be kept. */
  readonly input: string | null;
  /** Of an image, where they are to be kept. */
  readonly pictures?: Pictures | undefined;
}

export type Stores = "all" | "flagged";

/** What one request has to keep. */
export interface ScoredRequest {
  readonly id: string;
  readonly modelId: number;
  readonly version: number;
  /** Of a version that nobody sees: it makes no incidents. */
  readonly shadow: boolean;
  readonly rows: readonly ScoredRow[];
  /** Whether all rows are stored, or those that are flagged or whose values are kept, and the others are counted. */
  readonly stores: Stores;
  /** Done in the transaction that stores the rows, once they have their ids. */
  readonly settle?: ((trx: Database, recorded: readonly Recorded[]) => Promise<void>) | undefined;
}

/** One per row of a request. */
export interface Recorded {
  /** Null where the row was counted and not stored. */
  readonly id: number | null;
  readonly incident: number | null;
}

/** Stores the rows of requests and puts those that are flagged into incidents: all of it, or nothing. */
export async function recordResults(
  db: Database,
  requests: readonly ScoredRequest[],
  gapMs: number,
  insert: InsertResults,
): Promise<Recorded[][]> {
  return db.transaction().execute(async (trx) => {
    const incidents = await incidentsOf(trx, requests, gapMs);
    await countScores(trx, requests);
    const found = recorded(requests, await insert(trx, resultsOf(requests, incidents)), incidents);
    await storePictures(trx, picturesOf(requests, found));
    for (const [k, { settle }] of requests.entries()) await settle?.(trx, found[k]!);
    return found;
  });
}

function resultsOf(
  requests: readonly ScoredRequest[],
  incidents: readonly (readonly (number | null)[])[],
): NewResult[] {
  const results: NewResult[] = [];
  requests.forEach((request, k) => {
    request.rows.forEach((row, at) => {
      if (isStored(request, row)) results.push({ request, row, incident: incidents[k]![at]! });
    });
  });
  return results;
}

/** @param ids of all rows of all requests that are stored, in their order */
function recorded(
  requests: readonly ScoredRequest[],
  ids: readonly number[],
  incidents: readonly (readonly (number | null)[])[],
): Recorded[][] {
  let next = 0;
  return requests.map((request, k) =>
    request.rows.map((row, at) => ({
      id: isStored(request, row) ? ids[next++]! : null,
      incident: incidents[k]![at]!,
    })),
  );
}

function picturesOf(requests: readonly ScoredRequest[], found: readonly (readonly Recorded[])[]) {
  const drawn: (Pictures & { resultId: number })[] = [];
  requests.forEach(({ rows }, k) => {
    rows.forEach(({ pictures }, at) => {
      const { id } = found[k]![at]!;
      if (pictures !== undefined && id !== null) drawn.push({ ...pictures, resultId: id });
    });
  });
  return drawn;
}

/** In one order of entities, so that transactions that wait for each other do not do so in a circle. */
async function incidentsOf(
  trx: Database,
  requests: readonly ScoredRequest[],
  gapMs: number,
): Promise<(number | null)[][]> {
  const incidents = requests.map(({ rows }) => new Array<number | null>(rows.length).fill(null));
  const groups = new Map<string, { request: ScoredRequest; places: [number, number][] }>();
  requests.forEach((request, k) => {
    if (request.shadow) return;
    request.rows.forEach(({ outcome, facts, by }, at) => {
      if (!outcome.isAnomaly) return;
      const key = JSON.stringify([request.modelId, facts.entity, request.version, by.threshold]);
      if (!groups.has(key)) groups.set(key, { request, places: [] });
      groups.get(key)!.places.push([k, at]);
    });
  });
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [, { request, places }] of sorted) {
    const flagged = places.map(([k, at]) => requests[k]!.rows[at]!);
    const rows = flagged.map(({ facts: { at }, outcome: { score, pValue } }) => ({ at, score, pValue }));
    // Of one entity, and by one model.
    const { facts, by } = flagged[0]!;
    const about = { ...request, entity: facts.entity, threshold: by.threshold, usual: by.usual };
    const found = await joinIncidents(trx, { ...about, rows }, gapMs);
    places.forEach(([k, at], place) => {
      incidents[k]![at] = found[place]!;
    });
  }
  return incidents;
}
