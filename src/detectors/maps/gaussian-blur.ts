import { conv, div, mul, reshape, type Tensor } from "../../graph/index.js";

/** Values of a grid, [height, width] row-major. */
export interface Grid {
  readonly height: number;
  readonly width: number;
  readonly data: Float64Array;
}

/** Weights of a Gaussian from -3 to 3 standard deviations, which sum up to one. @param sigma in pixels, above 0 */
export function gaussianTaps(sigma: number): Float64Array {
  const reach = Math.max(1, Math.round(3 * sigma));
  const taps = Float64Array.from({ length: 2 * reach + 1 }, (_, k) =>
    Math.exp(-0.5 * ((k - reach) / sigma) ** 2),
  );
  const total = taps.reduce((sum, value) => sum + value, 0);
  return taps.map((value) => value / total);
}

/** Blurs by a Gaussian; at the edges it takes the mean over what is inside. @param sigma in pixels; 0 changes nothing */
export function blurred(grid: Grid, sigma: number): Grid {
  if (sigma === 0) return grid;
  const taps = gaussianTaps(sigma);
  return along(along(grid, taps, "down"), taps, "across");
}

function along({ height, width, data }: Grid, taps: Float64Array, direction: "down" | "across"): Grid {
  const reach = taps.length >> 1;
  const [length, step] = direction === "down" ? [height, width] : [width, 1];
  const result = new Float64Array(data.length);
  for (let place = 0; place < data.length; place++) {
    const position = direction === "down" ? Math.floor(place / width) : place % width;
    let [sum, weight] = [0, 0];
    for (let k = Math.max(0, reach - position); k < taps.length && position + k - reach < length; k++) {
      sum += taps[k]! * data[place + (k - reach) * step]!;
      weight += taps[k]!;
    }
    result[place] = sum / weight;
  }
  return { height, width, data: result };
}

/** The same inside a graph, for maps float32 [rows, height, width]. */
export function blurredMaps(maps: Tensor, sigma: number): Tensor {
  if (sigma === 0) return maps;
  const [rows, height, width] = maps.shape as [number | string, number, number];
  const taps = gaussianTaps(sigma);
  const reach = taps.length >> 1;
  const kernel = Float32Array.from(taps);
  const inside = (length: number): Float64Array =>
    Float64Array.from({ length }, (_, position) =>
      taps.reduce(
        (sum, tap, k) => sum + (position + k - reach >= 0 && position + k - reach < length ? tap : 0),
        0,
      ),
    );
  const { graph } = maps;
  const down = graph.constant("float32", [height, 1], Float32Array.from(inside(height)));
  const across = graph.constant("float32", [1, width], Float32Array.from(inside(width)));
  const planes = reshape(maps, [rows, 1, height, width]);
  const first = conv(planes, graph.constant("float32", [1, 1, taps.length, 1], kernel), {
    pads: [reach, 0, reach, 0],
  });
  const both = conv(first, graph.constant("float32", [1, 1, 1, taps.length], kernel), {
    pads: [0, reach, 0, reach],
  });
  return div(reshape(both, [rows, height, width]), mul(down, across));
}
