import type { RandomStream } from "../math/random.js";
import type { Coverage } from "./defect-shapes.js";
import type { ImageShape } from "./images.js";

export const contentKinds = [
  "other image",
  "brightness",
  "colour",
  "noise",
  "erosion",
  "dilation",
  "blur",
  "shift",
] as const;
export type Content = (typeof contentKinds)[number];

/** From a value's place in the image and its channel to what it becomes. */
type NewValue = (at: number, channel: number) => number;

const BRIGHTNESS = { least: 0.1, most: 0.5 };
const NOISE = { least: 0.05, most: 0.3 };
const SHIFT = { least: 2, most: 8 };
/** Pixels on each side that erosion and dilation, and blur, look at. */
const EROSION_REACH = 2;
const BLUR_REACH = 3;

/** Mixes new values into an image where a shape covers it; they are kept in [0, 1]. */
export function blended(
  image: Float32Array,
  [channels, height, width]: ImageShape,
  { top, left, width: columns, data }: Coverage,
  alpha: number,
  value: NewValue,
): void {
  for (let channel = 0; channel < channels; channel++)
    for (let k = 0; k < data.length; k++) {
      const share = alpha * data[k]!;
      if (share === 0) continue;
      const row = top + Math.floor(k / columns);
      const at = (channel * height + row) * width + left + (k % columns);
      image[at] = Math.min(1, Math.max(0, image[at]! + share * (value(at, channel) - image[at]!)));
    }
}

/**
 * What the inside of a defect looks like.
 * @param before the image, which stays as it is while values are asked for
 */
export function changedContent(
  content: Content,
  before: Float32Array,
  shape: ImageShape,
  other: Float32Array,
  stream: RandomStream,
): NewValue {
  const [channels, height, width] = shape;
  const between = ({ least, most }: { least: number; most: number }): number =>
    least + (most - least) * stream.uniform();
  const sign = (): number => (stream.uniform() < 0.5 ? -1 : 1);
  switch (content) {
    case "other image": {
      const [down, across] = [stream.int(height), stream.int(width)];
      return (at) => other[moved(at, down, across, shape, "around")]!;
    }
    case "brightness": {
      const change = sign() * between(BRIGHTNESS);
      return (at) => before[at]! + change;
    }
    case "colour": {
      const colour = Array.from({ length: channels }, () => stream.uniform());
      return (_, channel) => colour[channel]!;
    }
    case "noise": {
      const deviation = between(NOISE);
      return (at) => before[at]! + deviation * stream.normal();
    }
    case "erosion":
      return (at) => around(before, at, shape, EROSION_REACH, Math.min, 1);
    case "dilation":
      return (at) => around(before, at, shape, EROSION_REACH, Math.max, 0);
    case "blur": {
      const area = (2 * BLUR_REACH + 1) ** 2;
      return (at) => around(before, at, shape, BLUR_REACH, (sum, value) => sum + value, 0) / area;
    }
    case "shift": {
      const [down, across] = [sign() * between(SHIFT), sign() * between(SHIFT)].map(Math.round) as [
        number,
        number,
      ];
      return (at) => before[moved(at, down, across, shape, "inside")]!;
    }
  }
}

/** The place so many pixels away in the same channel: around the edges, or no further than they are. */
function moved(
  at: number,
  down: number,
  across: number,
  [, height, width]: ImageShape,
  edge: "around" | "inside",
): number {
  const area = height * width;
  const start = at - (at % area);
  const bound = (value: number, length: number): number =>
    edge === "around" ? (value + length) % length : Math.min(length - 1, Math.max(0, value));
  const row = bound(Math.floor((at % area) / width) + down, height);
  return start + row * width + bound((at % width) + across, width);
}

function around(
  image: Float32Array,
  at: number,
  shape: ImageShape,
  reach: number,
  join: (all: number, value: number) => number,
  start: number,
): number {
  let all = start;
  for (let down = -reach; down <= reach; down++)
    for (let across = -reach; across <= reach; across++)
      all = join(all, image[moved(at, down, across, shape, "inside")]!);
  return all;
}
