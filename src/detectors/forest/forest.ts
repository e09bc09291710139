import { HypersphereError, throwIfAborted } from "../../errors.js";
import type { FeatureMatrix } from "../../features/index.js";
import type { DecisionTree } from "../../graph/index.js";
import type { RandomSource, RandomStream } from "../../math/random.js";
import { type ExtendedTree, growExtendedTree } from "./extended-tree.js";
import type { IsolationForestOptions } from "./options.js";
import { averagePathLength, pathLengthGrid } from "./path-length.js";
import { growTree, TreeBuilder, type TreeSettings } from "./tree.js";

/** Path lengths of up to this many trees are added up in float32, those of all trees in float64. */
export const TREES_PER_SUM = 8;
/** Rows times levels after which callers get a turn, to see progress or to abort. */
const WORK_PER_TURN = 2 ** 21;

/** Where the trees of a forest differ from each other, and all that scoring needs. */
export interface Forest {
  /** Axis-parallel trees look at features, extended ones bring hyperplanes along. */
  readonly trees: readonly DecisionTree[] | readonly ExtendedTree[];
  readonly extended: boolean;
  /** Rows that each tree was grown from. */
  readonly samples: number;
  readonly depthLimit: number;
}

/** Options whose meaning depends on the data, settled. */
export interface ForestPlan {
  /** Rows and features that each tree sees. */
  readonly samples: number;
  readonly features: number;
  readonly depthLimit: number;
}

/**
 * By scikit-learn's rules: "auto" is 256 rows, shares are rounded down, and more rows than there are mean all of them.
 * Two rows are the least that can be told apart.
 */
export function samplesPerTree({ maxSamples }: IsolationForestOptions, rows: number): number {
  const wanted = maxSamples === "auto" ? 256 : maxSamples <= 1 ? Math.floor(maxSamples * rows) : maxSamples;
  return Math.max(2, Math.min(wanted, rows));
}

/** @throws HypersphereError `invalid-option` for options that the table's width rules out */
export function forestPlan(options: IsolationForestOptions, rows: number, columns: number): ForestPlan {
  const { maxFeatures, extensionLevel } = options;
  if (maxFeatures > 1 && maxFeatures > columns) {
    throw new HypersphereError(
      "invalid-option",
      `maxFeatures is ${maxFeatures}, but the table has ${columns} features.`,
      { hint: "Give a number up to that, or a share of at most 1." },
    );
  }
  const features = maxFeatures > 1 ? maxFeatures : Math.max(1, Math.floor(maxFeatures * columns));
  if (extensionLevel >= features && extensionLevel > 0) {
    throw new HypersphereError(
      "invalid-option",
      `extensionLevel is ${extensionLevel}, but trees see ${features} ${features === 1 ? "feature" : "features"}; it is ${features - 1} at most.`,
    );
  }
  const samples = samplesPerTree(options, rows);
  return { samples, features, depthLimit: Math.ceil(Math.log2(samples)) };
}

/** The rows of each tree, out of `rows` training rows: without replacement, unless bootstrapped. */
export class RowDraws {
  readonly rows: number;
  /** Rows that some tree sees, ascending; undefined where trees are so many that it may be any row. */
  readonly union: Uint32Array | undefined;
  readonly #options: IsolationForestOptions;
  readonly #samples: number;

  constructor(options: IsolationForestOptions, rows: number, source: RandomSource) {
    this.rows = rows;
    this.#options = options;
    this.#samples = samplesPerTree(options, rows);
    if (options.trees * this.#samples > rows) return;
    const drawn = new Uint8Array(rows);
    for (let tree = 0; tree < options.trees; tree++) {
      for (const row of this.draw(source.stream("tree", tree))) drawn[row] = 1;
    }
    const union = new Uint32Array(drawn.reduce((count, flag) => count + flag, 0));
    let next = 0;
    for (let row = 0; row < rows; row++) if (drawn[row] === 1) union[next++] = row;
    this.union = union;
  }

  /**
   * The first that is drawn from a tree's stream. With replacement, a row that comes again counts once, as it does in
   * scikit-learn: trees see fewer rows than `samplesPerTree`, by which paths are measured all the same.
   */
  draw(random: RandomStream): Uint32Array {
    if (!this.#options.bootstrap) return random.sample(this.rows, this.#samples);
    return Uint32Array.from(new Set(Array.from({ length: this.#samples }, () => random.int(this.rows))));
  }
}

/**
 * Grows all trees. Every tree draws from a stream of its own, named by its number: a forest of 200 trees begins with
 * the forest of 100, and nobody can tell in which order they were grown.
 *
 * @param data the rows of `draws.union`, where there is one, else all of them
 */
export async function growForest(
  data: FeatureMatrix,
  draws: RowDraws,
  options: IsolationForestOptions,
  plan: ForestPlan,
  source: RandomSource,
  onTree: (done: number) => void,
  signal: AbortSignal | undefined,
): Promise<Forest> {
  const { samples, depthLimit } = plan;
  const extended = options.extensionLevel > 0;
  const longest = depthLimit + averagePathLength(samples);
  const settings: TreeSettings = { depthLimit, grid: pathLengthGrid(TREES_PER_SUM, longest) };
  const builder = new TreeBuilder(extended ? 2 ** depthLimit : samples, settings);
  const position = new Uint32Array(draws.rows);
  draws.union?.forEach((row, k) => {
    position[row] = k;
  });
  const trees: (DecisionTree | ExtendedTree)[] = [];
  let work = 0;
  for (let tree = 0; tree < options.trees; tree++) {
    const random = source.stream("tree", tree);
    const drawn = draws.draw(random);
    const rows = draws.union === undefined ? drawn : drawn.map((row) => position[row]!);
    const features = random.sample(data.columns, plan.features);
    trees.push(
      extended
        ? growExtendedTree(data, rows, features, options.extensionLevel, random, settings, builder)
        : growTree(data, rows, features, random, settings, builder),
    );
    work += samples * depthLimit * (extended ? plan.features : 1);
    if (work < WORK_PER_TURN) continue;
    work = 0;
    onTree(tree + 1);
    await new Promise((resolve) => setTimeout(resolve));
    throwIfAborted(signal);
  }
  return { trees: trees as Forest["trees"], extended, samples, depthLimit };
}
