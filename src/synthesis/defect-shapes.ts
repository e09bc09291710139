import { normalCdf } from "../math/normal.js";
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

/** From a place relative to the shape's middle, in its own axes, to how much of it the shape covers, from 0 to 1. */
type Covers = (along: number, across: number) => number;

/** Harmonics of an uneven edge, and how far they move it together, as a share of the radius. */
const HARMONICS = [2, 3, 5, 7];
const UNEVENNESS = 0.35;
/** Width of a stroke in pixels. */
const STROKE = { least: 1, most: 4 };

/** Deviations that Gaussians are cut off at: the published ones have 25 taps for a deviation of 5. */
const GAUSSIAN_REACH = 2.4;
const CUT_OFF = normalCdf(-GAUSSIAN_REACH);

/** The distribution function of such a Gaussian. */
function cutCdf(z: number): number {
  if (z <= -GAUSSIAN_REACH) return 0;
  return z >= GAUSSIAN_REACH ? 1 : (normalCdf(z) - CUT_OFF) / (1 - 2 * CUT_OFF);
}

/**
 * A rectangle, turned by any angle, somewhere in the image, and blurred by a Gaussian: along each of its axes that is a
 * difference of two distribution functions.
 * @param sigma standard deviation of the Gaussian, in pixels
 */
export function blurredRectangle(
  shape: ImageShape,
  length: number,
  breadth: number,
  sigma: number,
  stream: RandomStream,
): Coverage {
  const between = (at: number, side: number): number =>
    cutCdf((at + side / 2) / sigma) - cutCdf((at - side / 2) / sigma);
  return placed(
    shape,
    Math.hypot(length, breadth) / 2 + GAUSSIAN_REACH * sigma,
    stream,
    (along, across) => between(along, length) * between(across, breadth),
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
    return softly((edge - Math.hypot(u, v)) * minor);
  });
}

/** A thin, slightly bent line. @param size its length, in pixels */
export function stroke(shape: ImageShape, size: number, stream: RandomStream): Coverage {
  const half = size / 2;
  const breadth = Math.min(size, STROKE.least + (STROKE.most - STROKE.least) * stream.uniform()) / 2;
  const bend = (2 * stream.uniform() - 1) * 0.2 * half;
  return placed(shape, Math.hypot(half, breadth + Math.abs(bend)), stream, (along, across) => {
    const offset = bend * ((along / half) ** 2 - 0.5);
    return softly(Math.min(half - Math.abs(along), breadth - Math.abs(across - offset)));
  });
}

/** Of an edge that is soft over a pixel. @param inside distance from the edge in pixels, above 0 inside */
const softly = (inside: number): number => Math.min(1, Math.max(0, inside + 0.5));

function placed(
  [, height, width]: ImageShape,
  reach: number,
  stream: RandomStream,
  covers: Covers,
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
    data[k] = covers(dx * cosine + dy * sine, dy * cosine - dx * sine);
  }
  return { ...box, data };
}
