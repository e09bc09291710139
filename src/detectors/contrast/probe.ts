import { Graph, mean, serialize, square, sub, sum } from "../../graph/index.js";
import type { ParameterLayout } from "../../nn/parameters.js";
import type { ContrastNetwork } from "../../nn/series/contrast-network.js";
import { float32, type Runtime, type Session } from "../../runtime/index.js";
import { normalisedWindows } from "../windows/normalised.js";
import type { WindowShape } from "../windows/stretches.js";
import type { Pairs } from "./feeds.js";
import { directions, tripletLoss } from "./objective.js";

export interface ProbeReading {
  /** The loss of triplets on the same windows every time, with the statistics that scoring uses. */
  readonly loss: number;
  /** 1 less the squared length of the mean direction: 0 where all windows have the same one. */
  readonly spread: number;
}

/** Reads how a state of the network does. */
export class Probe {
  readonly #session: Session;
  readonly #pairs: Pairs;
  readonly #size: number;

  private constructor(session: Session, pairs: Pairs, size: number) {
    this.#session = session;
    this.#pairs = pairs;
    this.#size = size;
  }

  static async open(
    runtime: Runtime,
    layout: ParameterLayout,
    network: ContrastNetwork,
    shape: WindowShape,
    margin: number,
    { anchors, positives }: Pairs,
  ): Promise<Probe> {
    const graph = new Graph();
    const parameters = layout.tensors(graph.input("parameters", "float32", [layout.size]));
    const [embeddedAnchors, embeddedPositives] = (["anchors", "positives"] as const).map((name) => {
      const rows = graph.input(name, "float32", anchors.shape);
      return network.embed(normalisedWindows(rows, shape), parameters);
    });
    const project = (x: NonNullable<typeof embeddedAnchors>) => network.project(x, parameters);
    graph.output("loss", tripletLoss(project(embeddedAnchors!), project(embeddedPositives!), margin));
    const common = mean(directions(embeddedAnchors!), [0]);
    graph.output("spread", sub(1, sum(square(common))));
    const session = await runtime.createSession(serialize(graph), { threads: runtime.cores });
    return new Probe(session, { anchors, positives }, layout.size);
  }

  /** @param parameters may be longer than the layout; its own come first */
  async read(parameters: Float32Array): Promise<ProbeReading> {
    const results = await this.#session.run({
      ...this.#pairs,
      parameters: float32([this.#size], parameters.slice(0, this.#size)),
    });
    const [loss, spread] = [results["loss"]!.data[0] as number, results["spread"]!.data[0] as number];
    return { loss, spread };
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

/** Below this share of what it was at the start, windows have become the same. */
const LEAST_SPREAD = 1e-3;

/** Signs that a network answers alike for every window; none when healthy. */
export function spaceSigns(now: ProbeReading, start: ProbeReading): string[] {
  if (!Number.isFinite(now.loss) || !Number.isFinite(now.spread)) {
    return ["the embedded windows hold values that are not finite"];
  }
  if (now.spread > LEAST_SPREAD * start.spread) return [];
  const share = Number(((100 * now.spread) / start.spread).toPrecision(2));
  return [`the embedded windows have shrunk to ${share} % of their spread at the start`];
}
