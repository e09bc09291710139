import type { ConvOptions } from "../../../src/graph/ops/index.js";
import type { Shape } from "../../../src/graph/tensor.js";
import type { Case } from "./case.js";

const convolution = (
  name: string,
  x: Shape,
  weight: Shape,
  options: ConvOptions,
  operator: "conv" | "convTranspose" = "conv",
): Case => ({
  name: `${operator}, ${name}`,
  inputs: { x, weight },
  dtype: "float32",
  build: (o, { x, weight }) => o[operator](x!, weight!, options),
});

export const convolutions: Case[] = [
  convolution("one spatial axis", [2, 3, 7], [4, 3, 3], {}),
  convolution("two spatial axes, padded", [2, 2, 5, 4], [3, 2, 3, 3], { pads: 1 }),
  convolution("many channels", [2, 16, 3, 4], [2, 16, 3, 2], { pads: [1, 1, 1, 0] }),
  convolution("many channels, unpadded", [1, 17, 4, 4], [2, 17, 3, 3], {}),
  convolution("causal and dilated", [2, 2, 9], [3, 2, 2], { pads: [4, 0], dilations: 4 }),
  convolution("strides that leave nothing over", [2, 2, 7], [3, 2, 3], { strides: 2 }),
  convolution("strides that leave rows over", [2, 2, 8, 9], [3, 2, 3, 2], { strides: 3, pads: 1 }),
  convolution("strides and dilations", [2, 1, 12], [2, 1, 3], { strides: 2, dilations: 2, pads: [1, 2] }),
  convolution("one axis", [2, 3, 5], [3, 2, 3], {}, "convTranspose"),
  convolution("cropped", [2, 2, 4, 3], [2, 3, 3, 3], { pads: 1 }, "convTranspose"),
  convolution("strided and dilated", [2, 2, 4], [2, 3, 3], { strides: 2, dilations: 2 }, "convTranspose"),
  ...(["few", "none"] as const).map(
    (left): Case => ({
      name: `patches, ${left === "few" ? "some positions in several or in none" : "all zeros but one"}`,
      inputs: { x: [4, 2, 3] },
      build: (o, { x }) =>
        o.square(
          o.patches(
            x!,
            left === "few"
              ? [
                  [0, 1, -1],
                  [1, 3, 1],
                ]
              : [
                  [-1, 2],
                  [-1, -1],
                ],
          ),
        ),
    }),
  ),
  {
    name: "patches, as many copies of each position as the others",
    inputs: { x: [4, 2] },
    build: (o, { x }) =>
      o.square(
        o.patches(x!, [
          [2, 0, 3],
          [1, 1, 3],
          [0, 2, -1],
        ]),
      ),
  },
  {
    name: "normalizeBatch, by means and variances that are the data's own",
    inputs: { x: [3, 2, 4] },
    dtype: "float32",
    build: (o, { x }) => {
      const mean = o.mean(x!, [0, 2]);
      const variance = o.sub(o.mean(o.square(x!), [0, 2]), o.square(mean));
      return o.normalizeBatch(x!, mean, variance, 1e-2);
    },
  },
  ...[
    [2, 2, 6],
    [2, 2, 4, 6],
    [1, 2, 5, 7],
  ].map(
    (shape): Case => ({
      name: `maxPool of [${shape}]`,
      inputs: { x: shape },
      dtype: "float32",
      build: (o, { x }) => o.square(o.maxPool(x!, 2)),
      value: (uniform, index) => ((index * 37) % 101) * 0.03 - 1.5 + 0.01 * uniform,
    }),
  ),
];
