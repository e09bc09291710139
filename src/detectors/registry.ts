import { Auto } from "./auto/auto.js";
import { Autoencoder } from "./autoencoder/autoencoder.js";
import { DeepSad } from "./centre/deep-sad/deep-sad.js";
import { DeepSvdd } from "./centre/deep-svdd/deep-svdd.js";
import { Hsc } from "./centre/hsc/hsc.js";
import { MultiScale } from "./centre/multi-scale/multi-scale.js";
import { Contrast } from "./contrast/contrast.js";
import type { DetectorEntry } from "./define.js";
import { Drocc } from "./drocc/drocc.js";
import { Fcdd } from "./fcdd/fcdd.js";
import { IsolationForest } from "./forest/isolation-forest.js";
import { KernelSvdd } from "./kernel/kernel-svdd/kernel-svdd.js";
import { OneClassSvm } from "./kernel/one-class-svm/one-class-svm.js";
import { Kmeans } from "./kmeans/kmeans.js";
import { Knn } from "./neighbours/knn.js";
import { PatchGaussian } from "./patch-gaussian/patch-gaussian.js";
import { PatchMemory } from "./patch-memory/patch-memory.js";
import { PatchSvdd } from "./patch-svdd/patch-svdd.js";
import { Pca } from "./pca/pca.js";
import { Transforms } from "./transforms/transforms.js";

export type { Detector, DetectorClass, DetectorEntry } from "./define.js";

const entries = [
  Auto,
  DeepSvdd,
  DeepSad,
  Hsc,
  IsolationForest,
  Knn,
  Kmeans,
  OneClassSvm,
  KernelSvdd,
  Pca,
  Autoencoder,
  Drocc,
  MultiScale,
  Contrast,
  PatchGaussian,
  Fcdd,
  PatchMemory,
  PatchSvdd,
  Transforms,
].map(({ definition }) => definition);

/** Every detector, by the name it has on the command line and in model cards; in the order of lists. */
export const detectors: Readonly<Record<string, DetectorEntry>> = Object.fromEntries(
  entries.map((entry) => [entry.name, entry]),
);

/** The detector that has or once had this name. */
export const findDetector = (name: string): DetectorEntry | undefined =>
  Object.hasOwn(detectors, name)
    ? detectors[name]
    : entries.find(({ formerNames }) => formerNames.includes(name));
