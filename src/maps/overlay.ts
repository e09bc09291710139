import { COLOUR_MAP, colourAt } from "./colour-map.js";
import { type ColourScale, onScale } from "./colour-scale.js";
import { drawOutlines, type Outline } from "./draw-outlines.js";
import type { AnomalyMap } from "./regions.js";

/** Bytes of an image: [height, width, channels], grey (1) or red, green and blue (3). */
export interface PixelImage {
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
}

export interface OverlayOptions {
  /** See `colourScale`. */
  readonly scale: ColourScale;
  /** How much of the colour is seen where the map is highest, from 0 to 1; default 0.6. */
  readonly opacity?: number | undefined;
  /** Drawn over it, in pixels of the image: `polygons` of regions. */
  readonly outlines?: readonly Outline[] | undefined;
}

const OPACITY = 0.6;

/**
 * An image with its map over it: transparent where the map is low, the more opaque the higher it is. The map may have
 * another size; between its pixels it is interpolated as the model interpolates images.
 * @returns red, green and blue, [height, width, 3]
 */
export function overlay(image: PixelImage, map: AnomalyMap, options: OverlayOptions): Uint8Array {
  const { height, width } = image;
  const { scale, opacity = OPACITY, outlines = [] } = options;
  const pixels = inColour(image);
  const across = interpolation(width, map.width);
  const down = interpolation(height, map.height);
  const line = new Float32Array(map.width);
  for (let y = 0, at = 0; y < height; y++) {
    mix(line, map, down.before[y]!, down.after[y]!, down.weight[y]!);
    for (let x = 0; x < width; x++, at += 3) {
      const weight = across.weight[x]!;
      const value = line[across.before[x]!]! * (1 - weight) + line[across.after[x]!]! * weight;
      const t = onScale(value, scale);
      if (t === 0) continue;
      const alpha = opacity * t;
      const colour = colourAt(t);
      for (let k = 0; k < 3; k++) {
        pixels[at + k] = Math.round(pixels[at + k]! * (1 - alpha) + COLOUR_MAP[colour + k]! * alpha);
      }
    }
  }
  if (outlines.length > 0) drawOutlines({ height, width, data: pixels }, outlines);
  return pixels;
}

/** A copy of an image as red, green and blue. */
export function inColour({ height, width, data }: PixelImage): Uint8Array {
  const pixels = height * width;
  if (data.length === 3 * pixels) return Uint8Array.from(data);
  const colour = new Uint8Array(3 * pixels);
  for (let pixel = 0; pixel < pixels; pixel++) colour.fill(data[pixel]!, 3 * pixel, 3 * pixel + 3);
  return colour;
}

interface Interpolation {
  readonly before: Uint32Array;
  readonly after: Uint32Array;
  /** Of `after`. */
  readonly weight: Float32Array;
}

/** Where the centres of `to` equal parts lie among those of `from` parts of the same length. */
function interpolation(to: number, from: number): Interpolation {
  const [before, after, weight] = [new Uint32Array(to), new Uint32Array(to), new Float32Array(to)];
  for (let k = 0; k < to; k++) {
    const place = Math.min(from - 1, Math.max(0, ((k + 0.5) * from) / to - 0.5));
    before[k] = Math.floor(place);
    after[k] = Math.min(from - 1, before[k]! + 1);
    weight[k] = place - before[k]!;
  }
  return { before, after, weight };
}

/** One line of a map, between two of its own. */
function mix(
  line: Float32Array,
  { data, width }: AnomalyMap,
  before: number,
  after: number,
  weight: number,
): void {
  for (let x = 0; x < width; x++) {
    line[x] = data[before * width + x]! * (1 - weight) + data[after * width + x]! * weight;
  }
}
