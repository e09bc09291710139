import { gather, type Tensor } from "../../graph/index.js";

/** Places of an axis of `length` with `before` and `after` more, which mirror its ends without repeating them. */
export function reflectedPlaces(length: number, before: number, after: number): number[] {
  const period = Math.max(1, 2 * (length - 1));
  return Array.from({ length: before + length + after }, (_, k) => {
    const place = (((k - before) % period) + period) % period;
    return place < length ? place : period - place;
  });
}

/** Maps [rows, channels, height, width] made larger by mirroring their edges. @param pads top, left, bottom, right */
export function reflected(x: Tensor, pads: readonly [number, number, number, number]): Tensor {
  const [top, left, bottom, right] = pads;
  const along = (y: Tensor, axis: number, before: number, after: number): Tensor => {
    if (before === 0 && after === 0) return y;
    const places = reflectedPlaces(y.shape[axis] as number, before, after);
    return gather(y, y.graph.root.indices(places), axis);
  };
  return along(along(x, 2, top, bottom), 3, left, right);
}
