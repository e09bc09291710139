import type { Dataset, Samples } from "../../data/index.js";
import { detectors } from "../../detectors/registry.js";
import { HypersphereError, throwIfAborted } from "../../errors.js";
import { mean, spearman } from "../../math/quantile.js";
import { auroc } from "../../metrics/index.js";
import type { FitOptions } from "../../model/contract.js";
import { DEFAULT_PROTOCOL, type JobContext, runJob } from "../compare/index.js";
import { scoresOf, TuneHalves, unseenDamages } from "./halves.js";
import { COMBINED, needsLabels, type TuneObjective } from "./objectives.js";

/** One setting of a detector, and how it is measured. */
export interface Setting {
  readonly detector: string;
  /** Those that differ from the defaults; no seed. */
  readonly options: Readonly<Record<string, unknown>>;
  /** A split of the rows, and a seed of the fit, for each. */
  readonly repeats: readonly number[];
  readonly objective: TuneObjective;
  /** Rows that a fit learns from at most. */
  readonly maxTrain: number;
}

export interface Measurement {
  /** One per repeat, from 0 to 1; higher is better. */
  readonly values: readonly number[];
  /** What they are made of, as means over the repeats. */
  readonly parts: Readonly<Record<string, number>>;
}

/** Measures settings of detectors on one data set. What repeats have in common is computed once. */
export class Measuring {
  readonly #samples: Samples;
  #halves: TuneHalves | undefined;

  /** @param samples observations; without labels, or for an objective that needs none, normal ones */
  constructor(samples: Samples) {
    this.#samples = samples;
  }

  /** @throws HypersphereError as fits and scores do; `unfit-data` for data that nothing can be told of; `aborted` */
  async measure(setting: Setting, context: JobContext = {}): Promise<Measurement> {
    const found: Readonly<Record<string, number>>[] = [];
    for (const repeat of setting.repeats) {
      throwIfAborted(context.signal);
      found.push(
        needsLabels(setting.objective)
          ? await this.#labelled(setting, repeat, context)
          : await this.#unlabelled(setting, repeat, context),
      );
    }
    // What varies in one held-out part need not vary in another: a damage counts on the splits that have it.
    const names = new Set(found.flatMap((parts) => Object.keys(parts)));
    return {
      values: found.map((parts) => parts[setting.objective]!),
      parts: Object.fromEntries(
        [...names].map((name) => [name, mean(found.flatMap((parts) => parts[name] ?? []))]),
      ),
    };
  }

  async #labelled(
    { detector, options, maxTrain }: Setting,
    seed: number,
    context: JobContext,
  ): Promise<Record<string, number>> {
    const row = await runJob(
      {
        dataset: this.#samples.data.source,
        samples: this.#samples,
        contestant: { name: detector, detector, options },
        seed,
        protocol: { ...DEFAULT_PROTOCOL, maxTrain },
      },
      context,
    );
    if (row.error !== undefined) throw new HypersphereError("unfit-data", row.error);
    return { auroc: row.auroc, "average-precision": row.averagePrecision };
  }

  async #unlabelled(
    { detector, options, maxTrain, objective }: Setting,
    repeat: number,
    { signal, backend }: JobContext,
  ): Promise<Record<string, number>> {
    const { data } = this.#samples;
    this.#halves ??= new TuneHalves(data, maxTrain);
    const { halves, normal, damaged } = await this.#halves.repeat(repeat, signal);
    const entry = detectors[detector]!;
    const damages = unseenDamages(entry, options, data.kind).filter((damage) => damaged.has(damage));
    if (damages.length === 0) {
      throw new HypersphereError(
        "unfit-data",
        `${normal.source}: nothing varies in a way that copies could be damaged in.`,
      );
    }
    const parts = [normal, ...damages.map((damage) => damaged.get(damage)!)];
    const fit: FitOptions = { signal, backend };
    const scores: Float32Array[] = [];
    for (const half of halves) {
      const model = await entry.create({ ...options, seed: repeat }).fit(half, fit);
      try {
        scores.push(await scoresOf(model, parts, fit));
      } finally {
        await model.close();
      }
    }
    const [first, second] = scores as [Float32Array, Float32Array];
    const separation = damages.map((_, k) => mean(scores.map((own) => separated(own, parts, k + 1))));
    const agreement =
      objective === "separation" || objective === "stability"
        ? undefined
        : share(spearman(first, await this.#halves.consensus(repeat, parts, detector, fit)));
    const found = { separation: mean(separation), stability: share(spearman(first, second)) };
    return {
      ...found,
      ...(agreement !== undefined && {
        consensus: agreement,
        combined:
          COMBINED.separation * found.separation +
          COMBINED.stability * found.stability +
          COMBINED.consensus * agreement,
      }),
      ...Object.fromEntries(damages.map((damage, k) => [damage, separation[k]!])),
    };
  }
}

/** AUROC of normal observations, which come first, against one part of damaged ones. */
function separated(scores: Float32Array, parts: readonly Dataset[], at: number): number {
  const normals = parts[0]!.rowCount;
  const from = parts.slice(0, at).reduce((rows, { rowCount }) => rows + rowCount, 0);
  const outliers = parts[at]!.rowCount;
  const labels = new Uint8Array(normals + outliers).fill(1, normals);
  const own = new Float32Array(labels.length);
  own.set(scores.subarray(0, normals));
  own.set(scores.subarray(from, from + outliers), normals);
  return auroc(labels, own);
}

/** A correlation from 0 to 1; what is constant agrees with nothing. */
const share = (correlation: number): number => (Number.isNaN(correlation) ? 0 : (1 + correlation) / 2);
