/** Whether pixels hang together across their edges alone (4), or across corners too (8). */
export type Connectivity = 4 | 8;

/** Which pixels hang together. */
export interface Components {
  readonly count: number;
  /** [height, width] from 1 to `count` in the order in which rows, read from left to right, meet them; 0 outside of all. */
  readonly labels: Int32Array;
}

/**
 * Connected components of the pixels that are not 0. Every pixel is looked at once from each of its neighbours.
 * @param mask [height, width]
 */
export function connectedComponents(
  mask: ArrayLike<number>,
  height: number,
  width: number,
  connectivity: Connectivity = 8,
): Components {
  const labels = new Int32Array(height * width);
  const waiting = new Int32Array(height * width);
  let count = 0;
  for (let start = 0; start < labels.length; start++) {
    if (!mask[start] || labels[start] !== 0) continue;
    labels[start] = ++count;
    let top = 0;
    waiting[top++] = start;
    while (top > 0) {
      const place = waiting[--top]!;
      const [y, x] = [Math.floor(place / width), place % width];
      for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
        for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
          if (connectivity === 4 && row !== y && column !== x) continue;
          const next = row * width + column;
          if (!mask[next] || labels[next] !== 0) continue;
          labels[next] = count;
          waiting[top++] = next;
        }
      }
    }
  }
  return { count, labels };
}
