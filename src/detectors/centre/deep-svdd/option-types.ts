// Written by scripts/option-types.js from the schema in options.ts; npm run docs writes it anew.

/** Options of deep-svdd, defaults included. */
export interface DeepSvddOptions {
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
   * Contrast normalisation of images: gcn (each by its own mean and mean deviation), or none, which is the
   * default for maps. (default "gcn")
   */
  readonly contrast: "gcn" | "none";
  /**
   * What another value does in a column that did not vary in training: watch (it raises the row's score above
   * the threshold), or ignore. (default "watch")
   */
  readonly constantColumns: "watch" | "ignore";
  /**
   * Say where images are abnormal: the encoder learns from squares cut from them and slides over whole
   * images; the score is then the highest value of the map. (default false)
   */
  readonly maps: boolean;
  /** Side, in pixels, of the squares that the encoder sees (maps). (whole number; ≥ 32, ≤ 256; default 32) */
  readonly patchSize: number;
  /**
   * See images at their own size, in tiles of this side in pixels: for large images with small defects
   * (default: whole). (whole number; ≥ 32, ≤ 4096)
   */
  readonly tile?: number | undefined;
  /**
   * Pixels that neighbouring tiles share, at most half a tile (default: an eighth of it). A seam is
   * impossible where they are at least as many as a pixel of the map depends on. (whole number; ≥ 0, ≤ 2048)
   */
  readonly overlap?: number | undefined;
  /**
   * What a pixel of a map is compared with: itself on held-out normals (pixel), or all pixels of them
   * (image). (default "pixel")
   */
  readonly mapCalibration: "pixel" | "image";
  /** Standard deviation, in pixels, of the Gaussian that smooths calibrated maps. (≥ 0, ≤ 64; default 2) */
  readonly mapSmoothing: number;
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
  /**
   * Names of the backbone's inner tensors whose means over the image, or vectors, are its features; none: the
   * last feature map. (default [])
   */
  readonly backboneTensors: readonly string[];
  /**
   * Mean of red, green and blue that is subtracted for the backbone, of pixels from 0 to 1. (each ≥ -1000, ≤
   * 1000; default [0.485,0.456,0.406])
   */
  readonly backboneMean: readonly number[];
  /**
   * Deviation of red, green and blue that divides for the backbone, of pixels from 0 to 1. (each > 0, ≤ 1000;
   * default [0.229,0.224,0.225])
   */
  readonly backboneDeviation: readonly number[];
  /** Order of the channels that the backbone was trained with. (default "rgb") */
  readonly backboneChannels: "rgb" | "bgr";
  /** Licence of the backbone, as a note in the model's card. */
  readonly backboneLicense?: string | undefined;
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
  /** Widths of an MLP's hidden layers. (each ≥ 1, ≤ 65536; default [256]) */
  readonly hiddenDims: readonly number[];
  /** Dimensions of the latent space. (whole number; ≥ 1, ≤ 4096; default 256) */
  readonly latentDim: number;
  /**
   * After each hidden layer; bounded ones are refused, since they let the network collapse. (default
   * "leaky-relu")
   */
  readonly activation: "leaky-relu" | "relu" | "elu" | "tanh" | "sigmoid" | "linear";
  /** LeakyReLU's factor for negative values. (≥ 0, ≤ 1; default 0.3) */
  readonly slope: number;
  /** Biases in the encoder; refused, since they let the network collapse. (default false) */
  readonly bias: boolean;
  /** Spread of the starting weights: He's for rectifiers, or PyTorch's default. (default "he") */
  readonly initialization: "he" | "pytorch";
  /**
   * Features that a unit of the first layer starts from, drawn at random; 0 for all of them. (whole number; ≥
   * 0; default 2)
   */
  readonly inputsPerUnit: number;
  /**
   * How far each member moves the origin of its input space, along every column with a random sign; not for
   * images. (≥ 0; default 0.5)
   */
  readonly originOffset: number;
  /**
   * Networks in the ensemble, each from its own random start; by default 4 for tables, 1 for series and
   * images. (whole number; ≥ 1, ≤ 100)
   */
  readonly members?: number | undefined;
  /** Adam with coupled weight decay as in PyTorch, AdamW, or SGD. (default "adam") */
  readonly optimizer: "adam" | "adamw" | "sgd";
  /** Momentum of SGD. (≥ 0, ≤ 1; default 0.9) */
  readonly momentum: number;
  /** Rows per optimiser step. (whole number; ≥ 1, ≤ 1000000; default 128) */
  readonly batchSize: number;
  /** Autoencoder pretraining. (default true) */
  readonly pretrain: boolean;
  /**
   * What the encoder learns first: to reconstruct rows (autoencoder), to tell how images were turned and
   * moved (transforms), or nothing (none); by default what pretrain says.
   */
  readonly pretraining?: "autoencoder" | "transforms" | "none" | undefined;
  /** Pretraining by transforms, in nominal minutes of 60 x 80 GFLOP each. (≥ 0, ≤ 10000; default 1) */
  readonly minutes: number;
  /**
   * Epochs of pretraining at most; by default as many as make up pretrainSteps, at least one. (whole number;
   * ≥ 0, ≤ 100000)
   */
  readonly pretrainEpochs?: number | undefined;
  /**
   * Optimiser steps of pretraining, rounded to whole epochs. (whole number; ≥ 1, ≤ 1000000000; default 200)
   */
  readonly pretrainSteps: number;
  /** Learning rate of pretraining. (> 0, ≤ 1; default 0.001) */
  readonly pretrainLearningRate: number;
  /** Epochs of pretraining from which the rate is a tenth. (each ≥ 0, ≤ 100000; default []) */
  readonly pretrainMilestones: readonly number[];
  /** Weight decay of pretraining. (≥ 0; default 0) */
  readonly pretrainWeightDecay: number;
  /** The decoder's output; auto is sigmoid for min-max scaling, else linear. (default "auto") */
  readonly reconstruction: "auto" | "linear" | "sigmoid";
  /** Start compactness training from a latent space with equal spread in all directions. (default true) */
  readonly whiten: boolean;
  /** Shrinkage of the covariance that whitening uses. (≥ 0, ≤ 1; default 0.0001) */
  readonly shrinkage: number;
  /**
   * Components of the centre nearer to zero than this are moved to it, keeping their sign. (≥ 0; default 0.1)
   */
  readonly centerFloor: number;
  /**
   * Mean squared distance to the centre, or a radius with slack for a share nu of the rows. (default
   * "one-class")
   */
  readonly objective: "one-class" | "soft-boundary";
  /** Share of training rows that may lie outside (soft-boundary). (> 0, ≤ 1; default 0.1) */
  readonly nu: number;
  /**
   * Epochs before the radius is set for the first time (soft-boundary). (whole number; ≥ 0, ≤ 100000; default
   * 10)
   */
  readonly warmupEpochs: number;
  /**
   * Epochs of compactness training at most; by default as many as make up steps, at least one; 0 for none.
   * (whole number; ≥ 0, ≤ 100000)
   */
  readonly epochs?: number | undefined;
  /**
   * Optimiser steps of compactness training, rounded to whole epochs; by default 300, and 100 for tables
   * unless epochs, learningRate or the soft boundary is asked for. (whole number; ≥ 1, ≤ 1000000000)
   */
  readonly steps?: number | undefined;
  /**
   * Learning rate of compactness training; by default 1e-4, and 3e-4 with the 100 steps for tables. (> 0, ≤
   * 1)
   */
  readonly learningRate?: number | undefined;
  /** Epochs of compactness training from which the rate is a tenth. (each ≥ 0, ≤ 100000; default []) */
  readonly milestones: readonly number[];
  /** Weight decay of compactness training. (≥ 0; default 0) */
  readonly weightDecay: number;
  /**
   * Stop when rows are at this share of their starting distance to the centre, or have come nearer than
   * held-out ones by a fifth; 0 for neither; by default 0.25 for tables, 0 for series and images. (≥ 0, < 1)
   */
  readonly stopAt?: number | undefined;
  /**
   * Stop a stage after this many epochs without improvement on held-out normals. (whole number; ≥ 1; default
   * 20)
   */
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

/** Options of deep-svdd as they are given: all may be left out. */
export interface DeepSvddInput {
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
   * Contrast normalisation of images: gcn (each by its own mean and mean deviation), or none, which is the
   * default for maps. (default "gcn")
   */
  readonly contrast?: "gcn" | "none" | undefined;
  /**
   * What another value does in a column that did not vary in training: watch (it raises the row's score above
   * the threshold), or ignore. (default "watch")
   */
  readonly constantColumns?: "watch" | "ignore" | undefined;
  /**
   * Say where images are abnormal: the encoder learns from squares cut from them and slides over whole
   * images; the score is then the highest value of the map. (default false)
   */
  readonly maps?: boolean | undefined;
  /** Side, in pixels, of the squares that the encoder sees (maps). (whole number; ≥ 32, ≤ 256; default 32) */
  readonly patchSize?: number | undefined;
  /**
   * See images at their own size, in tiles of this side in pixels: for large images with small defects
   * (default: whole). (whole number; ≥ 32, ≤ 4096)
   */
  readonly tile?: number | undefined;
  /**
   * Pixels that neighbouring tiles share, at most half a tile (default: an eighth of it). A seam is
   * impossible where they are at least as many as a pixel of the map depends on. (whole number; ≥ 0, ≤ 2048)
   */
  readonly overlap?: number | undefined;
  /**
   * What a pixel of a map is compared with: itself on held-out normals (pixel), or all pixels of them
   * (image). (default "pixel")
   */
  readonly mapCalibration?: "pixel" | "image" | undefined;
  /** Standard deviation, in pixels, of the Gaussian that smooths calibrated maps. (≥ 0, ≤ 64; default 2) */
  readonly mapSmoothing?: number | undefined;
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
  /**
   * Names of the backbone's inner tensors whose means over the image, or vectors, are its features; none: the
   * last feature map. (default [])
   */
  readonly backboneTensors?: readonly string[] | undefined;
  /**
   * Mean of red, green and blue that is subtracted for the backbone, of pixels from 0 to 1. (each ≥ -1000, ≤
   * 1000; default [0.485,0.456,0.406])
   */
  readonly backboneMean?: readonly number[] | undefined;
  /**
   * Deviation of red, green and blue that divides for the backbone, of pixels from 0 to 1. (each > 0, ≤ 1000;
   * default [0.229,0.224,0.225])
   */
  readonly backboneDeviation?: readonly number[] | undefined;
  /** Order of the channels that the backbone was trained with. (default "rgb") */
  readonly backboneChannels?: "rgb" | "bgr" | undefined;
  /** Licence of the backbone, as a note in the model's card. */
  readonly backboneLicense?: string | undefined;
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
  /** Widths of an MLP's hidden layers. (each ≥ 1, ≤ 65536; default [256]) */
  readonly hiddenDims?: readonly number[] | undefined;
  /** Dimensions of the latent space. (whole number; ≥ 1, ≤ 4096; default 256) */
  readonly latentDim?: number | undefined;
  /**
   * After each hidden layer; bounded ones are refused, since they let the network collapse. (default
   * "leaky-relu")
   */
  readonly activation?: "leaky-relu" | "relu" | "elu" | "tanh" | "sigmoid" | "linear" | undefined;
  /** LeakyReLU's factor for negative values. (≥ 0, ≤ 1; default 0.3) */
  readonly slope?: number | undefined;
  /** Biases in the encoder; refused, since they let the network collapse. (default false) */
  readonly bias?: boolean | undefined;
  /** Spread of the starting weights: He's for rectifiers, or PyTorch's default. (default "he") */
  readonly initialization?: "he" | "pytorch" | undefined;
  /**
   * Features that a unit of the first layer starts from, drawn at random; 0 for all of them. (whole number; ≥
   * 0; default 2)
   */
  readonly inputsPerUnit?: number | undefined;
  /**
   * How far each member moves the origin of its input space, along every column with a random sign; not for
   * images. (≥ 0; default 0.5)
   */
  readonly originOffset?: number | undefined;
  /**
   * Networks in the ensemble, each from its own random start; by default 4 for tables, 1 for series and
   * images. (whole number; ≥ 1, ≤ 100)
   */
  readonly members?: number | undefined;
  /** Adam with coupled weight decay as in PyTorch, AdamW, or SGD. (default "adam") */
  readonly optimizer?: "adam" | "adamw" | "sgd" | undefined;
  /** Momentum of SGD. (≥ 0, ≤ 1; default 0.9) */
  readonly momentum?: number | undefined;
  /** Rows per optimiser step. (whole number; ≥ 1, ≤ 1000000; default 128) */
  readonly batchSize?: number | undefined;
  /** Autoencoder pretraining. (default true) */
  readonly pretrain?: boolean | undefined;
  /**
   * What the encoder learns first: to reconstruct rows (autoencoder), to tell how images were turned and
   * moved (transforms), or nothing (none); by default what pretrain says.
   */
  readonly pretraining?: "autoencoder" | "transforms" | "none" | undefined;
  /** Pretraining by transforms, in nominal minutes of 60 x 80 GFLOP each. (≥ 0, ≤ 10000; default 1) */
  readonly minutes?: number | undefined;
  /**
   * Epochs of pretraining at most; by default as many as make up pretrainSteps, at least one. (whole number;
   * ≥ 0, ≤ 100000)
   */
  readonly pretrainEpochs?: number | undefined;
  /**
   * Optimiser steps of pretraining, rounded to whole epochs. (whole number; ≥ 1, ≤ 1000000000; default 200)
   */
  readonly pretrainSteps?: number | undefined;
  /** Learning rate of pretraining. (> 0, ≤ 1; default 0.001) */
  readonly pretrainLearningRate?: number | undefined;
  /** Epochs of pretraining from which the rate is a tenth. (each ≥ 0, ≤ 100000; default []) */
  readonly pretrainMilestones?: readonly number[] | undefined;
  /** Weight decay of pretraining. (≥ 0; default 0) */
  readonly pretrainWeightDecay?: number | undefined;
  /** The decoder's output; auto is sigmoid for min-max scaling, else linear. (default "auto") */
  readonly reconstruction?: "auto" | "linear" | "sigmoid" | undefined;
  /** Start compactness training from a latent space with equal spread in all directions. (default true) */
  readonly whiten?: boolean | undefined;
  /** Shrinkage of the covariance that whitening uses. (≥ 0, ≤ 1; default 0.0001) */
  readonly shrinkage?: number | undefined;
  /**
   * Components of the centre nearer to zero than this are moved to it, keeping their sign. (≥ 0; default 0.1)
   */
  readonly centerFloor?: number | undefined;
  /**
   * Mean squared distance to the centre, or a radius with slack for a share nu of the rows. (default
   * "one-class")
   */
  readonly objective?: "one-class" | "soft-boundary" | undefined;
  /** Share of training rows that may lie outside (soft-boundary). (> 0, ≤ 1; default 0.1) */
  readonly nu?: number | undefined;
  /**
   * Epochs before the radius is set for the first time (soft-boundary). (whole number; ≥ 0, ≤ 100000; default
   * 10)
   */
  readonly warmupEpochs?: number | undefined;
  /**
   * Epochs of compactness training at most; by default as many as make up steps, at least one; 0 for none.
   * (whole number; ≥ 0, ≤ 100000)
   */
  readonly epochs?: number | undefined;
  /**
   * Optimiser steps of compactness training, rounded to whole epochs; by default 300, and 100 for tables
   * unless epochs, learningRate or the soft boundary is asked for. (whole number; ≥ 1, ≤ 1000000000)
   */
  readonly steps?: number | undefined;
  /**
   * Learning rate of compactness training; by default 1e-4, and 3e-4 with the 100 steps for tables. (> 0, ≤
   * 1)
   */
  readonly learningRate?: number | undefined;
  /** Epochs of compactness training from which the rate is a tenth. (each ≥ 0, ≤ 100000; default []) */
  readonly milestones?: readonly number[] | undefined;
  /** Weight decay of compactness training. (≥ 0; default 0) */
  readonly weightDecay?: number | undefined;
  /**
   * Stop when rows are at this share of their starting distance to the centre, or have come nearer than
   * held-out ones by a fifth; 0 for neither; by default 0.25 for tables, 0 for series and images. (≥ 0, < 1)
   */
  readonly stopAt?: number | undefined;
  /**
   * Stop a stage after this many epochs without improvement on held-out normals. (whole number; ≥ 1; default
   * 20)
   */
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
