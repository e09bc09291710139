/** Tables that settings are measured on where nobody has labels. */
import type { Table } from "../../data/index.js";
import { type DetectorEntry, detectors } from "../../detectors/registry.js";
import { kindOf } from "../../features/index.js";
import { ranks } from "../../math/quantile.js";
import { createRandom } from "../../math/random.js";
import type { FitOptions } from "../../model/contract.js";
import type { Model } from "../../model/index.js";
import { damagedTable, TABLE_DAMAGES, type TableDamage } from "../../synthesis/damaged-tables.js";

/** Rows are split so that two halves learn and this share of all is held out. */
const HELD_OUT = 0.2;
const MOST_HELD_OUT = 500;
/** Fewer rows say nothing: a detector holds some of its own out besides. */
export const LEAST_ROWS = 60;
/** Simple detectors of different kinds, whose mean rank is the consensus. */
const REFERENCES = ["knn", "isolation-forest", "pca"];

export interface Halves {
  readonly halves: readonly [Table, Table];
  /** Held-out rows as they are, and damaged copies of them by the kind of damage. */
  readonly normal: Table;
  readonly damaged: ReadonlyMap<TableDamage, Table>;
}

/** What a repeat needs. Every setting is measured on the same rows and the same damage. */
export class TuneTables {
  readonly #table: Table;
  readonly #maxTrain: number;
  readonly #kept = new Map<number, Halves>();
  readonly #consensus = new Map<string, Promise<Float64Array>>();

  /** @param maxTrain rows that each half has at most */
  constructor(table: Table, maxTrain: number) {
    this.#table = table;
    this.#maxTrain = maxTrain;
  }

  repeat(number: number): Halves {
    const known = this.#kept.get(number);
    if (known !== undefined) return known;
    const random = createRandom(number);
    const order = random.stream("tune", "rows").permutation(this.#table.rowCount);
    const heldOut = Math.min(MOST_HELD_OUT, Math.floor(HELD_OUT * order.length));
    const half = Math.min(this.#maxTrain, Math.floor((order.length - heldOut) / 2));
    const rows = (from: number, count: number): Table =>
      kindOf(this.#table).select(this.#table, order.slice(from, from + count).sort()) as Table;
    const normal = rows(0, heldOut);
    const made = {
      halves: [rows(heldOut, half), rows(heldOut + half, half)],
      normal,
      damaged: new Map(
        TABLE_DAMAGES.flatMap((damage): [TableDamage, Table][] => {
          const table = damagedTable(normal, damage, heldOut, random.stream("tune", damage));
          return table === undefined ? [] : [[damage, table]];
        }),
      ),
    } satisfies Halves;
    this.#kept.set(number, made);
    return made;
  }

  /**
   * Mean ranks, from 0 to 1, that simple detectors with their defaults give to `tables` after the first half.
   * @param except the detector that is tuned: agreement with itself says nothing
   */
  consensus(
    number: number,
    tables: readonly Table[],
    except: string,
    fit: FitOptions,
  ): Promise<Float64Array> {
    const key = `${number} ${except} ${tables.length}`;
    const known = this.#consensus.get(key);
    if (known !== undefined) return known;
    const made = this.#meanRanks(number, tables, except, fit);
    this.#consensus.set(key, made);
    return made;
  }

  async #meanRanks(
    number: number,
    tables: readonly Table[],
    except: string,
    fit: FitOptions,
  ): Promise<Float64Array> {
    const names = REFERENCES.filter((name) => name !== except);
    const sum = new Float64Array(tables.reduce((rows, { rowCount }) => rows + rowCount, 0));
    for (const name of names) {
      const model = await detectors[name]!.create({ seed: number }).fit(this.repeat(number).halves[0], fit);
      try {
        ranks(await scoresOf(model, tables, fit)).forEach((rank, k) => {
          sum[k]! += rank / sum.length / names.length;
        });
      } finally {
        await model.close();
      }
    }
    return sum;
  }
}

/** One after the other. */
export async function scoresOf(
  model: Model,
  tables: readonly Table[],
  { signal, backend }: FitOptions,
): Promise<Float32Array> {
  const scores = new Float32Array(tables.reduce((rows, { rowCount }) => rows + rowCount, 0));
  let from = 0;
  for (const table of tables) {
    scores.set((await model.score(table, { signal, backend })).scores, from);
    from += table.rowCount;
  }
  return scores;
}

/** What a detector learns from must not be what it is measured on. */
export function unseenDamages(
  { learnsAgainst }: DetectorEntry,
  options: Readonly<Record<string, unknown>>,
): readonly TableDamage[] {
  const own = new Set<TableDamage>(learnsAgainst);
  if (options["synthesis"] === "shifted-features") own.add("shifted-values");
  if (options["synthesis"] === "shuffled-columns") own.add("shuffled-columns").add("swapped-values");
  return TABLE_DAMAGES.filter((damage) => !own.has(damage));
}
