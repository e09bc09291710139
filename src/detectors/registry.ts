import type { z } from "zod";
import type { Table } from "../data/index.js";
import type { Model } from "../model/index.js";
import type { FitOptions } from "./contract.js";
import { DeepSvdd } from "./deep-svdd/deep-svdd.js";
import { deepSvddOptions } from "./deep-svdd/options.js";
import { IsolationForest } from "./isolation-forest/isolation-forest.js";
import { isolationForestOptions } from "./isolation-forest/options.js";
import { Knn } from "./knn/knn.js";
import { knnOptions } from "./knn/options.js";

/** A detector as something that holds options and fits tables. */
export interface Detector {
  readonly options: object;
  fit(table: Table, options?: FitOptions): Promise<Model>;
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
  "deep-svdd": {
    name: "deep-svdd",
    title: "Deep SVDD: distance to a centre that an encoder learned to map normal rows to",
    options: deepSvddOptions,
    create: (options) => new DeepSvdd(options),
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
};
