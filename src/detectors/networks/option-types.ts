// Written by scripts/option-types.js from schemas in this folder; npm run docs writes it anew.

/** Options that several detectors have, defaults included. */
export interface SharedReconstructionOptions {
  /** The decoder's output; auto is sigmoid for min-max scaling, else linear. (default "auto") */
  readonly reconstruction: "auto" | "linear" | "sigmoid";
}

/** Options that several detectors have, defaults included. */
export interface SharedHoldOutOptions {
  /** Share of the normals held out to stop in time. (> 0, < 0.5; default 0.1) */
  readonly validationFraction: number;
}

/** Options that several detectors have, defaults included. */
export interface SharedNetworkOptions {
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
}

/** Options that several detectors have, defaults included. */
export interface SharedSynthesisOptions {
  /**
   * Outliers made from the training rows, as many as there are, in addition to any that are given; cut-paste
   * and confetti are for images. (default "none")
   */
  readonly synthesis: "none" | "shifted-features" | "shuffled-columns" | "cut-paste" | "confetti";
}
