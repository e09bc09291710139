import { HypersphereError } from "../errors.js";
import type { Activation } from "./dense.js";
import { type EncoderDesign, sizeOf } from "./encoder.js";
import { cnn, guideCnn } from "./images/general.js";
import { cifar10Lenet, fashionMnistLenet, mnistLenet } from "./images/lenets.js";
import { resnetSmall } from "./images/resnet-encoder.js";
import { mlp } from "./mlp.js";
import type { Initialization } from "./parameters.js";
import { conv1d } from "./series/conv1d.js";
import { lstm } from "./series/lstm.js";
import { tcn } from "./series/tcn.js";
import { transformer } from "./series/transformer.js";

/** The options of encoders. Each encoder reads those that it needs. */
export interface EncoderOptions {
  /** Widths of an MLP's hidden layers. */
  readonly hiddenDims: readonly number[];
  readonly latentDim: number;
  readonly activation: Activation;
  /** LeakyReLU's factor for negative values. */
  readonly slope: number;
  readonly bias: boolean;
  readonly initialization: Initialization;
  /** Features that a unit of an MLP's first layer starts from; 0 for all. */
  readonly inputsPerUnit: number;
  /** The decoder's last activation. */
  readonly reconstruction: "linear" | "sigmoid";
}

/** What the rows are: a row of a table [features], a window [steps, channels], an image [channels, height, width]. */
export type InputKind = "table" | "series" | "images";

interface EncoderEntry {
  readonly title: string;
  readonly input: InputKind;
  /** @throws HypersphereError `invalid-option` for shapes that the encoder cannot take */
  design(inputShape: readonly number[], options: EncoderOptions): EncoderDesign;
}

const windowOf = (shape: readonly number[]): readonly [steps: number, channels: number] =>
  shape as [number, number];

/** Every encoder, by the name it has as an option. The first of its kind is the default for such rows. */
export const encoders = {
  mlp: {
    title: "Fully connected layers, for rows of every kind",
    input: "table",
    design: (inputShape, options) => ({ ...mlp({ ...options, inputDim: sizeOf(inputShape) }), inputShape }),
  },
  conv1d: {
    title: "Convolutions over time and the mean over time, for windows of any length",
    input: "series",
    design: (inputShape, options) => conv1d(windowOf(inputShape), options),
  },
  tcn: {
    title: "Causal dilated convolutions in residual blocks that cover the window",
    input: "series",
    design: (inputShape, options) => tcn(windowOf(inputShape), options),
  },
  lstm: {
    title: "A long short-term memory without biases",
    input: "series",
    design: (inputShape, options) => lstm(windowOf(inputShape), options),
  },
  transformer: {
    title: "Attention between the parts of a window, with rotary positions and without biases",
    input: "series",
    design: (inputShape, options) => transformer(windowOf(inputShape), options),
  },
  cnn: {
    title: "3 x 3 convolutions in as many stages as images of any size take",
    input: "images",
    design: cnn,
  },
  "guide-cnn": {
    title: "The guide's 5 x 5 convolutions without padding, for images from 24 x 24 up",
    input: "images",
    design: guideCnn,
  },
  "mnist-lenet": {
    title: "Deep SVDD's network for MNIST, 28 x 28 in grey",
    input: "images",
    design: mnistLenet,
  },
  "fashion-mnist-lenet": {
    title: "Deep SAD's network for Fashion-MNIST, 28 x 28 in grey",
    input: "images",
    design: fashionMnistLenet,
  },
  "cifar10-lenet": {
    title: "Deep SVDD's network for CIFAR-10, 32 x 32 in colour",
    input: "images",
    design: cifar10Lenet,
  },
  "resnet-small": {
    title: "Three residual blocks, for images from 8 x 8 up; what pretraining by transforms trains",
    input: "images",
    design: resnetSmall,
  },
} as const satisfies Record<string, EncoderEntry>;

export type EncoderName = keyof typeof encoders;
export const ENCODERS = Object.keys(encoders) as [EncoderName, ...EncoderName[]];

const KINDS: Readonly<Record<number, InputKind>> = { 1: "table", 2: "series", 3: "images" };

/**
 * The encoder of that name for rows of this shape; "auto" is the default for their kind.
 * @throws HypersphereError `invalid-option` for an encoder made for rows of another kind
 */
export function designEncoder(
  name: EncoderName | "auto",
  inputShape: readonly number[],
  options: EncoderOptions,
): EncoderDesign {
  const kind = KINDS[inputShape.length]!;
  const ofKind = ENCODERS.filter((each) => encoders[each].input === kind);
  const chosen = name === "auto" ? ofKind[0]! : name;
  const entry: EncoderEntry = encoders[chosen];
  // Rows of every kind are flat, and a fully connected network asks for no more.
  if (entry.input !== kind && chosen !== "mlp") {
    throw new HypersphereError(
      "invalid-option",
      `The encoder ${chosen} is made for ${NOUNS[entry.input]}; these are ${NOUNS[kind]}.`,
      { hint: `Choose one of ${[...new Set([...ofKind, "mlp"])].join(", ")}, or auto.` },
    );
  }
  return entry.design(inputShape, options);
}

const NOUNS: Readonly<Record<InputKind, string>> = {
  table: "rows of a table",
  series: "windows of a series",
  images: "images",
};
