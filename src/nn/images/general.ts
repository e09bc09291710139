import { HypersphereError } from "../../errors.js";
import { type EncoderDesign, sizeOf } from "../encoder.js";
import { type ConvolutionLayer, type ImageLayer, type MapShape, outputShape } from "./layers.js";
import { type ImageOptions, imageDesign } from "./network.js";

/** @throws HypersphereError `invalid-option` for smaller images, and for other than 1 or 3 channels */
export function checkedShape(name: string, shape: readonly number[], smallest: number): MapShape {
  const [channels, height, width] = shape as MapShape;
  if ((channels === 1 || channels === 3) && height >= smallest && width >= smallest) {
    return [channels, height, width];
  }
  throw new HypersphereError(
    "invalid-option",
    `The encoder ${name} takes images of at least ${smallest} x ${smallest} pixels and 1 or 3 channels; ` +
      `these are ${height} x ${width} of ${channels}.`,
    { hint: "Resize the images, or choose another encoder: cnn from 8 x 8, mlp for any." },
  );
}

const MOST_CHANNELS = 128;

/**
 * An encoder that fits itself to any size from 8 x 8 up: 3 x 3 convolutions, each followed by pooling, until the shorter
 * side of the map has 4 to 7 pixels. Channels start at 16 (at 32 for images in colour) and double up to 128. The decoder
 * mirrors it.
 *
 * @throws HypersphereError `invalid-option` for smaller images, and for other than 1 or 3 channels
 */
export function cnn(inputShape: readonly number[], options: ImageOptions): EncoderDesign {
  const input = checkedShape("cnn", inputShape, 8);
  const layers: ConvolutionLayer[] = [];
  let channels = input[0] === 1 ? 16 : 32;
  for (let side = Math.min(input[1], input[2]); side >= 8; side = Math.floor(side / 2)) {
    layers.push(convolution(channels, 3, 1, true));
    channels = Math.min(MOST_CHANNELS, 2 * channels);
  }
  return mirroredDesign(input, layers, options);
}

/** Side of the padded image from which the guide's convolutions leave something over: 32, 28, 14, 10, 5, 1. */
const GUIDE_SIDE = 32;

/**
 * The convolutional encoder of the guide that this project implements: 5 x 5 convolutions without padding to 32, 64 and
 * 128 channels, pooling after the first two. The guide's own ends in a dense layer from 128 numbers, which is right for
 * 32 x 32 pixels only. Here the dense layer takes the map as large as it is, smaller images are padded with zeros to 32,
 * and larger ones have more stages of 128 channels. Its batch normalisation is without the affine part that the guide's
 * has: an offset is a bias.
 *
 * @throws HypersphereError `invalid-option` for images smaller than 24 x 24, and for other than 1 or 3 channels
 */
export function guideCnn(inputShape: readonly number[], options: ImageOptions): EncoderDesign {
  const input = checkedShape("guide-cnn", inputShape, 24);
  const [top, left] = [input[1], input[2]].map((side) => Math.max(0, Math.floor((GUIDE_SIDE - side) / 2)));
  const [bottom, right] = [input[1], input[2]].map((side) => Math.max(0, Math.ceil((GUIDE_SIDE - side) / 2)));
  const layers = [convolution(32, 5, [top!, left!, bottom!, right!], true), convolution(64, 5, 0, true)];
  const sideOf = (): number =>
    Math.min(...layers.reduce((shape, layer) => outputShape(layer, shape), input).slice(1));
  // Another stage where more than 11 pixels would be left, and half of them are enough for one more kernel.
  while (sideOf() - 4 > 11) layers.push(convolution(128, 5, 0, true));
  layers.push(convolution(128, 5, 0, false));
  return mirroredDesign(input, layers, options);
}

const convolution = (
  outputs: number,
  taps: number,
  padding: ConvolutionLayer["padding"],
  pooled: boolean,
): ConvolutionLayer => ({
  kind: "convolution",
  outputs,
  taps,
  padding,
  normalized: true,
  activated: true,
  pooled,
});

/** Adds the decoder that takes the same steps backwards: pooled pixels repeated, and maps as large as they were. */
function mirroredDesign(
  input: MapShape,
  layers: readonly ConvolutionLayer[],
  options: ImageOptions,
): EncoderDesign {
  const shapes = [input];
  for (const layer of layers) shapes.push(outputShape(layer, shapes.at(-1)!));
  const last = shapes.at(-1)!;
  const back = layers.map((layer, k): ConvolutionLayer => {
    const [outputs, ...to] = shapes[k]!;
    const [, ...from] = shapes[k + 1]!;
    const upsample = layer.pooled ? 2 : 1;
    const [down, across] = to.map((length, axis) => length - upsample * from[axis]! + layer.taps - 1) as [
      number,
      number,
    ];
    const half = (padding: number): [number, number] => [Math.floor(padding / 2), Math.ceil(padding / 2)];
    const [[top, bottom], [left, right]] = [half(down), half(across)];
    const final = k === 0;
    return {
      kind: "convolution",
      outputs,
      taps: layer.taps,
      padding: [top, left, bottom, right],
      upsample,
      normalized: !final,
      activated: !final,
    };
  });
  const decoder: ImageLayer[] = [
    { kind: "dense", outputs: sizeOf(last) },
    { kind: "fold", shape: last, normalized: true, activated: true },
    ...back.toReversed(),
  ];
  return imageDesign(input, layers, decoder, options);
}
