import type { RandomStream } from "../math/random.js";
import type { ImageShape } from "./images.js";

/** How much of each pixel within a box a shape covers. */
export interface Coverage {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
  /** [height, width] from 0 to 1. */
  readonly data: Float32Array;
}

/** From a place relative to the shape's middle, in its own axes, to its distance from the edge in pixels; above 0 inside. */
type Inside = (along: number, across: number) => number;

/** Harmonics of an uneven edge, and how far they move it together, as a share of the radius. */
const HARMONICS = [2, 3, 5, 7];
const UNEVENNESS = 0.35;
/** Width of a stroke in pixels. */
const STROKE = { least: 1, most: 4 };

/** A rectangle, turned by any angle, somewhere in the image; edges are soft over a pixel. */
export function rotatedRectangle(
  shape: ImageShape,
  length: number,
  breadth: number,
  stream: RandomStream,
): Coverage {
  const reach = Math.hypot(length, breadth) / 2;
  return placed(shape, reach, stream, (along, across) =>
    Math.min(length / 2 - Math.abs(along), breadth / 2 - Math.abs(across)),
  );
}

/** An ellipse of any shape with an uneven edge. @param size its longer axis, in pixels */
export function blob(shape: ImageShape, size: number, stream: RandomStream): Coverage {
  const major = size / 2;
  const minor = Math.max(1, major * (0.3 + 0.7 * stream.uniform()));
  const waves = HARMONICS.map((order) => ({
    order,
    height: ((2 * stream.uniform() - 1) * UNEVENNESS) / HARMONICS.length,
    phase: 2 * Math.PI * stream.uniform(),
  }));
  return placed(shape, major * (1 + UNEVENNESS), stream, (along, across) => {
    const [u, v] = [along / major, across / minor];
    const angle = Math.atan2(v, u);
    const edge = waves.reduce(
      (sum, { order, height, phase }) => sum + height * Math.cos(order * angle + phase),
      1,
    );
    return (edge - Math.hypot(u, v)) * minor;
  });
}

/** A thin, slightly bent line. @param size its length, in pixels */
export function stroke(shape: ImageShape, size: number, stream: RandomStream): Coverage {
  const half = size / 2;
  const breadth = Math.min(size, STROKE.least + (STROKE.most - STROKE.least) * stream.uniform()) / 2;
  const bend = (2 * stream.uniform() - 1) * 0.2 * half;
  return placed(shape, Math.hypot(half, breadth + Math.abs(bend)), stream, (along, across) => {
    const offset = bend * ((along / half) ** 2 - 0.5);
    return Math.min(half - Math.abs(along), breadth - Math.abs(across - offset));
  });
}

function placed(
  [, height, width]: ImageShape,
  reach: number,
  stream: RandomStream,
  inside: Inside,
): Coverage {
  const [y, x] = [height * stream.uniform(), width * stream.uniform()];
  const angle = Math.PI * stream.uniform();
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const top = Math.max(0, Math.floor(y - reach - 1));
  const left = Math.max(0, Math.floor(x - reach - 1));
  const bottom = Math.min(height, Math.ceil(y + reach + 1));
  const right = Math.min(width, Math.ceil(x + reach + 1));
  const box = { top, left, height: bottom - top, width: right - left };
  const data = new Float32Array(box.height * box.width);
  for (let k = 0; k < data.length; k++) {
    const dy = top + Math.floor(k / box.width) + 0.5 - y;
    const dx = left + (k % box.width) + 0.5 - x;
    data[k] = Math.min(1, Math.max(0, inside(dx * cosine + dy * sine, dy * cosine - dx * sine) + 0.5));
  }
  return { ...box, data };
}
