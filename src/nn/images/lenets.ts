import { HypersphereError } from "../../errors.js";
import type { EncoderDesign } from "../encoder.js";
import type { ConvolutionLayer, ImageLayer, MapShape } from "./layers.js";
import { type ImageOptions, imageDesign } from "./network.js";

/**
 * The networks with which Deep SVDD (Ruff et al. 2018) and Deep SAD (2020) were measured, as their authors' PyTorch
 * code has them: no biases, batch normalisation without an affine part, 5 x 5 kernels, and decoders that enlarge maps
 * by repeating pixels. Their transposed convolutions of stride 1 are written as the convolutions that they are.
 */

/** 5 x 5, keeping the size, then half of it. */
const halving = (outputs: number): ConvolutionLayer => ({
  kind: "convolution",
  outputs,
  taps: 5,
  padding: 2,
  normalized: true,
  activated: true,
  pooled: true,
});

/** Twice the size, then 5 x 5. A transposed convolution with a crop of p is one with a padding of 4 - p. */
const doubling = (outputs: number, crop = 2): ConvolutionLayer => ({
  kind: "convolution",
  outputs,
  taps: 5,
  padding: 4 - crop,
  upsample: 2,
  normalized: true,
  activated: true,
});

/** The decoder's last layer; the reconstruction decides what follows it. */
const last = (outputs: number): ConvolutionLayer => ({
  ...doubling(outputs),
  normalized: false,
  activated: false,
});

function requireShape(name: string, shape: readonly number[], expected: MapShape): void {
  if (shape.every((length, axis) => length === expected[axis])) return;
  const words = ([channels, height, width]: readonly number[]): string =>
    `${height} x ${width} pixels of ${channels} channel${channels === 1 ? "" : "s"}`;
  throw new HypersphereError(
    "invalid-option",
    `The encoder ${name} is made for images of ${words(expected)}; these are ${words(shape)}.`,
    { hint: "Resize the images, or choose cnn, which takes any size." },
  );
}

/** Channels of the map of 4 x 4 that a latent vector is read as. */
function foldedChannels(name: string, latentDim: number): number {
  if (latentDim % 16 === 0) return latentDim / 16;
  throw new HypersphereError(
    "invalid-option",
    `The decoder of ${name} reads the latent space as maps of 4 x 4, so latentDim has to be a multiple of 16; it is ${latentDim}.`,
    { hint: `Set latentDim to ${Math.max(16, 16 * Math.round(latentDim / 16))}, or choose cnn.` },
  );
}

/** MNIST_LeNet of Deep SVDD's code; 32 latent dimensions there. @throws HypersphereError `invalid-option` */
export function mnistLenet(inputShape: readonly number[], options: ImageOptions): EncoderDesign {
  requireShape("mnist-lenet", inputShape, [1, 28, 28]);
  const channels = foldedChannels("mnist-lenet", options.latentDim);
  return imageDesign(
    [1, 28, 28],
    [halving(8), halving(4)],
    [{ kind: "fold", shape: [channels, 4, 4], activated: true }, doubling(4), doubling(8, 3), last(1)],
    options,
  );
}

/**
 * CIFAR10_LeNet of Deep SVDD's code; 128 latent dimensions there. Its autoencoder starts convolutions by Xavier's rule,
 * which "pytorch" follows here, and normalises the code before decoding it, which belongs to the decoder.
 *
 * @throws HypersphereError `invalid-option`
 */
export function cifar10Lenet(inputShape: readonly number[], options: ImageOptions): EncoderDesign {
  requireShape("cifar10-lenet", inputShape, [3, 32, 32]);
  const { latentDim, initialization } = options;
  const channels = foldedChannels("cifar10-lenet", latentDim);
  return imageDesign(
    [3, 32, 32],
    [halving(32), halving(64), halving(128)],
    [
      { kind: "fold", shape: [latentDim, 1, 1], normalized: true },
      { kind: "fold", shape: [channels, 4, 4], activated: true },
      { ...doubling(128), upsample: 1 },
      doubling(64),
      doubling(32),
      last(3),
    ],
    options,
    initialization === "pytorch" ? "xavier" : initialization,
  );
}

/**
 * FashionMNIST_LeNet of Deep SAD's code; 64 latent dimensions there. The decoder mirrors it: dense to 128, read as eight
 * maps of 4 x 4, then 32, 16 and one channel.
 *
 * @throws HypersphereError `invalid-option`
 */
export function fashionMnistLenet(inputShape: readonly number[], options: ImageOptions): EncoderDesign {
  requireShape("fashion-mnist-lenet", inputShape, [1, 28, 28]);
  const hidden: ImageLayer = { kind: "dense", outputs: 128, normalized: true };
  return imageDesign(
    [1, 28, 28],
    [halving(16), halving(32), { ...hidden, activated: true }],
    [hidden, { kind: "fold", shape: [8, 4, 4], activated: true }, doubling(32), doubling(16, 3), last(1)],
    options,
  );
}
