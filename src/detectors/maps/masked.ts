import { cast, type Graph, max, minimum, neg, reshape, type Tensor, where } from "../../graph/index.js";
import type { RowReader } from "../../model/contract.js";
import type { Mask } from "./mask.js";

/** Images from which the colour of ignored pixels is taken. */
const MOST_LOOKED_AT = 8;

/** Mean of each channel over the looked-at pixels of some images. */
export async function meanColour(images: RowReader, mask: Mask): Promise<Float32Array<ArrayBuffer>> {
  const area = mask.height * mask.width;
  const sums = new Float64Array(images.columns / area);
  const count = Math.min(images.rows, MOST_LOOKED_AT);
  let pixels = 0;
  for (let k = 0; k < count; k++) {
    const image = await images.read(Math.floor((k * images.rows) / count));
    for (let pixel = 0; pixel < area; pixel++) {
      if (!mask.looks(Math.floor(pixel / mask.width), pixel % mask.width)) continue;
      pixels++;
      for (let channel = 0; channel < sums.length; channel++)
        sums[channel]! += image[channel * area + pixel]!;
    }
  }
  return Float32Array.from(sums, (sum) => sum / pixels);
}

/** Images whose ignored pixels have one colour. */
export function maskedReader(images: RowReader, mask: Mask, colour: Float32Array): RowReader {
  return {
    ...images,
    async read(row) {
      const image = (await images.read(row)).slice();
      maskedRow(image, mask, colour);
      return image;
    },
  };
}

/** Gives the ignored pixels of an image one colour. @param image [channels, height, width], changed in place */
export function maskedRow(image: Float32Array, mask: Mask, colour: Float32Array): void {
  const area = mask.height * mask.width;
  for (let pixel = 0; pixel < area; pixel++) {
    if (mask.looks(Math.floor(pixel / mask.width), pixel % mask.width)) continue;
    colour.forEach((value, channel) => {
      image[channel * area + pixel] = value;
    });
  }
}

/** The same inside a graph, for features [rows, channels * height * width]: nothing below the mask has a say in what follows. */
export function maskedFeatures(features: Tensor, mask: Mask, colour: Float32Array): Tensor {
  const { graph } = features;
  const [rows, size] = features.shape as [number | string, number];
  const image = reshape(features, [rows, colour.length, mask.height, mask.width]);
  const fill = graph.constant("float32", [colour.length, 1, 1], colour);
  return reshape(where(mask.tensor(graph), image, fill), [rows, size]);
}

/** Beyond what any map holds. */
const HIGHEST = 3e38;

/** Maps in which ignored pixels have the lowest value of the others, or 0 where that is higher. */
export function maskedMap(map: Tensor, mask: Mask): Tensor {
  const [rows, height, width] = map.shape as [number | string, number, number];
  const looked = mask.tensor(map.graph);
  const others = reshape(where(looked, map, HIGHEST), [rows, height * width]);
  const lowest = minimum(neg(max(neg(others), [1])), 0);
  return where(looked, map, reshape(lowest, [rows, 1, 1]));
}

/** What `Mask.ofMap` says, inside a graph: float32 [height, width]. */
export function mapWeights(graph: Graph, mask: Mask, height: number, width: number): Tensor {
  if (height === mask.height && width === mask.width) return cast(mask.tensor(graph), "float32");
  return cast(graph.root.constant("bool", [height, width], mask.ofMap(height, width)), "float32");
}
