import { type Dataset, listNames, type Samples, samplesOf } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { kindOf } from "../features/index.js";
import type { Json } from "../model/contract.js";

/** Options of a publication, by name. */
export interface Preset {
  /** Name of the detector that they are of. */
  readonly detector: string;
  /** Whose settings they are, in one line. */
  readonly title: string;
  /** The options for these data. @throws HypersphereError `invalid-option` for data that were not published on */
  optionsFor(data: Dataset, name: string): Promise<Record<string, Json>>;
}

/** A stage of the published trainings: all of its epochs, the rate a tenth from the milestone on. */
const RATE = 1e-4;
const WEIGHT_DECAY = 0.5e-6;
const ENDLESS = { patience: 100_000, stopAt: 0 };

/** The two networks that the papers' code has, by the images that they were made for. */
const NETWORKS = {
  "28 x 28 x 1": {
    network: { encoder: "mnist-lenet", latentDim: 32 },
    pretraining: { pretrainEpochs: 150, pretrainMilestones: [50], pretrainWeightDecay: 0.5e-3 },
  },
  "32 x 32 x 3": {
    network: { encoder: "cifar10-lenet", latentDim: 128 },
    pretraining: { pretrainEpochs: 350, pretrainMilestones: [250], pretrainWeightDecay: WEIGHT_DECAY },
  },
} as const;

/** What Deep SVDD, Deep SAD and MOCCA have in common, in the PyTorch code of the first two. */
async function ofImages(data: Dataset, name: string) {
  const { noun, pixelSize } = kindOf(data);
  const size = await pixelSize(data, 0);
  const found =
    size && NETWORKS[`${size.height} x ${size.width} x ${size.channels}` as keyof typeof NETWORKS];
  if (found === undefined) {
    const held =
      size === undefined
        ? noun.all
        : `images of ${size.height} x ${size.width} pixels in ${size.channels === 1 ? "grey" : "colour"}`;
    throw new HypersphereError(
      "invalid-option",
      `The preset ${name} is for images of 28 x 28 pixels in grey or 32 x 32 in colour, but ${data.source} holds ${held}.`,
      { hint: size === undefined ? "Leave the preset out." : "Convert the images, or leave the preset out." },
    );
  }
  return {
    ...found.network,
    ...found.pretraining,
    ...{ members: 1, whiten: false, originOffset: 0, centerFloor: 0.1 },
    ...{ activation: "leaky-relu", slope: 0.01, initialization: "pytorch", reconstruction: "sigmoid" },
    ...{ optimizer: "adam", pretraining: "autoencoder", pretrainLearningRate: RATE },
    ...{ epochs: 150, milestones: [50], learningRate: RATE, weightDecay: WEIGHT_DECAY },
    ...ENDLESS,
  };
}

/** Every preset, by the name it has as an option. */
export const presets: Readonly<Record<string, Preset>> = {
  "deep-svdd-paper": {
    detector: "deep-svdd",
    title: "Deep SVDD on MNIST and CIFAR-10 (Ruff et al. 2018, their PyTorch code)",
    optionsFor: async (data, name) => ({
      ...(await ofImages(data, name)),
      ...{ objective: "one-class", contrast: "gcn", batchSize: 200 },
    }),
  },
  "deep-sad-paper": {
    detector: "deep-sad",
    title: "Deep SAD on images (Ruff et al. 2020, their code)",
    optionsFor: async (data, name) => ({
      ...(await ofImages(data, name)),
      ...{ contrast: "none", batchSize: 128, batches: "shuffled" },
      // The code pretrains both networks alike.
      ...{ pretrainEpochs: 150, pretrainMilestones: [50], pretrainWeightDecay: 0.5e-3 },
      ...{ eta: 1, normalizer: "joint", push: "inverse", epsilon: 1e-6, relativeDistances: false },
    }),
  },
  mocca: {
    detector: "multi-scale",
    title: "MOCCA on images, hard boundary (Massoli et al. 2021)",
    optionsFor: async (data, name) => ({
      ...(await ofImages(data, name)),
      ...{ objective: "one-class", combine: "sum", contrast: "gcn", batchSize: 200 },
    }),
  },
  drocc: {
    detector: "drocc",
    title: "DROCC on tables (Goyal et al. 2020), with the paper's rule for the radius",
    async optionsFor(data, name) {
      const { axes, noun, columns } = kindOf(data);
      if (axes !== 1) {
        throw new HypersphereError(
          "invalid-option",
          `The preset ${name} is for tables, but ${data.source} holds ${noun.all}.`,
          {
            hint: "Leave the preset out: the published settings for other data need a radius tuned for each class.",
          },
        );
      }
      const radius = Math.sqrt(columns(data).length) / 2;
      return {
        ...{ encoder: "mlp", hiddenDims: [], latentDim: 128, activation: "relu", bias: true },
        ...{ initialization: "pytorch", members: 1, scaling: "standard", norm: "euclidean" },
        // Steps of 0.01, here as a share of the radius.
        ...{ radius, outerRatio: 2, mu: 1, ascentSteps: 50, ascentStep: 0.01 / radius, far: 0 },
        ...{ optimizer: "adam", learningRate: 1e-3, milestones: [0.3, 0.6, 0.9], batchSize: 256 },
        ...{ plainEpochs: 50, epochs: 150, weightDecay: 0 },
      };
    },
  },
};

/**
 * @param detector to be trained, where one is named
 * @throws HypersphereError `invalid-option` for unknown names, and presets of another detector
 */
export function findPreset(name: string, detector?: string): Preset {
  const names = Object.keys(presets);
  if (!Object.hasOwn(presets, name)) {
    throw new HypersphereError(
      "invalid-option",
      `There is no preset "${name}"; there are ${listNames(names)}.`,
    );
  }
  const preset = presets[name]!;
  if (detector === undefined || detector === preset.detector) return preset;
  const others = names.filter((each) => presets[each]!.detector === detector);
  throw new HypersphereError(
    "invalid-option",
    `The preset ${name} is of ${preset.detector}, not of ${detector}.`,
    {
      hint:
        others.length === 0
          ? `Leave out the detector or the preset.`
          : `Use ${listNames(others)}, or leave out the detector.`,
    },
  );
}

/**
 * The published settings of a detector for these data, to be spread before options of one's own, which win.
 *
 * @param name such as "deep-svdd-paper", see `presets`
 * @param data as `fit` takes them, such as what `open` answers
 * @throws HypersphereError `invalid-option` for unknown names, and for data that the settings were not published for
 *
 * @example
 * const { detector, options } = await preset("deep-svdd-paper", images);
 * const model = await detectors[detector].create({ ...options, seed: 7 }).fit(images);
 */
export async function preset(
  name: string,
  data: Dataset | Samples,
): Promise<{ readonly detector: string; readonly options: Readonly<Record<string, Json>> }> {
  const found = findPreset(name);
  return { detector: found.detector, options: await found.optionsFor(samplesOf(data).data, name) };
}
