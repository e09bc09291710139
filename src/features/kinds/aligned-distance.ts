/** How far two thumbnails are apart once one of them is moved a little to lie upon the other. */
import { SIDE } from "./thumbnails.js";

/** Pixels of a thumbnail that one is moved at most: an eighth of the side. */
const MOST = 2;

/**
 * Root of the sum of squared differences where the two overlap, for the best of all moves, as of the whole thumbnail. Parts of
 * a pixel are moved by the slope of the images, and a difference in brightness is taken off.
 *
 * @param planes [rows, channels, SIDE, SIDE]
 * @param a row
 * @param b row
 */
export function alignedDistance(planes: Float32Array, channels: number, a: number, b: number): number {
  const length = channels * SIDE * SIDE;
  let [best, bestX, bestY] = [Infinity, 0, 0];
  for (let dy = -MOST; dy <= MOST; dy++) {
    for (let dx = -MOST; dx <= MOST; dx++) {
      const found = movedBy(planes, channels, a * length, b * length, dx, dy, best);
      if (found < best) [best, bestX, bestY] = [found, dx, dy];
    }
  }
  return Math.sqrt(length * refined(planes, channels, a * length, b * length, bestX, bestY));
}

/** Mean squared difference of whole pixels; something above `worst` where it is larger. */
function movedBy(
  planes: Float32Array,
  channels: number,
  a: number,
  b: number,
  dx: number,
  dy: number,
  worst: number,
): number {
  const [left, right] = [Math.max(0, -dx), Math.min(SIDE, SIDE - dx)];
  const [top, bottom] = [Math.max(0, -dy), Math.min(SIDE, SIDE - dy)];
  const count = channels * (right - left) * (bottom - top);
  const enough = worst * count;
  let sum = 0;
  for (let channel = 0; channel < channels; channel++) {
    const plane = channel * SIDE * SIDE;
    for (let y = top; y < bottom; y++) {
      const first = a + plane + y * SIDE;
      const second = b + plane + (y + dy) * SIDE + dx;
      for (let x = left; x < right; x++) sum += (planes[first + x]! - planes[second + x]!) ** 2;
      if (sum > enough) return Infinity;
    }
  }
  return sum / count;
}

/** Mean squared difference that brightness and a move by a part of a pixel leave: least squares over both slopes. */
function refined(
  planes: Float32Array,
  channels: number,
  a: number,
  b: number,
  dx: number,
  dy: number,
): number {
  const [left, right] = [Math.max(0, -dx) + 1, Math.min(SIDE, SIDE - dx) - 1];
  const [top, bottom] = [Math.max(0, -dy) + 1, Math.min(SIDE, SIDE - dy) - 1];
  const count = channels * (right - left) * (bottom - top);
  let [rr, r1, x1, y1, rx, ry, xx, xy, yy] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let channel = 0; channel < channels; channel++) {
    const plane = channel * SIDE * SIDE;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const p = a + plane + y * SIDE + x;
        const q = b + plane + (y + dy) * SIDE + x + dx;
        const r = planes[p]! - planes[q]!;
        const gx = planes[p + 1]! - planes[p - 1]! + planes[q + 1]! - planes[q - 1]!;
        const gy = planes[p + SIDE]! - planes[p - SIDE]! + planes[q + SIDE]! - planes[q - SIDE]!;
        rr += r * r;
        r1 += r;
        x1 += gx;
        y1 += gy;
        rx += r * gx;
        ry += r * gy;
        xx += gx * gx;
        xy += gx * gy;
        yy += gy * gy;
      }
    }
  }
  // Without the means, which stand for brightness.
  rr -= (r1 * r1) / count;
  rx -= (r1 * x1) / count;
  ry -= (r1 * y1) / count;
  xx -= (x1 * x1) / count;
  xy -= (x1 * y1) / count;
  yy -= (y1 * y1) / count;
  const determinant = xx * yy - xy * xy;
  const explained =
    determinant > 1e-6 * (xx + yy) ** 2 ? (rx * rx * yy - 2 * rx * ry * xy + ry * ry * xx) / determinant : 0;
  return Math.max(0, rr - explained) / count;
}
