import { throwIfAborted } from "../../errors.js";
import { Graph, reshape, resize, serialize, sub, type Tensor } from "../../graph/index.js";
import type { RowReader } from "../../model/contract.js";
import { LARGE_PATCH } from "../../nn/images/patch-encoder.js";
import { float32, type Runtime, type Session } from "../../runtime/index.js";
import type { TrainingImage } from "./patch-pairs.js";

type ImageShape = TrainingImage["shape"];

/** Two small patches fit beside each other, however far apart the position task wants them. */
const SHORTEST_SIDE = LARGE_PATCH;

/** What the encoder is shown of an image. */
export interface PatchView {
  /** [channels, height, width] of the features */
  readonly given: ImageShape;
  /** The same of what the encoder sees: small images are enlarged. */
  readonly shape: ImageShape;
  /** Mean of the training images, [channels * height * width] of the features. */
  readonly mean: Float32Array;
}

/** Enlarged, with its proportions kept, where a side is too short for the position task. */
export function viewShape([channels, height, width]: ImageShape): ImageShape {
  const factor = Math.max(1, SHORTEST_SIDE / Math.min(height, width));
  return [channels, Math.round(height * factor), Math.round(width * factor)];
}

/** @throws HypersphereError `aborted` */
export async function patchView(
  images: RowReader,
  given: ImageShape,
  signal: AbortSignal | undefined,
): Promise<PatchView> {
  const sums = new Float64Array(images.columns);
  for (let row = 0; row < images.rows; row++) {
    throwIfAborted(signal);
    const image = await images.read(row);
    for (let k = 0; k < sums.length; k++) sums[k]! += image[k]!;
  }
  return { given, shape: viewShape(given), mean: Float32Array.from(sums, (sum) => sum / images.rows) };
}

/** From features [rows, channels * height * width] to what the encoder sees, [rows, channels, height, width]. */
export function viewed(features: Tensor, { given, shape, mean }: PatchView): Tensor {
  const centred = sub(features, features.graph.constant("float32", [mean.length], mean));
  const planes = reshape(centred, [features.shape[0]!, ...given]);
  const [, height, width] = shape;
  return given[1] === height && given[2] === width ? planes : resize(planes, height, width);
}

/** Images as training cuts patches from them. */
export class PatchImages {
  readonly #session: Session;
  readonly #reader: RowReader;
  readonly #view: PatchView;

  private constructor(session: Session, reader: RowReader, view: PatchView) {
    this.#session = session;
    this.#reader = reader;
    this.#view = view;
  }

  static async open(runtime: Runtime, reader: RowReader, view: PatchView): Promise<PatchImages> {
    const graph = new Graph();
    graph.output("image", viewed(graph.input("features", "float32", [1, reader.columns]), view));
    return new PatchImages(await runtime.createSession(serialize(graph)), reader, view);
  }

  get count(): number {
    return this.#reader.rows;
  }

  async read(rows: ArrayLike<number>): Promise<TrainingImage[]> {
    const { shape } = this.#view;
    const images: TrainingImage[] = [];
    for (let k = 0; k < rows.length; k++) {
      const features = float32([1, this.#reader.columns], await this.#reader.read(rows[k]!));
      const { image } = await this.#session.run({ features });
      images.push({ data: image!.data as Float32Array, shape });
    }
    return images;
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}
