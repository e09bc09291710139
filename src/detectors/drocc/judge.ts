import type { FeatureMatrix } from "../../features/index.js";
import { add, concat, Graph, reshape, serialize } from "../../graph/index.js";
import type { RandomStream } from "../../math/random.js";
import { float32, type Runtime, type Session } from "../../runtime/index.js";
import type { LogitNetwork } from "./network.js";
import { type Surroundings, worstDisplacements } from "./objective.js";
import { columnWeights } from "./projection.js";

export interface Verdict {
  /** The training's objective, places far away left out. */
  readonly cost: number;
  /** Share of rows told from their negatives. */
  readonly separation: number;
  /** Signs that something is wrong with the network; none when healthy. */
  readonly signs: readonly string[];
}

/** Judges a network by held-out rows and by the negatives around them, climbed for from the same noise every time. */
export class Judge {
  readonly #session: Session;
  readonly #rows: FeatureMatrix;
  readonly #noise: Float32Array;
  /** Rows of a run: the derivative of a pooling needs their number, so that the last run is filled up. */
  readonly #block: number;
  readonly #mu: number;

  private constructor(
    session: Session,
    rows: FeatureMatrix,
    noise: Float32Array,
    block: number,
    { mu }: Surroundings,
  ) {
    this.#session = session;
    this.#rows = rows;
    this.#noise = noise;
    this.#block = block;
    this.#mu = mu;
  }

  /** @param most rows that go into one run */
  static async open(
    runtime: Runtime,
    { layout, logits }: LogitNetwork,
    surroundings: Surroundings,
    rows: FeatureMatrix,
    most: number,
    stream: RandomStream,
  ): Promise<Judge> {
    const block = Math.min(most, rows.rows);
    const graph = new Graph();
    const parameters = layout.tensors(graph.input("parameters", "float32", [layout.size]));
    const x = graph.input("x", "float32", [block, rows.columns]);
    const from = graph.input("noise", "float32", [block, rows.columns]);
    const answers = (at: typeof x): typeof x => logits(at, parameters);
    const heed = columnWeights(surroundings.norm, x, answers);
    const negatives = add(x, worstDisplacements(graph, x, from, surroundings, answers, heed));
    const both = [answers(x), answers(negatives)].map((each) => reshape(each, [block, 1]));
    graph.output("logits", concat(both, 1));
    const noise = new Float32Array(rows.rows * rows.columns);
    stream.fillNormal(noise);
    const session = await runtime.createSession(serialize(graph));
    return new Judge(session, rows, noise, block, surroundings);
  }

  async judge(parameters: Float32Array): Promise<Verdict> {
    const { rows, columns, data } = this.#rows;
    const block = this.#block;
    let [cost, separated, lowest, highest] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let first = 0; first < rows; first += block) {
      // Rows that were judged before fill the last run up.
      const from = Math.min(first, rows - block);
      const part = (values: Float32Array): Float32Array =>
        values.slice(from * columns, (from + block) * columns);
      const { logits } = await this.#session.run({
        parameters: float32([parameters.length], parameters),
        x: float32([block, columns], part(data)),
        noise: float32([block, columns], part(this.#noise)),
      });
      const found = logits!.data as Float32Array;
      for (let row = first - from; row < block; row++) {
        const [own, negative] = [found[2 * row]!, found[2 * row + 1]!];
        cost += softplus(-own) + this.#mu * softplus(negative);
        if (own > negative) separated++;
        lowest = Math.min(lowest, own);
        highest = Math.max(highest, own);
      }
    }
    const signs: string[] = [];
    if (!Number.isFinite(cost)) signs.push("the network answers values that are not finite");
    else if (lowest === highest && rows > 1) signs.push("the network answers a constant");
    return { cost: cost / rows, separation: separated / rows, signs };
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
