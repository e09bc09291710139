import type { RandomSource } from "../../math/random.js";
import { int64, type Values } from "../../runtime/index.js";
import type { ProgramSpec } from "../../train/program.js";
import {
  orientationOf,
  orientedSource,
  paddedPlace,
  paddedSize,
  ROTATIONS,
  TRANSLATIONS,
  type View,
  type ViewPlan,
} from "./views.js";

export interface DrawPlan {
  readonly views: ViewPlan;
  /** Images that training draws from. */
  readonly images: number;
  /** Images of a step, at most as many. */
  readonly batchSize: number;
  /** Whether half of the images are mirrored. */
  readonly mirror: boolean;
}

const EACH = ["starts", "orientations", "down", "across"] as const;

/** What a step is given of what is drawn: one row for each of its images. */
export const drawnData: ProgramSpec["data"] = {
  chosen: { dtype: "int64", shape: ["drawn"] },
  ...Object.fromEntries(EACH.map((name) => [name, { dtype: "int64", shape: ["drawn", ROTATIONS.length] }])),
};

/** How an image is changed before it is turned: which of its pixels is looked at for (0, 0), and whether in a mirror. */
export interface Change {
  readonly dy: number;
  readonly dx: number;
  readonly mirrored: boolean;
}

/** Where the first pixel of a view is in the image with its margin. */
export function firstPlace(
  plan: ViewPlan,
  { rotation, down, across }: View,
  { dy, dx, mirrored }: Change,
): number {
  const [y, x] = orientedSource(
    plan,
    orientationOf(rotation, mirrored),
    -plan.shift * TRANSLATIONS[down]!,
    -plan.shift * TRANSLATIONS[across]!,
  );
  return paddedPlace(plan, y + dy, x + dx);
}

/**
 * Draws which images a step sees, and how: one permutation of all images after the other, so that each is seen as often as
 * the others. Images are moved by a few pixels and perhaps mirrored; each of their rotations is then moved by a translation
 * of its own. Every step has a stream of its own: training goes on after a stop as if there had been none.
 */
export class Draws {
  readonly #plan: DrawPlan;
  readonly #random: RandomSource;
  #epoch = -1;
  #order: Uint32Array = new Uint32Array(0);

  constructor(plan: DrawPlan, random: RandomSource) {
    this.#plan = plan;
    this.#random = random;
  }

  /** For the steps `from` to `to` (excluded). */
  steps(from: number, to: number): Values {
    const { batchSize, views: plan, mirror } = this.#plan;
    const count = (to - from) * batchSize;
    const chosen = new BigInt64Array(count);
    const each = EACH.map(() => new BigInt64Array(count * ROTATIONS.length));
    const [starts, orientations, down, across] = each as [
      BigInt64Array,
      BigInt64Array,
      BigInt64Array,
      BigInt64Array,
    ];
    for (let step = from; step < to; step++) {
      const stream = this.#random.stream("views", step);
      const moved = (): number => stream.int(2 * plan.jitter + 1) - plan.jitter;
      for (let k = 0; k < batchSize; k++) {
        const row = (step - from) * batchSize + k;
        chosen[row] = BigInt(this.#image(step * batchSize + k));
        const [dy, dx] = [moved(), moved()];
        const mirrored = mirror && stream.uniform() < 0.5;
        for (const rotation of ROTATIONS) {
          const at = row * ROTATIONS.length + rotation;
          const view = {
            rotation,
            down: stream.int(TRANSLATIONS.length),
            across: stream.int(TRANSLATIONS.length),
          };
          starts[at] = BigInt(k * paddedSize(plan) + firstPlace(plan, view, { dy, dx, mirrored }));
          orientations[at] = BigInt(orientationOf(rotation, mirrored));
          down[at] = BigInt(view.down);
          across[at] = BigInt(view.across);
        }
      }
    }
    return {
      chosen: int64([count], chosen),
      ...Object.fromEntries(EACH.map((name, k) => [name, int64([count, ROTATIONS.length], each[k]!)])),
    };
  }

  #image(place: number): number {
    const { images } = this.#plan;
    const epoch = Math.floor(place / images);
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#order = this.#random.stream("order", epoch).permutation(images);
    }
    return this.#order[place % images]!;
  }
}
