import { Gatherer } from "../gatherer.js";
import { Problem } from "../problem.js";
import type { Settings } from "../settings.js";
import type { Store } from "../store/index.js";
import { isStored } from "./count-scores.js";
import { insertInto } from "./insert-results.js";
import { type Recorded, recordResults, type ScoredRequest } from "./record-results.js";

/** Stores what requests bring, those that come together in one transaction; each hears of it after the commit. */
export class ResultWriter {
  readonly #gatherer: Gatherer<ScoredRequest, Recorded[]>;

  constructor(
    store: Pick<Store, "db" | "kind">,
    settings: Pick<Settings, "gatherRows" | "incidentGapSeconds">,
  ) {
    const gapMs = settings.incidentGapSeconds * 1000;
    const insert = insertInto(store);
    this.#gatherer = new Gatherer({
      // Those that came while the transaction before was written are gathered already.
      waitMs: 0,
      most: settings.gatherRows,
      // What is counted alone costs a transaction next to nothing.
      sizeOf: (request) =>
        request.rows.reduce((count, row) => (isStored(request, row) ? count + 1 : count), 0),
      run: (requests) => again(() => recordResults(store.db, requests, gapMs, insert)),
      alone: isFaultOfValues,
    });
  }

  /** Resolves once the rows are durable. */
  record(request: ScoredRequest): Promise<Recorded[]> {
    return this.#gatherer.add(request);
  }
}

const MOST_TRIES = 3;

/** Of transactions that wait for each other in a circle, the database ends one: nothing of it was stored. */
async function again<T>(work: () => Promise<T>, tries = 1): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== "40P01" || tries >= MOST_TRIES) throw error;
    return again(work, tries + 1);
  }
}

/** A conflict, or class 22: a value that the database cannot take, of one of the requests. Nothing was stored. */
const isFaultOfValues = (error: unknown): boolean =>
  (error instanceof Problem && error.status < 500) ||
  String((error as { code?: unknown } | null)?.code ?? "").startsWith("22");
