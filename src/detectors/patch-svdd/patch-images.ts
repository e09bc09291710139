import { throwIfAborted } from "../../errors.js";
import { Graph, mul, reshape, resize, serialize, sub, type Tensor } from "../../graph/index.js";
import type { RowReader } from "../../model/contract.js";
import { LARGE_PATCH } from "../../nn/images/patch-encoder.js";
import { float32, type Runtime, type Session } from "../../runtime/index.js";
import type { TrainingImage } from "./view-pairs.js";

type ImageShape = TrainingImage["shape"];

/** Two small patches fit beside each other, however far apart the position task wants them. */
const SHORTEST_SIDE = LARGE_PATCH;

/** Half a grey value of a photograph: smaller deviations are rounding. */
const LEAST_DEVIATION = 1 / 512;

export const CENTRINGS = ["colour", "image"] as const;
export type Centring = (typeof CENTRINGS)[number];

/** What the encoder is shown of an image. */
export interface PatchView {
  /** [channels, height, width] of the features */
  readonly given: ImageShape;
  /** The same of what the encoder sees: small images are enlarged. */
  readonly shape: ImageShape;
  /** What is subtracted from features, [channels * height * width]: the mean training image, or its mean colour. */
  readonly mean: Float32Array;
  /** Standard deviation of the training images about it, over all pixels: it divides them. */
  readonly deviation: number;
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
  centring: Centring,
  signal: AbortSignal | undefined,
): Promise<PatchView> {
  const [sums, squares] = [new Float64Array(images.columns), new Float64Array(images.columns)];
  for (let row = 0; row < images.rows; row++) {
    throwIfAborted(signal);
    const image = await images.read(row);
    for (let k = 0; k < sums.length; k++) {
      sums[k]! += image[k]!;
      squares[k]! += image[k]! * image[k]!;
    }
  }
  const average = sums.map((sum) => sum / images.rows);
  const mean = centring === "image" ? average : channelMeans(average, given[0]);
  const variance = squares.reduce(
    (sum, square, k) =>
      sum + Math.max(0, square / images.rows - mean[k]! * (2 * average[k]! - mean[k]!)) / images.columns,
    0,
  );
  return {
    given,
    shape: viewShape(given),
    mean: Float32Array.from(mean),
    deviation: Math.max(LEAST_DEVIATION, Math.sqrt(variance)),
  };
}

/** The mean over the pixels of each channel, at every one of them. */
function channelMeans(image: Float64Array, channels: number): Float64Array {
  const area = image.length / channels;
  const means = Float64Array.from({ length: channels }, (_, channel) =>
    image.subarray(channel * area, (channel + 1) * area).reduce((sum, value) => sum + value / area, 0),
  );
  return image.map((_, k) => means[Math.floor(k / area)]!);
}

/** From features [rows, channels * height * width] to what the encoder sees, [rows, channels, height, width]. */
export function viewed(features: Tensor, { given, shape, mean, deviation }: PatchView): Tensor {
  const centred = sub(features, features.graph.constant("float32", [mean.length], mean));
  const planes = reshape(mul(centred, 1 / deviation), [features.shape[0]!, ...given]);
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

  /** Of an image that was read. */
  get shape(): ImageShape {
    return this.#view.shape;
  }

  /** See `PatchView`. */
  get deviation(): number {
    return this.#view.deviation;
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
