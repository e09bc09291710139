import { augmentedImages, type ImageSet, selectImages } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { reshape, sum } from "../../graph/index.js";
import type { ImageSchema } from "../input-schema.js";
import { computeDense, featurePieces } from "./compute.js";
import { dealRows } from "./deal.js";
import { imagesFingerprint } from "./fingerprint.js";
import { ImageRows, imageFeatureGraph, imageSize } from "./image-rows.js";
import type { FeatureContext, InputOptions, Kind } from "./kind.js";
import { imageMeasures, imageReference } from "./measures.js";
import { nearDuplicates } from "./near-duplicates.js";
import { imageDigests } from "./row-digests.js";

/** Training images that are measured for later comparison: decoding takes time, and more sharpen little. */
const MOST_MEASURED = 2000;

/** Images, each by itself, read one by one. */
export const images: Kind<ImageSet, ImageSchema> = {
  name: "images",
  noun: { one: "image", many: "images", all: "images" },
  axes: 3,
  roundsSingle: true,
  inputOptions: ["imageSize", "contrast"],
  collect: "Collect more images from when things were normal.",
  convert: undefined,
  select: selectImages,
  columns: () => [],
  withColumns: (data) => data,
  async pixelSize(data, row) {
    const { height, width } = await data.read(row);
    return { height, width, channels: data.channels };
  },
  fingerprint: imagesFingerprint,
  digests: imageDigests,
  overlap: () => 0,
  sharing: (_, rows) => rows.toSorted(),
  apart: ({ rowCount }) => Uint32Array.from({ length: rowCount }, (_, row) => row),
  nearDuplicates,
  augmented: augmentedImages,
  deal: (data, groups, count) => dealRows(data, groups, count, selectImages),
  observationLabels: (_, labels) => Int8Array.from(labels),
  stepValues: (_, values) => Float32Array.from(values),
  lastRow: (_, row) => row,
  typicalSide,
  stepOrder: () => undefined,
  timeline: () => undefined,
  fitSchema: fitImageSchema,
  columnSchema: () => undefined,
  layout: () => undefined,
  season: () => undefined,
  shape: ({ channels, height, width }) => [channels, height, width],
  onlySize: ({ height, width, resized }) => (resized ? undefined : [height, width]),
  pixelRange: ({ contrast, min, max }) => (contrast === "none" ? { min, max } : undefined),
  // All images of one run are of the same size.
  inputs: ({ height, width, channels, resized }) => [
    {
      name: "image",
      dtype: "uint8",
      shape: ["rows", resized ? "height" : height, resized ? "width" : width, channels],
    },
  ],
  features: (schema, inputs) => imageFeatureGraph(schema, inputs.get("image")!),
  changed: () => undefined,
  parts: ({ channels, height, width }) => ({
    shape: [height, width],
    of: Uint32Array.from({ length: channels * height * width }, (_, k) => k % (height * width)),
    sums: (values) => sum(reshape(values, ["rows", channels, height * width]), [1]),
  }),
  withMissing: (data) => data,
  rawRows: (data, schema) => new ImageRows(data, schema),
  compute: (data, schema, rows, context) => {
    const { channels, height, width } = schema;
    return computeDense(
      images,
      schema,
      new ImageRows(data, schema),
      rows,
      channels * height * width,
      context,
    );
  },
  reference: (data, _, rows, stream) =>
    imageReference(
      data,
      rows.length <= MOST_MEASURED
        ? rows
        : stream.sample(rows.length, MOST_MEASURED).map((position) => rows[position]!),
    ),
  measures: (data) => imageMeasures(data),
  describe({ channels, height, width, resized, contrast }) {
    const size = `${height} x ${width} pixels (height x width), ${channels === 1 ? "grey" : "in colour"}`;
    const contrasts = contrast === "gcn" ? "contrast normalised one by one" : "contrast as it is";
    return [["images", `${size}${resized ? ", others are resized" : ""}; ${contrasts}`]];
  },
  pythonFeeds({ channels, height, width, resized }) {
    const mode = channels === 1 ? "L" : "RGB";
    return {
      modules: "numpy, onnxruntime, PIL.Image",
      lines: [
        `image = PIL.Image.open("new.png").convert("${mode}")${resized ? "" : `  # ${width} x ${height}`}`,
        `feeds = {"image": numpy.asarray(image, "uint8").reshape(1, image.height, image.width, ${channels})}`,
      ],
    };
  },
};

/** Images whose size is looked at. */
const LOOKED_AT = 15;

async function typicalSide(data: ImageSet): Promise<number> {
  const sides: number[] = [];
  for (let row = 0; row < Math.min(LOOKED_AT, data.rowCount); row++) {
    const { height, width } = await data.read(row);
    sides.push(Math.max(height, width));
  }
  return sides.sort((a, b) => a - b)[sides.length >> 1]!;
}

/** The range of the training images, after resizing and contrast normalisation, becomes [0, 1]. */
async function fitImageSchema(
  data: ImageSet,
  rows: ArrayLike<number>,
  options: InputOptions,
  context: FeatureContext,
): Promise<ImageSchema> {
  const size = await imageSize(data, rows, options.imageSize, options.imagePixels);
  const whole: ImageSchema = {
    kind: "images",
    channels: data.channels,
    ...size,
    contrast: options.contrast,
    min: 0,
    max: 1,
  };
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const pieces = featurePieces(images, whole, new ImageRows(data, whole), rows, context);
  for await (const { features } of pieces) {
    for (const value of features) {
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  if (max > min) return { ...whole, min, max };
  throw new HypersphereError(
    "unfit-data",
    `${data.source}: every image is of one colour; there is nothing to learn.`,
  );
}
