import { div, maximum, mul, reshape, resize, sub, type Tensor } from "../../graph/index.js";
import type { RowReader } from "../../model/contract.js";
import type { Runtime } from "../../runtime/index.js";
import { eachImage } from "./each-image.js";
import { blurred, blurredMaps, type Grid } from "./gaussian-blur.js";
import type { Mask } from "./mask.js";
import { mapWeights } from "./masked.js";

/**
 * From features [rows, channels * height * width] to maps, float32 [rows, h, w]: higher is more abnormal. A map may be
 * coarser than the image; each of its pixels stands for an equal part of it.
 */
export type RawMap = (features: Tensor) => Tensor;

export const MAP_CALIBRATIONS = ["pixel", "image"] as const;

export interface MapOptions {
  /** Whether a pixel is compared with itself on held-out normals, or with all pixels alike. */
  readonly mapCalibration: (typeof MAP_CALIBRATIONS)[number];
  /** Standard deviation of the Gaussian that smooths the calibrated map, in pixels of the image. */
  readonly mapSmoothing: number;
}

/** What is normal for each pixel of a map, on a grid that may be coarser: one place stands for all of a map. */
export interface MapCalibration {
  readonly height: number;
  readonly width: number;
  /** [height, width] */
  readonly mean: Float32Array;
  /** [height, width], above 0 */
  readonly deviation: Float32Array;
}

/**
 * Means and variances over few images are noisy: they are smoothed by a Gaussian of this standard deviation, in pixels of the
 * image, where a detector has no other.
 */
const MOMENTS_SIGMA = 2;
/** So much of the mean deviation is added to each pixel's: else pixels that hardly vary dominate the map. */
const DEVIATION_FLOOR = 0.25;

/** Moments of larger maps are kept on a coarser grid: models stay small, and they are smooth. */
const MOST_PLACES = 2 ** 20;

/**
 * Mean and deviation of raw maps over normals, per pixel or for all alike.
 * @param shape [channels, height, width] of the images
 * @param momentsSigma see `MOMENTS_SIGMA`
 * @param mask of what is ignored: it has no say
 */
export async function calibrateMaps(
  runtime: Runtime,
  normals: readonly RowReader[],
  shape: readonly number[],
  raw: RawMap,
  {
    mapCalibration,
    momentsSigma = MOMENTS_SIGMA,
  }: Pick<MapOptions, "mapCalibration"> & { readonly momentsSigma?: number | undefined },
  mask: Mask | undefined,
  signal?: AbortSignal,
): Promise<MapCalibration> {
  const count = normals.reduce((total, { rows }) => total + rows, 0);
  let [height, width] = [0, 0];
  let [sum, squares] = [new Float64Array(0), new Float64Array(0)];
  const counted = (features: Tensor): Tensor => {
    const maps = raw(features);
    [, height, width] = maps.shape as [string, number, number];
    [sum, squares] = [new Float64Array(height * width), new Float64Array(height * width)];
    return maps;
  };
  const add = (map: Float32Array): void =>
    map.forEach((value, place) => {
      sum[place]! += value;
      squares[place]! += value * value;
    });
  await eachImage(runtime, normals, counted, add, signal);
  const mean = sum.map((total) => total / count);
  const variance = squares.map((total, place) => Math.max(0, total / count - mean[place]! ** 2));
  const weights = mask && Float64Array.from(mask.ofMap(height, width));
  if (mapCalibration === "image") return ofAllPixels(mean, variance, weights);
  const sigma = (momentsSigma * height) / shape[1]!;
  const smooth = (data: Float64Array): Grid => smoothed({ height, width, data }, sigma, weights);
  const deviation = smooth(variance).data.map(Math.sqrt);
  const typical = average(deviation, weights);
  const floor = DEVIATION_FLOOR * typical + LEAST;
  const steady = { height, width, data: deviation.map((each) => each + floor) };
  const means = coarser(smooth(mean));
  return {
    height: means.height,
    width: means.width,
    mean: Float32Array.from(means.data),
    deviation: Float32Array.from(coarser(steady).data),
  };
}

/** Below this a deviation is none. */
const LEAST = 1e-12;

function ofAllPixels(
  means: Float64Array,
  variances: Float64Array,
  weights: Float64Array | undefined,
): MapCalibration {
  const mean = average(means, weights);
  const between = average(
    means.map((value) => (value - mean) ** 2),
    weights,
  );
  const deviation = Math.sqrt(average(variances, weights) + between) + LEAST;
  return { height: 1, width: 1, mean: Float32Array.of(mean), deviation: Float32Array.of(deviation) };
}

function average(values: Float64Array, weights: Float64Array | undefined): number {
  if (weights === undefined) return values.reduce((sum, value) => sum + value, 0) / values.length;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return values.reduce((sum, value, place) => sum + value * weights[place]!, 0) / total;
}

/** Blurred by what has weight alone; where nothing near has any, the average. */
function smoothed(grid: Grid, sigma: number, weights: Float64Array | undefined): Grid {
  if (weights === undefined) return blurred(grid, sigma);
  const weighted = grid.data.map((value, place) => value * weights[place]!);
  const sums = blurred({ ...grid, data: weighted }, sigma).data;
  const totals = blurred({ ...grid, data: weights }, sigma).data;
  const typical = average(grid.data, weights);
  return {
    ...grid,
    data: sums.map((sum, place) => (totals[place]! > 1e-6 ? sum / totals[place]! : typical)),
  };
}

/** Means over blocks, of so many pixels that at most `MOST_PLACES` are left. */
function coarser(grid: Grid): Grid {
  const factor = Math.ceil(Math.sqrt((grid.height * grid.width) / MOST_PLACES));
  if (factor === 1) return grid;
  const [height, width] = [Math.ceil(grid.height / factor), Math.ceil(grid.width / factor)];
  const [sums, counts] = [new Float64Array(height * width), new Float64Array(height * width)];
  grid.data.forEach((value, place) => {
    const [y, x] = [Math.floor(place / grid.width), place % grid.width];
    const block = Math.floor((y * height) / grid.height) * width + Math.floor((x * width) / grid.width);
    sums[block]! += value;
    counts[block]!++;
  });
  return { height, width, data: sums.map((sum, block) => sum / counts[block]!) };
}

/**
 * A raw map in standard deviations above what is normal, smoothed, at the size of the image: float32 [rows, height, width].
 * @param shape [channels, height, width] of the image
 * @param mask of what is ignored: it does not shine into its surroundings
 */
export function calibratedMap(
  raw: Tensor,
  calibration: MapCalibration,
  [, imageHeight, imageWidth]: readonly [number, number, number],
  { mapSmoothing }: Pick<MapOptions, "mapSmoothing">,
  mask: Mask | undefined,
): Tensor {
  const { graph } = raw;
  const [rows, height, width] = raw.shape as [number | string, number, number];
  const grid = (data: Float32Array): Tensor => {
    const { height: gridHeight, width: gridWidth } = calibration;
    const constant = graph.constant("float32", [gridHeight, gridWidth], data);
    if (gridHeight * gridWidth === 1 || (gridHeight === height && gridWidth === width)) return constant;
    const planes = reshape(constant, [1, 1, gridHeight, gridWidth]);
    return reshape(resize(planes, height, width), [height, width]);
  };
  const z = div(sub(raw, grid(calibration.mean)), grid(calibration.deviation));
  const sigma = (mapSmoothing * height) / imageHeight;
  const smooth = mask === undefined ? blurredMaps(z, sigma) : smoothAround(z, sigma, mask);
  if (height === imageHeight && width === imageWidth) return smooth;
  const planes = resize(reshape(smooth, [rows, 1, height, width]), imageHeight, imageWidth);
  return reshape(planes, [rows, imageHeight, imageWidth]);
}

/** Means over what a mask leaves. */
function smoothAround(z: Tensor, sigma: number, mask: Mask): Tensor {
  const [, height, width] = z.shape as [number | string, number, number];
  const weights = mapWeights(z.graph, mask, height, width);
  const totals = blurredMaps(reshape(weights, [1, height, width]), sigma);
  return div(blurredMaps(mul(z, weights), sigma), maximum(totals, 1e-6));
}
