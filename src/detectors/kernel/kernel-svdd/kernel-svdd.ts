import { type Detector, defineDetector } from "../../define.js";
import { type KernelReport, trainKernelMachine } from "../one-class.js";
import { type KernelSvddInput, type KernelSvddOptions, kernelSvddOptions } from "./options.js";

/**
 * Support vector data description (Tax and Duin 2004): the smallest ball around the rows in a kernel's feature space,
 * with slack for a share nu of them (C = 1 / (nu n)). The score is the squared distance to its centre minus its squared
 * radius. With the rbf kernel rows are ranked exactly as by the one-class SVM.
 *
 * @example
 * const model = await new KernelSvdd({ nu: 0.05 }).fit(await open("plant.csv"));
 */
export const KernelSvdd = defineDetector<KernelSvddOptions, KernelSvddInput, KernelReport>({
  name: "kernel-svdd",
  title: "Kernel SVDD: distance from the smallest ball around the training rows, in a kernel's space",
  options: kernelSvddOptions,
  train: (options, rows, context) => trainKernelMachine("kernel-svdd", options, rows, context),
});
export type KernelSvdd = Detector<KernelSvddOptions>;
