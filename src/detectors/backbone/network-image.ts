import {
  add,
  concat,
  div,
  mul,
  reshape,
  resize,
  split,
  sub,
  type Tensor,
  transpose,
} from "../../graph/index.js";
import type { ImageInput } from "./image-input.js";
import type { BackboneOptions } from "./options.js";

/** Images as detectors are given them. */
export interface FeatureImages {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Features are pixels, of which these become 0 and 1. */
  readonly range: { readonly min: number; readonly max: number };
}

/** Weights of red, green and blue in a grey pixel (ITU-R BT.601), as Pillow has them. */
const GREY = [0.299, 0.587, 0.114];

/**
 * From features to what the network wants to see: pixels from 0 to 1, less their mean, by their deviation.
 * @param features [rows, channels * height * width]
 * @param size of the image that the network sees
 */
export function networkImage(
  features: Tensor,
  images: FeatureImages,
  { layout, channels }: Pick<ImageInput, "layout" | "channels">,
  size: { readonly height: number; readonly width: number },
  { backboneMean, backboneDeviation, backboneChannels }: BackboneOptions,
): Tensor {
  const { min, max } = images.range;
  const [rows] = features.shape as [number | string];
  const { graph } = features;
  const pixels = add(mul(features, max - min), min);
  const planes = reshape(pixels, [rows, images.channels, images.height, images.width]);
  const fitting = withChannels(planes, images.channels, channels);
  const ofChannel = (values: readonly number[]): Tensor =>
    graph.constant(
      "float32",
      [1, channels, 1, 1],
      Float32Array.from({ length: channels }, (_, k) => values[values.length === 1 ? 0 : k]!),
    );
  const normal = div(sub(fitting, ofChannel(backboneMean)), ofChannel(backboneDeviation));
  const ordered =
    backboneChannels === "bgr" && channels === 3
      ? concat(split(normal, 1, [1, 1, 1]).toReversed(), 1)
      : normal;
  const { height, width } = size;
  const sized = height === images.height && width === images.width ? ordered : resize(ordered, height, width);
  return layout === "channels first" ? sized : transpose(sized, [0, 2, 3, 1]);
}

/** Grey planes are repeated; colours become grey. */
function withChannels(planes: Tensor, given: number, wanted: number): Tensor {
  if (given === wanted) return planes;

  if (given === 1)
    return concat(
      Array.from({ length: wanted }, () => planes),
      1,
    );
  return split(planes, 1, [1, 1, 1])
    .map((plane, k) => mul(plane, GREY[k]!))
    .reduce((sum, plane) => add(sum, plane));
}
