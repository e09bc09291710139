import { type FeatureMatrix, rowStart } from "../../features/index.js";

/** What the numbers of a window mean. */
export type WindowShape = readonly [steps: number, channels: number];

/** Time steps that follow one another, all of them in training windows. */
interface Stretch {
  /** Place of its first number in the matrix. */
  readonly at: number;
  readonly steps: number;
}

/** A window by its stretch, and the step of it that it begins with. */
export interface Place {
  readonly stretch: number;
  readonly step: number;
}

/**
 * The stretches of time that training windows make up: windows that share steps are of one stretch. Any window of a stretch
 * may be learned from, also those that the stride left out, and none of them holds a step that was held out. Windows that
 * share no step with another, as those that were cut already, are a stretch each.
 */
export class Stretches {
  readonly shape: WindowShape;
  /** How many windows there are in all stretches. */
  readonly windows: number;
  readonly #data: Float32Array;
  readonly #stretches: readonly Stretch[];
  /** Windows before each stretch. */
  readonly #before: Float64Array;

  constructor(matrix: FeatureMatrix, shape: WindowShape) {
    this.shape = shape;
    this.#data = matrix.data;
    this.#stretches = stretchesOf(matrix, shape);
    this.#before = new Float64Array(this.#stretches.length + 1);
    this.#stretches.forEach(({ steps }, k) => {
      this.#before[k + 1] = this.#before[k]! + steps - shape[0] + 1;
    });
    this.windows = this.#before.at(-1)!;
  }

  /** The window of that number, from 0, in the order of time. */
  place(window: number): Place {
    let [low, high] = [0, this.#stretches.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#before[middle]! <= window) low = middle;
      else high = middle - 1;
    }
    return { stretch: low, step: window - this.#before[low]! };
  }

  /** Whether the window that begins so many steps later is in the stretch as a whole. */
  holds({ stretch, step }: Place, shift: number): boolean {
    const moved = step + shift;
    return moved >= 0 && moved + this.shape[0] <= this.#stretches[stretch]!.steps;
  }

  /**
   * Copies the window that begins `shift` steps later than a place. Beyond the ends of the stretch its first or last step is
   * repeated.
   */
  read({ stretch, step }: Place, shift: number, target: Float32Array): void {
    const [length, channels] = this.shape;
    const { at, steps } = this.#stretches[stretch]!;
    const from = step + shift;
    if (from >= 0 && from + length <= steps) {
      target.set(this.#data.subarray(at + from * channels, at + (from + length) * channels));
      return;
    }
    for (let k = 0; k < length; k++) {
      const place = at + Math.min(steps - 1, Math.max(0, from + k)) * channels;
      target.set(this.#data.subarray(place, place + channels), k * channels);
    }
  }

  /** Whether any window has another one right before it. */
  get consecutive(): boolean {
    return this.#stretches.some(({ steps }) => steps >= 2 * this.shape[0]);
  }

  /** Whether two windows have a step in common. */
  share(a: Place, b: Place): boolean {
    return a.stretch === b.stretch && Math.abs(a.step - b.step) < this.shape[0];
  }

  /** The listed windows, one after the other. */
  matrix(windows: ArrayLike<number>): FeatureMatrix {
    const columns = this.shape[0] * this.shape[1];
    const data = new Float32Array(windows.length * columns);
    for (let k = 0; k < windows.length; k++)
      this.read(this.place(windows[k]!), 0, data.subarray(k * columns, (k + 1) * columns));
    return { rows: windows.length, columns, data };
  }

  /** Values of a channel over all steps, or over at most so many that are spread evenly. */
  channel(index: number, most: number): Float64Array {
    const [, channels] = this.shape;
    const total = this.#stretches.reduce((sum, { steps }) => sum + steps, 0);
    const every = Math.ceil(total / most);
    const values: number[] = [];
    let skip = 0;
    for (const { at, steps } of this.#stretches) {
      let step = skip;
      for (; step < steps; step += every) values.push(this.#data[at + step * channels + index]!);
      skip = step - steps;
    }
    return Float64Array.from(values);
  }
}

function stretchesOf(matrix: FeatureMatrix, [length, channels]: WindowShape): Stretch[] {
  const begins = Float64Array.from({ length: matrix.rows }, (_, row) => rowStart(matrix, row)).sort();
  const found: { at: number; steps: number }[] = [];
  for (const at of begins) {
    const last = found.at(-1);
    if (last !== undefined && at < last.at + last.steps * channels)
      last.steps = (at - last.at) / channels + length;
    else found.push({ at, steps: length });
  }
  return found;
}
