import { type Detector, defineDetector } from "../../define.js";
import { type KernelReport, trainKernelMachine } from "../one-class.js";
import { type OneClassSvmInput, type OneClassSvmOptions, oneClassSvmOptions } from "./options.js";

/**
 * One-class SVM (Schoelkopf et al., "Estimating the support of a high-dimensional distribution", 2001): the hyperplane
 * that separates the rows from the origin of a kernel's feature space by the widest margin. The score is how far a row
 * falls short of it: the negative of scikit-learn's `decision_function`.
 *
 * @example
 * const model = await new OneClassSvm({ nu: 0.05, gamma: "auto" }).fit(await open("plant.csv"));
 */
export const OneClassSvm = defineDetector<OneClassSvmOptions, OneClassSvmInput, KernelReport>({
  name: "one-class-svm",
  title: "One-class SVM: how far a row falls short of a margin around the training rows",
  options: oneClassSvmOptions,
  formerNames: ["ocsvm"],
  train: (options, rows, context) => trainKernelMachine("one-class-svm", options, rows, context),
});
export type OneClassSvm = Detector<OneClassSvmOptions>;
