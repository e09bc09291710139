import type { Region } from "./regions.js";

/** A closed line through x, y pairs in pixels; the first pixel reaches from 0 to 1. */
export type Outline = Region["polygons"][number];

/** Red, green and blue, [height, width, 3]; drawn into. */
export interface ColourPixels {
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
}

/** Lines are this share of the longer side wide, at least one pixel. */
const WIDTH_SHARE = 1 / 400;
const LINE = 255;
const EDGE = 0;

/**
 * Draws closed lines into an image, white with black edges: seen on light and on dark ground.
 * @param width of the white line in pixels; by default a 400th of the longer side
 */
export function drawOutlines(
  pixels: ColourPixels,
  outlines: readonly Outline[],
  width: number = Math.max(1, Math.max(pixels.height, pixels.width) * WIDTH_SHARE),
): void {
  const radius = width / 2;
  // All edges first: a line is not cut by the edge of its neighbour.
  for (const outline of outlines) stroke(pixels, outline, radius + Math.max(1, radius), EDGE);
  for (const outline of outlines) stroke(pixels, outline, radius, LINE);
}

/** Colours the pixels whose centres are within `radius` of the line. */
function stroke(pixels: ColourPixels, outline: Outline, radius: number, value: number): void {
  const reach = Math.max(radius, 0.5);
  outline.forEach(([x, y], k) => {
    const [toX, toY] = outline[(k + 1) % outline.length]!;
    const steps = Math.max(1, Math.ceil(2 * Math.hypot(toX - x, toY - y)));
    for (let step = 0; step < steps; step++) {
      const share = step / steps;
      disc(pixels, x + share * (toX - x), y + share * (toY - y), reach, value);
    }
  });
}

function disc(
  { height, width, data }: ColourPixels,
  x: number,
  y: number,
  radius: number,
  value: number,
): void {
  const [top, bottom] = [
    Math.max(0, Math.ceil(y - radius - 0.5)),
    Math.min(height - 1, Math.floor(y + radius - 0.5)),
  ];
  const [left, right] = [
    Math.max(0, Math.ceil(x - radius - 0.5)),
    Math.min(width - 1, Math.floor(x + radius - 0.5)),
  ];
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      if ((column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2 > radius * radius) continue;
      const at = 3 * (row * width + column);
      data[at] = data[at + 1] = data[at + 2] = value;
    }
  }
}
