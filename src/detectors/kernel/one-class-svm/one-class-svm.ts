import type { Dataset, Samples } from "../../../data/index.js";
import type { FitOptions } from "../../../model/contract.js";
import type { Model } from "../../../model/index.js";
import { fitDetector } from "../../fit/fit.js";
import { parseOptions } from "../../parse-options.js";
import { trainKernelMachine } from "../one-class.js";
import { type OneClassSvmInput, type OneClassSvmOptions, oneClassSvmOptions } from "./options.js";

/**
 * One-class SVM (Schoelkopf et al., "Estimating the support of a high-dimensional distribution", 2001): the hyperplane
 * that separates the rows from the origin of a kernel's feature space by the widest margin. The score is how far a row
 * falls short of it: the negative of scikit-learn's `decision_function`.
 *
 * @example
 * const model = await new OneClassSvm({ nu: 0.05, gamma: "auto" }).fit(await readTable("plant.csv"));
 */
export class OneClassSvm {
  static readonly detectorName = "ocsvm";
  readonly options: OneClassSvmOptions;

  /** @throws HypersphereError `invalid-option` for unknown options and values out of range */
  constructor(options: OneClassSvmInput = {}) {
    this.options = parseOptions(oneClassSvmOptions, options);
  }

  /**
   * Learns from rows that are normal, all of them or nearly so. A part is held out to calibrate.
   * @throws HypersphereError `unfit-data` for too few or identical rows and infinite values; `aborted`
   */
  async fit(data: Dataset | Samples, fitOptions: FitOptions = {}): Promise<Model> {
    return fitDetector(OneClassSvm.detectorName, data, this.options, fitOptions, (training, context) =>
      trainKernelMachine("one-class-svm", this.options, training, context),
    );
  }
}
