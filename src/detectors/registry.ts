import type { z } from "zod";
import type { Dataset, Samples } from "../data/index.js";
import type { FitOptions } from "../model/contract.js";
import type { Model } from "../model/index.js";
import { Auto } from "./auto/auto.js";
import { autoOptions } from "./auto/options.js";
import { Autoencoder } from "./autoencoder/autoencoder.js";
import { autoencoderOptions } from "./autoencoder/options.js";
import { DeepSad } from "./centre/deep-sad/deep-sad.js";
import { deepSadOptions } from "./centre/deep-sad/options.js";
import { DeepSvdd } from "./centre/deep-svdd/deep-svdd.js";
import { deepSvddOptions } from "./centre/deep-svdd/options.js";
import { Hsc } from "./centre/hsc/hsc.js";
import { hscOptions } from "./centre/hsc/options.js";
import { MultiScale } from "./centre/multi-scale/multi-scale.js";
import { multiScaleOptions } from "./centre/multi-scale/options.js";
import { Drocc } from "./drocc/drocc.js";
import { droccOptions } from "./drocc/options.js";
import { IsolationForest } from "./forest/isolation-forest.js";
import { isolationForestOptions } from "./forest/options.js";
import { KernelSvdd } from "./kernel/kernel-svdd/kernel-svdd.js";
import { kernelSvddOptions } from "./kernel/kernel-svdd/options.js";
import { OneClassSvm } from "./kernel/one-class-svm/one-class-svm.js";
import { oneClassSvmOptions } from "./kernel/one-class-svm/options.js";
import { Knn } from "./neighbours/knn.js";
import { knnOptions } from "./neighbours/options.js";
import { pcaOptions } from "./pca/options.js";
import { Pca } from "./pca/pca.js";

/** A detector as something that holds options and learns from data. */
export interface Detector {
  readonly options: object;
  fit(data: Dataset | Samples, options?: FitOptions): Promise<Model>;
}

export interface DetectorEntry {
  readonly name: string;
  /** One line for lists. */
  readonly title: string;
  /** Types, ranges, defaults and descriptions of the options. */
  readonly options: z.ZodObject;
  create(options: Record<string, unknown>): Detector;
}

/** Every detector, by the name it has on the command line and in model cards. */
export const detectors: Readonly<Record<string, DetectorEntry>> = {
  auto: {
    name: "auto",
    title: "The default for tables: nearest neighbours, local density and whitened random encoders, averaged",
    options: autoOptions,
    create: (options) => new Auto(options),
  },
  "deep-svdd": {
    name: "deep-svdd",
    title: "Deep SVDD: distance to a centre that an encoder learned to map normal rows to",
    options: deepSvddOptions,
    create: (options) => new DeepSvdd(options),
  },
  "deep-sad": {
    name: "deep-sad",
    title: "Deep SAD: Deep SVDD that drives a few labelled anomalies away from the centre",
    options: deepSadOptions,
    create: (options) => new DeepSad(options),
  },
  hsc: {
    name: "hsc",
    title: "Hypersphere classification: tells normal rows from labelled anomalies or other outliers",
    options: hscOptions,
    create: (options) => new Hsc(options),
  },
  "isolation-forest": {
    name: "isolation-forest",
    title: "Isolation Forest: how few random splits set a row apart from all others",
    options: isolationForestOptions,
    create: (options) => new IsolationForest(options),
  },
  knn: {
    name: "knn",
    title: "Nearest neighbours: distance to the training rows most like a row",
    options: knnOptions,
    create: (options) => new Knn(options),
  },
  ocsvm: {
    name: "ocsvm",
    title: "One-class SVM: how far a row falls short of a margin around the training rows",
    options: oneClassSvmOptions,
    create: (options) => new OneClassSvm(options),
  },
  "kernel-svdd": {
    name: "kernel-svdd",
    title: "Kernel SVDD: distance from the smallest ball around the training rows, in a kernel's space",
    options: kernelSvddOptions,
    create: (options) => new KernelSvdd(options),
  },
  pca: {
    name: "pca",
    title: "PCA: distance to the subspace in which the training rows vary, or Mahalanobis' distance",
    options: pcaOptions,
    create: (options) => new Pca(options),
  },
  autoencoder: {
    name: "autoencoder",
    title: "Autoencoder: how badly networks that learnt to reproduce normal rows reproduce this one",
    options: autoencoderOptions,
    create: (options) => new Autoencoder(options),
  },
  drocc: {
    name: "drocc",
    title: "DROCC: a classifier of normal rows against the places around them that it finds most normal",
    options: droccOptions,
    create: (options) => new Drocc(options),
  },
  "multi-scale": {
    name: "multi-scale",
    title: "Multi-scale Deep SVDD: distances to a centre after every block of the encoder",
    options: multiScaleOptions,
    create: (options) => new MultiScale(options),
  },
};
