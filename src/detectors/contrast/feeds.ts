import type { RandomStream } from "../../math/random.js";
import { float32, type TensorValue } from "../../runtime/index.js";
import type { Place, Stretches } from "../windows/stretches.js";

export interface DrawOptions {
  readonly batchSize: number;
  /** Steps that a positive lies from its anchor at most. */
  readonly shift: number;
}

/** Windows and their neighbours, each [batch, d]. */
export type Pairs = Readonly<Record<"anchors" | "positives", TensorValue>>;

/**
 * What the steps of a run take, one after the other.
 * @param streams one for each step
 * @param orderWeights how much the order counts in each step; absent where it is not learned
 */
export function drawnSteps(
  stretches: Stretches,
  options: DrawOptions,
  streams: readonly RandomStream[],
  orderWeights?: readonly number[],
): Pairs & Record<string, TensorValue> {
  const { batchSize } = options;
  const [steps, channels] = stretches.shape;
  const columns = steps * channels;
  const count = streams.length * batchSize;
  const matrix = (): Float32Array<ArrayBuffer> => new Float32Array(count * columns);
  const [anchors, positives, earlier] = [matrix(), matrix(), orderWeights ? matrix() : new Float32Array(0)];
  const known = new Float32Array(count);
  for (let k = 0; k < count; k++) {
    const stream = streams[Math.floor(k / batchSize)]!;
    const row = (data: Float32Array): Float32Array => data.subarray(k * columns, (k + 1) * columns);
    const place = stretches.place(stream.int(stretches.windows));
    stretches.read(place, 0, row(anchors));
    stretches.read(place, neighbour(stretches, place, options.shift, stream), row(positives));
    if (orderWeights === undefined) continue;
    if (stretches.holds(place, -steps)) {
      stretches.read(place, -steps, row(earlier));
      known[k] = 1;
    }
  }
  const shape = [count, columns];
  return {
    anchors: float32(shape, anchors),
    positives: float32(shape, positives),
    ...(orderWeights && {
      earlier: float32(shape, earlier),
      known: float32([count], known),
      weight: float32(
        [count],
        Float32Array.from({ length: count }, (_, k) => orderWeights[Math.floor(k / batchSize)]!),
      ),
    }),
  };
}

/** How many steps later a neighbour begins: one that the stretch holds as a whole, where there is any. */
function neighbour(stretches: Stretches, place: Place, most: number, stream: RandomStream): number {
  const shifts = Array.from({ length: 2 * most }, (_, k) => (k < most ? k - most : k - most + 1));
  const whole = shifts.filter((shift) => stretches.holds(place, shift));
  const from = whole.length === 0 ? shifts : whole;
  return from[stream.int(from.length)]!;
}
