import type { Dataset, Samples } from "../../../data/index.js";
import type { FitOptions } from "../../../model/contract.js";
import type { Model } from "../../../model/index.js";
import { fitDetector } from "../../fit/fit.js";
import { parseOptions } from "../../parse-options.js";
import { trainKernelMachine } from "../one-class.js";
import { type KernelSvddInput, type KernelSvddOptions, kernelSvddOptions } from "./options.js";

/**
 * Support vector data description (Tax and Duin 2004): the smallest ball around the rows in a kernel's feature space,
 * with slack for a share nu of them (C = 1 / (nu n)). The score is the squared distance to its centre minus its squared
 * radius. With the rbf kernel rows are ranked exactly as by the one-class SVM.
 *
 * @example
 * const model = await new KernelSvdd({ nu: 0.05 }).fit(await readTable("plant.csv"));
 */
export class KernelSvdd {
  static readonly detectorName = "kernel-svdd";
  readonly options: KernelSvddOptions;

  /** @throws HypersphereError `invalid-option` for unknown options and values out of range */
  constructor(options: KernelSvddInput = {}) {
    this.options = parseOptions(kernelSvddOptions, options);
  }

  /**
   * Learns from rows that are normal, all of them or nearly so. A part is held out to calibrate.
   * @throws HypersphereError `unfit-data` for too few or identical rows and infinite values; `aborted`
   */
  async fit(data: Dataset | Samples, fitOptions: FitOptions = {}): Promise<Model> {
    return fitDetector(KernelSvdd.detectorName, data, this.options, fitOptions, (training, context) =>
      trainKernelMachine("kernel-svdd", this.options, training, context),
    );
  }
}
