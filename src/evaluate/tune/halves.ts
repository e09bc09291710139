/** Observations that settings are measured on where nobody has labels. */
import type { Dataset } from "../../data/index.js";
import { keepApart, overlapBlock, unitsOf } from "../../detectors/fit/hold-out.js";
import { type DetectorEntry, detectors } from "../../detectors/registry.js";
import { kindOf, type RowGroups } from "../../features/index.js";
import { ranks } from "../../math/quantile.js";
import { createRandom } from "../../math/random.js";
import type { FitOptions } from "../../model/contract.js";
import type { Model } from "../../model/index.js";
import { DAMAGES, type Damage, damaged } from "../../synthesis/damage.js";

/** Rows are split so that two halves learn and this share of all is held out. */
const HELD_OUT = 0.2;
const MOST_HELD_OUT = 500;
/** Fewer rows say nothing: a detector holds some of its own out besides. */
export const LEAST_ROWS = 60;
/** Simple detectors of different kinds, whose mean rank is the consensus. */
const REFERENCES = ["knn", "isolation-forest", "pca"];

export interface Halves {
  readonly halves: readonly [Dataset, Dataset];
  /** Held-out observations as they are, and damaged copies of them by the kind of damage. */
  readonly normal: Dataset;
  readonly damaged: ReadonlyMap<Damage, Dataset>;
}

/** What a repeat needs. Every setting is measured on the same observations and the same damage. */
export class TuneHalves {
  readonly #data: Dataset;
  readonly #maxTrain: number;
  readonly #kept = new Map<number, Halves>();
  readonly #consensus = new Map<string, Promise<Float64Array>>();
  #groups: Promise<RowGroups | undefined> | undefined;

  /** @param maxTrain observations that each half has at most, about: blocks and groups are not divided */
  constructor(data: Dataset, maxTrain: number) {
    this.#data = data;
    this.#maxTrain = maxTrain;
  }

  /**
   * Windows that share time steps are dealt out in blocks of neighbours, and near-duplicates together: no part of the three
   * shares a step with another one.
   */
  async repeat(number: number, signal?: AbortSignal): Promise<Halves> {
    const known = this.#kept.get(number);
    if (known !== undefined) return known;
    const data = this.#data;
    const kind = kindOf(data);
    this.#groups ??= kind.nearDuplicates(data, signal);
    const units = unitsOf(data.rowCount, { calibrationBlock: overlapBlock(data) }, await this.#groups);
    const random = createRandom(number);
    const order = random.stream("tune", "rows").permutation(units.count);
    const heldOut = Math.min(MOST_HELD_OUT, Math.floor(HELD_OUT * data.rowCount));
    const half = Math.min(this.#maxTrain, Math.floor((data.rowCount - heldOut) / 2));
    let dealt = 0;
    /** As many groups or blocks as have about so many rows. */
    const deal = (rows: number): Uint32Array<ArrayBuffer> => {
      const count = Math.max(1, Math.floor((rows * units.count) / data.rowCount));
      const chosen = units.rowsOf(order.subarray(dealt, dealt + count));
      dealt += count;
      return Uint32Array.from(chosen);
    };
    const [calibration, validation, train] = [deal(heldOut), deal(half), deal(half)];
    // The two halves take the places of what validates and what trains.
    const apart = keepApart(data, { calibration, validation, train });
    const normal = kind.select(data, calibration);
    const made = {
      halves: [
        kind.select(data, Uint32Array.from(apart.validation)),
        kind.select(data, Uint32Array.from(apart.train)),
      ],
      normal,
      damaged: new Map(
        DAMAGES[data.kind].flatMap((damage): [Damage, Dataset][] => {
          const copies = damaged(normal, damage, normal.rowCount, random);
          return copies === undefined ? [] : [[damage, copies]];
        }),
      ),
    } satisfies Halves;
    this.#kept.set(number, made);
    return made;
  }

  /**
   * Mean ranks, from 0 to 1, that simple detectors with their defaults give to `parts` after the first half.
   * @param except the detector that is tuned: agreement with itself says nothing
   */
  consensus(
    number: number,
    parts: readonly Dataset[],
    except: string,
    fit: FitOptions,
  ): Promise<Float64Array> {
    const key = `${number} ${except} ${parts.length}`;
    const known = this.#consensus.get(key);
    if (known !== undefined) return known;
    const made = this.#meanRanks(number, parts, except, fit);
    this.#consensus.set(key, made);
    return made;
  }

  async #meanRanks(
    number: number,
    parts: readonly Dataset[],
    except: string,
    fit: FitOptions,
  ): Promise<Float64Array> {
    const learned = (await this.repeat(number, fit.signal)).halves[0];
    const names = REFERENCES.filter((name) => name !== except);
    const sum = new Float64Array(parts.reduce((rows, { rowCount }) => rows + rowCount, 0));
    for (const name of names) {
      const model = await detectors[name]!.create({ seed: number }).fit(learned, fit);
      try {
        ranks(await scoresOf(model, parts, fit)).forEach((rank, k) => {
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
  parts: readonly Dataset[],
  { signal, backend }: FitOptions,
): Promise<Float32Array> {
  const scores = new Float32Array(parts.reduce((rows, { rowCount }) => rows + rowCount, 0));
  let from = 0;
  for (const part of parts) {
    scores.set((await model.score(part, { signal, backend })).scores, from);
    from += part.rowCount;
  }
  return scores;
}

/** What a detector learns to tell from normal observations must not be what it is measured on. */
const LEARNED: Readonly<Record<string, readonly Damage[]>> = {
  "shifted-features": ["shifted-values", "spikes", "raised-values"],
  "shuffled-columns": ["shuffled-columns", "swapped-values"],
  confetti: ["confetti"],
  transforms: ["turned", "reversed-steps"],
};

export function unseenDamages(
  { learnsAgainst }: DetectorEntry,
  options: Readonly<Record<string, unknown>>,
  kind: Dataset["kind"],
): readonly Damage[] {
  const named = [options["synthesis"], options["pretraining"]].flatMap(
    (name) => LEARNED[name as string] ?? [],
  );
  const own = new Set<Damage>([...learnsAgainst, ...named]);
  return DAMAGES[kind].filter((damage) => !own.has(damage));
}
