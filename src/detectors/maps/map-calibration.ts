import { div, reshape, resize, sub, type Tensor } from "../../graph/index.js";
import type { RowReader } from "../../model/contract.js";
import type { Runtime } from "../../runtime/index.js";
import { eachImage } from "./each-image.js";
import { blurred, blurredMaps, type Grid } from "./gaussian-blur.js";

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

/** What is normal for each pixel of a map. */
export interface MapCalibration {
  readonly height: number;
  readonly width: number;
  /** [height, width] */
  readonly mean: Float32Array;
  /** [height, width], above 0 */
  readonly deviation: Float32Array;
}

/** Means and variances over few images are noisy: they are smoothed over this many pixels of the image. */
const MOMENTS_SIGMA = 2;
/** So much of the mean deviation is added to each pixel's: else pixels that hardly vary dominate the map. */
const DEVIATION_FLOOR = 0.25;

/**
 * Mean and deviation of raw maps over normals, per pixel or for all alike.
 * @param shape [channels, height, width] of the images
 */
export async function calibrateMaps(
  runtime: Runtime,
  normals: readonly RowReader[],
  shape: readonly number[],
  raw: RawMap,
  { mapCalibration }: Pick<MapOptions, "mapCalibration">,
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
  if (mapCalibration === "image") return ofAllPixels({ height, width, data: mean }, variance);
  const sigma = (MOMENTS_SIGMA * height) / shape[1]!;
  const smoothMean = blurred({ height, width, data: mean }, sigma).data;
  const deviation = blurred({ height, width, data: variance }, sigma).data.map(Math.sqrt);
  const typical = average(deviation);
  return {
    height,
    width,
    mean: Float32Array.from(smoothMean),
    deviation: Float32Array.from(deviation, (each) => each + DEVIATION_FLOOR * typical + LEAST),
  };
}

/** Below this a deviation is none. */
const LEAST = 1e-12;

function ofAllPixels({ height, width, data }: Grid, variance: Float64Array): MapCalibration {
  const mean = average(data);
  const spread = average(variance) + average(data.map((value) => (value - mean) ** 2));
  return {
    height,
    width,
    mean: new Float32Array(data.length).fill(mean),
    deviation: new Float32Array(data.length).fill(Math.sqrt(spread) + LEAST),
  };
}

const average = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * A raw map in standard deviations above what is normal, smoothed, at the size of the image: float32 [rows, height, width].
 * @param size of the image
 */
export function calibratedMap(
  raw: Tensor,
  calibration: MapCalibration,
  size: { readonly height: number; readonly width: number },
  { mapSmoothing }: Pick<MapOptions, "mapSmoothing">,
): Tensor {
  const { height, width, mean, deviation } = calibration;
  const { graph } = raw;
  const grid = (data: Float32Array): Tensor => graph.constant("float32", [height, width], data);
  const z = div(sub(raw, grid(mean)), grid(deviation));
  const smooth = blurredMaps(z, (mapSmoothing * height) / size.height);
  if (height === size.height && width === size.width) return smooth;
  const rows = smooth.shape[0]!;
  const planes = resize(reshape(smooth, [rows, 1, height, width]), size.height, size.width);
  return reshape(planes, [rows, size.height, size.width]);
}
