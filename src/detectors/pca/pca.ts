import type { Dataset, Samples } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import type { FeatureMatrix } from "../../features/index.js";
import { cast } from "../../graph/index.js";
import type { FitOptions, Scorer } from "../../model/contract.js";
import type { Model } from "../../model/index.js";
import type { Runtime } from "../../runtime/index.js";
import { covarianceOf } from "../../train/covariance.js";
import { fitDetector } from "../fit/fit.js";
import { parseOptions } from "../parse-options.js";
import { type PcaInput, type PcaOptions, pcaOptions } from "./options.js";
import {
  type Moments,
  mahalanobisDistance,
  mahalanobisMap,
  type PrincipalSubspace,
  principalSubspace,
  principalSubspaceOfFew,
  reconstructionError,
} from "./subspace.js";

/**
 * Principal component analysis: the score is the mean squared distance to the subspace in which the training rows vary
 * most, or Mahalanobis' squared distance to their mean.
 *
 * @example
 * const model = await new Pca({ components: 0.9 }).fit(await readTable("plant.csv"));
 */
export class Pca {
  static readonly detectorName = "pca";
  readonly options: PcaOptions;

  /** @throws HypersphereError `invalid-option` for unknown options and values out of range */
  constructor(options: PcaInput = {}) {
    this.options = parseOptions(pcaOptions, options);
  }

  /**
   * Learns from rows that are normal, all of them or nearly so. A part is held out to calibrate.
   * @throws HypersphereError `unfit-data` for too few, identical or too long rows, and infinite values; `aborted`
   */
  async fit(data: Dataset | Samples, fitOptions: FitOptions = {}): Promise<Model> {
    return fitDetector(Pca.detectorName, data, this.options, fitOptions, async ({ train }, context) => ({
      scorer: await trainPca(this.options, train, await context.backend.inline()),
      untrained: undefined,
    }));
  }
}

/** An eigenvalue problem larger than this takes minutes, and ten times longer at twice the size. */
const MOST_DIMENSIONS = 3000;

async function trainPca(options: PcaOptions, train: FeatureMatrix, runtime: Runtime): Promise<Scorer> {
  const few = options.score === "reconstruction" && train.rows < train.columns;
  const dimensions = few ? train.rows : train.columns;
  if (dimensions > MOST_DIMENSIONS) {
    throw new HypersphereError(
      "unfit-data",
      `Rows of ${train.columns} numbers, and ${train.rows} of them, are too large for PCA, which takes ${MOST_DIMENSIONS} of one or the other at most.`,
      { hint: "Use smaller images (imageSize), shorter windows or fewer rows, or another detector." },
    );
  }
  if (few) return reconstruction(principalSubspaceOfFew(train, options.components));
  const moments = await momentsOf(runtime, train);
  if (options.score === "mahalanobis") {
    const map = mahalanobisMap(train, moments, options.shrinkage);
    return {
      score: (features) => cast(mahalanobisDistance(map, features), "float32"),
      training: { shrinkage: map.shrinkage },
    };
  }
  return reconstruction(principalSubspace(moments, options.components));
}

function reconstruction(subspace: PrincipalSubspace): Scorer {
  const explained = subspace.shares.slice(0, subspace.count);
  return {
    score: (features) => cast(reconstructionError(subspace, features), "float32"),
    training: { components: subspace.count, explainedVariance: explained },
  };
}

/** Mean and covariance of all rows, divided by their number. */
export async function momentsOf(runtime: Runtime, { rows, columns, data }: FeatureMatrix): Promise<Moments> {
  const mean = new Float64Array(columns);
  for (let k = 0; k < data.length; k++) mean[k % columns]! += data[k]!;
  const covariance = await covarianceOf(runtime, data, columns);
  return {
    mean: mean.map((value) => value / rows),
    covariance: covariance.map((value) => (value * (rows - 1)) / rows),
  };
}
