import { Graph, mean, serialize, sqrt, square, sub } from "../../graph/index.js";
import type { MapNetwork } from "../../nn/images/map-network.js";
import type { ParameterLayout } from "../../nn/parameters.js";
import { float32, type Runtime, type Session, type TensorValue } from "../../runtime/index.js";
import { fcddLoss, type LossName, pseudoHuber } from "./objective.js";

/** Crops by which training is watched, the same every time. */
export interface ProbeCrops {
  readonly crops: TensorValue;
  readonly masks: TensorValue;
}

export interface ProbeReading {
  /** What training makes small, on images that it does not learn from. */
  readonly loss: number;
  /** Standard deviation of all numbers of the maps. */
  readonly spread: number;
}

/** Reads how a state of the network does, with the statistics that scoring uses. */
export class Probe {
  readonly #session: Session;
  readonly #crops: ProbeCrops;
  readonly #size: number;

  private constructor(session: Session, crops: ProbeCrops, size: number) {
    this.#session = session;
    this.#crops = crops;
    this.#size = size;
  }

  static async open(
    runtime: Runtime,
    layout: ParameterLayout,
    network: MapNetwork,
    loss: LossName,
    crops: ProbeCrops,
  ): Promise<Probe> {
    const graph = new Graph();
    const parameters = layout.tensors(graph.input("parameters", "float32", [layout.size]));
    const images = graph.input("crops", "float32", crops.crops.shape);
    const masks = graph.input("masks", "float32", crops.masks.shape);
    const maps = pseudoHuber(network.forward(images, parameters));
    graph.output("loss", fcddLoss(loss, maps, masks));
    graph.output("spread", sqrt(mean(square(sub(maps, mean(maps))))));
    const session = await runtime.createSession(serialize(graph), { threads: runtime.cores });
    return new Probe(session, crops, layout.size);
  }

  async read(parameters: Float32Array): Promise<ProbeReading> {
    const results = await this.#session.run({
      ...this.#crops,
      parameters: float32([this.#size], parameters),
    });
    const [loss, spread] = [results["loss"]!.data[0] as number, results["spread"]!.data[0] as number];
    return { loss, spread };
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

/** Below this share of what it was at the start, maps have become the same everywhere. */
const LEAST_SPREAD = 1e-3;

/** Signs that a network answers alike everywhere; none when healthy. */
export function mapSigns(now: ProbeReading, start: ProbeReading): string[] {
  if (!Number.isFinite(now.loss) || !Number.isFinite(now.spread)) {
    return ["the maps hold values that are not finite"];
  }
  if (now.spread > LEAST_SPREAD * start.spread) return [];
  const share = Number(((100 * now.spread) / start.spread).toPrecision(2));
  return [`the maps have shrunk to ${share} % of their spread at the start`];
}
