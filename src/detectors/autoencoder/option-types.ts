// Written by scripts/option-types.js from the schema in options.ts; npm run docs writes it anew.

/** Options of autoencoder, defaults included. */
export interface AutoencoderOptions {
  /** Seed of everything random; same seed, same model, byte for byte. (whole number; ≥ 0; default 0) */
  readonly seed: number;
  /** How numeric columns are scaled. (default "standard") */
  readonly scaling: "standard" | "robust" | "min-max" | "quantile";
  /**
   * Longer side, in pixels, that images are resized to; by default their own up to 64. (whole number; ≥ 4, ≤
   * 4096)
   */
  readonly imageSize?: number | undefined;
  /**
   * Contrast normalisation of images: gcn (each by its own mean and mean deviation), or none. (default "gcn")
   */
  readonly contrast: "gcn" | "none";
  /**
   * What another value does in a column that did not vary in training: watch (it raises the row's score above
   * the threshold), or ignore. (default "watch")
   */
  readonly constantColumns: "watch" | "ignore";
  /**
   * Train on changed copies of the images too: moved (shift), under another exposure (brightness), mirrored
   * (flip, flip-vertical); leave out whatever would make a good part of a bad one. (default [])
   */
  readonly augment: readonly ("shift" | "brightness" | "flip" | "flip-vertical")[];
  /**
   * How far copies differ: at 1, by shifts of up to 5 % of each side and by up to 10 % of the brightness. (>
   * 0, ≤ 5; default 1)
   */
  readonly augmentStrength: number;
  /** Changed copies of each image. (whole number; ≥ 1, ≤ 50; default 4) */
  readonly augmentCopies: number;
  /** The network; auto chooses one for the kind of rows. (default "auto") */
  readonly encoder:
    | "auto"
    | "mlp"
    | "conv1d"
    | "tcn"
    | "lstm"
    | "transformer"
    | "cnn"
    | "guide-cnn"
    | "mnist-lenet"
    | "fashion-mnist-lenet"
    | "cifar10-lenet"
    | "resnet-small";
  /** Widths of the encoder's hidden layers; the decoder mirrors them. (each ≥ 1, ≤ 65536; default [64,32]) */
  readonly hiddenDims: readonly number[];
  /** Dimensions of the bottleneck. (whole number; ≥ 1, ≤ 4096; default 8) */
  readonly latentDim: number;
  /** After each hidden layer. (default "leaky-relu") */
  readonly activation: "leaky-relu" | "relu" | "elu" | "tanh" | "sigmoid" | "linear";
  /** LeakyReLU's factor for negative values. (≥ 0, ≤ 1; default 0.01) */
  readonly slope: number;
  /** Biases in the encoder; the decoder has them in any case. (default true) */
  readonly bias: boolean;
  /** Spread of the starting weights: He's for rectifiers, or PyTorch's default. (default "he") */
  readonly initialization: "he" | "pytorch";
  /** The decoder's output; auto is sigmoid for min-max scaling, else linear. (default "auto") */
  readonly reconstruction: "auto" | "linear" | "sigmoid";
  /** Networks in the ensemble, each from its own random start. (whole number; ≥ 1, ≤ 100; default 3) */
  readonly members: number;
  /** Adam with coupled weight decay as in PyTorch, AdamW, or SGD. (default "adam") */
  readonly optimizer: "adam" | "adamw" | "sgd";
  /** Momentum of SGD. (≥ 0, ≤ 1; default 0.9) */
  readonly momentum: number;
  /** Rows per optimiser step. (whole number; ≥ 1, ≤ 1000000; default 128) */
  readonly batchSize: number;
  /**
   * Epochs of training at most; by default as many as make up steps, at least one; 0 for none. (whole number;
   * ≥ 0, ≤ 100000)
   */
  readonly epochs?: number | undefined;
  /**
   * Optimiser steps of training at most, rounded to whole epochs. (whole number; ≥ 1, ≤ 1000000000; default
   * 1000)
   */
  readonly steps: number;
  /** Learning rate. (> 0, ≤ 1; default 0.001) */
  readonly learningRate: number;
  /** Epochs from which the rate is a tenth. (each ≥ 0, ≤ 100000; default []) */
  readonly milestones: readonly number[];
  /** Weight decay. (≥ 0; default 0) */
  readonly weightDecay: number;
  /** Stop after this many epochs without improvement on held-out normals. (whole number; ≥ 1; default 20) */
  readonly patience: number;
  /** Share of the normals held out to stop in time. (> 0, < 0.5; default 0.1) */
  readonly validationFraction: number;
  /**
   * Calibrate on rows held out once, or on all rows in folds, each judged by a detector trained without its
   * fold. (default "split")
   */
  readonly calibration: "split" | "cross";
  /** Share of the normals held out for p-values and thresholds. (> 0, < 0.9; default 0.2) */
  readonly calibrationFraction: number;
  /** Folds, and detectors in the model (cross calibration). (whole number; ≥ 2, ≤ 100; default 5) */
  readonly calibrationFolds: number;
  /**
   * Consecutive rows that are held out together; above 1 for series, whose rows resemble neighbours. (whole
   * number; ≥ 1; default 1)
   */
  readonly calibrationBlock: number;
  /** The threshold is this percentile of the calibration scores, such as 99. (> 1, < 100; default 95) */
  readonly percentile: number;
}

/** Options of autoencoder as they are given: all may be left out. */
export interface AutoencoderInput {
  /** Seed of everything random; same seed, same model, byte for byte. (whole number; ≥ 0; default 0) */
  readonly seed?: number | undefined;
  /** How numeric columns are scaled. (default "standard") */
  readonly scaling?: "standard" | "robust" | "min-max" | "quantile" | undefined;
  /**
   * Longer side, in pixels, that images are resized to; by default their own up to 64. (whole number; ≥ 4, ≤
   * 4096)
   */
  readonly imageSize?: number | undefined;
  /**
   * Contrast normalisation of images: gcn (each by its own mean and mean deviation), or none. (default "gcn")
   */
  readonly contrast?: "gcn" | "none" | undefined;
  /**
   * What another value does in a column that did not vary in training: watch (it raises the row's score above
   * the threshold), or ignore. (default "watch")
   */
  readonly constantColumns?: "watch" | "ignore" | undefined;
  /**
   * Train on changed copies of the images too: moved (shift), under another exposure (brightness), mirrored
   * (flip, flip-vertical); leave out whatever would make a good part of a bad one. (default [])
   */
  readonly augment?: readonly ("shift" | "brightness" | "flip" | "flip-vertical")[] | undefined;
  /**
   * How far copies differ: at 1, by shifts of up to 5 % of each side and by up to 10 % of the brightness. (>
   * 0, ≤ 5; default 1)
   */
  readonly augmentStrength?: number | undefined;
  /** Changed copies of each image. (whole number; ≥ 1, ≤ 50; default 4) */
  readonly augmentCopies?: number | undefined;
  /** The network; auto chooses one for the kind of rows. (default "auto") */
  readonly encoder?:
    | "auto"
    | "mlp"
    | "conv1d"
    | "tcn"
    | "lstm"
    | "transformer"
    | "cnn"
    | "guide-cnn"
    | "mnist-lenet"
    | "fashion-mnist-lenet"
    | "cifar10-lenet"
    | "resnet-small"
    | undefined;
  /** Widths of the encoder's hidden layers; the decoder mirrors them. (each ≥ 1, ≤ 65536; default [64,32]) */
  readonly hiddenDims?: readonly number[] | undefined;
  /** Dimensions of the bottleneck. (whole number; ≥ 1, ≤ 4096; default 8) */
  readonly latentDim?: number | undefined;
  /** After each hidden layer. (default "leaky-relu") */
  readonly activation?: "leaky-relu" | "relu" | "elu" | "tanh" | "sigmoid" | "linear" | undefined;
  /** LeakyReLU's factor for negative values. (≥ 0, ≤ 1; default 0.01) */
  readonly slope?: number | undefined;
  /** Biases in the encoder; the decoder has them in any case. (default true) */
  readonly bias?: boolean | undefined;
  /** Spread of the starting weights: He's for rectifiers, or PyTorch's default. (default "he") */
  readonly initialization?: "he" | "pytorch" | undefined;
  /** The decoder's output; auto is sigmoid for min-max scaling, else linear. (default "auto") */
  readonly reconstruction?: "auto" | "linear" | "sigmoid" | undefined;
  /** Networks in the ensemble, each from its own random start. (whole number; ≥ 1, ≤ 100; default 3) */
  readonly members?: number | undefined;
  /** Adam with coupled weight decay as in PyTorch, AdamW, or SGD. (default "adam") */
  readonly optimizer?: "adam" | "adamw" | "sgd" | undefined;
  /** Momentum of SGD. (≥ 0, ≤ 1; default 0.9) */
  readonly momentum?: number | undefined;
  /** Rows per optimiser step. (whole number; ≥ 1, ≤ 1000000; default 128) */
  readonly batchSize?: number | undefined;
  /**
   * Epochs of training at most; by default as many as make up steps, at least one; 0 for none. (whole number;
   * ≥ 0, ≤ 100000)
   */
  readonly epochs?: number | undefined;
  /**
   * Optimiser steps of training at most, rounded to whole epochs. (whole number; ≥ 1, ≤ 1000000000; default
   * 1000)
   */
  readonly steps?: number | undefined;
  /** Learning rate. (> 0, ≤ 1; default 0.001) */
  readonly learningRate?: number | undefined;
  /** Epochs from which the rate is a tenth. (each ≥ 0, ≤ 100000; default []) */
  readonly milestones?: readonly number[] | undefined;
  /** Weight decay. (≥ 0; default 0) */
  readonly weightDecay?: number | undefined;
  /** Stop after this many epochs without improvement on held-out normals. (whole number; ≥ 1; default 20) */
  readonly patience?: number | undefined;
  /** Share of the normals held out to stop in time. (> 0, < 0.5; default 0.1) */
  readonly validationFraction?: number | undefined;
  /**
   * Calibrate on rows held out once, or on all rows in folds, each judged by a detector trained without its
   * fold. (default "split")
   */
  readonly calibration?: "split" | "cross" | undefined;
  /** Share of the normals held out for p-values and thresholds. (> 0, < 0.9; default 0.2) */
  readonly calibrationFraction?: number | undefined;
  /** Folds, and detectors in the model (cross calibration). (whole number; ≥ 2, ≤ 100; default 5) */
  readonly calibrationFolds?: number | undefined;
  /**
   * Consecutive rows that are held out together; above 1 for series, whose rows resemble neighbours. (whole
   * number; ≥ 1; default 1)
   */
  readonly calibrationBlock?: number | undefined;
  /** The threshold is this percentile of the calibration scores, such as 99. (> 1, < 100; default 95) */
  readonly percentile?: number | undefined;
}
