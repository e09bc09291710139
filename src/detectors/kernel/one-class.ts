import { add, cast, mul, sub, type Tensor } from "../../graph/index.js";
import type { TrainingContext, TrainingData } from "../../model/contract.js";
import type { TrainedDetector } from "../fit/fit.js";
import { solveExact } from "./exact.js";
import { diagonalGraph, expansionGraph } from "./expansion.js";
import { gammaOf, hasConstantDiagonal, type Kernel } from "./kernel.js";
import { solveNystroem } from "./nystroem.js";
import type { KernelOptions } from "./options.js";
import type { OneClassSolution, SolverReport } from "./solution.js";

export type KernelMachine = "one-class-svm" | "kernel-svdd";

/** What the card says of the training. */
export interface KernelReport {
  /** With its numbers settled: gamma among them. */
  readonly kernel: Kernel;
  readonly solver: SolverReport;
}

/** Support vectors for more than this share of the rows, far above nu, say that every row is an island. */
const ISLANDS = 0.9;

/** Solves the dual of either machine, exactly or approximately, and makes a scorer of the solution. */
export async function trainKernelMachine(
  machine: KernelMachine,
  options: KernelOptions,
  { train }: TrainingData,
  { backend, random, signal, onProgress, onWarning }: TrainingContext,
): Promise<TrainedDetector<KernelReport>> {
  const kernel: Kernel = {
    name: options.kernel,
    gamma: gammaOf(options.gamma, train),
    coef0: options.coef0,
    degree: options.degree,
  };
  const approximate = train.rows > options.exactRows;
  if (approximate) {
    onWarning?.(
      `${train.rows} training rows are more than exactRows (${options.exactRows}): the solution is an approximation from ${options.landmarks} landmarks.`,
    );
  }
  const selfSimilarity = machine === "kernel-svdd" && !hasConstantDiagonal(kernel);
  const runtime = await backend.inline();
  const solverOptions = { ...options, selfSimilarity };
  const context = {
    signal,
    onWarning,
    onFraction: (fraction: number) => onProgress?.({ stage: "training", fraction }),
  };
  const solution = approximate
    ? await solveNystroem(runtime, kernel, train, solverOptions, random, context)
    : await solveExact(runtime, kernel, train, solverOptions, context);
  const { report } = solution;
  if (!approximate && report.supportVectors > ISLANDS * report.rows && options.nu < ISLANDS / 2) {
    onWarning?.(
      `${report.supportVectors} of ${report.rows} training rows are support vectors: gamma (${kernel.gamma.toPrecision(3)}) is so large that every row is an island. Lower it.`,
    );
  }
  const training: KernelReport = { kernel: { ...kernel }, solver: { ...report } };
  return {
    scorer: {
      score: (features) => cast(kernelScore(machine, kernel, solution, features), "float32"),
      training,
    },
    untrained: undefined,
  };
}

/**
 * The score of a solution, float64 [rows], above zero outside.
 *
 * One-class SVM: rho - sum_j a_j K(v_j, x), in LIBSVM's scale; the negative of scikit-learn's `decision_function`.
 *
 * Kernel SVDD: |phi(x) - c|^2 - R^2 with weights that add up to 1. Since R^2 = c'c - 2 rho / s, what is left of it is
 *
 *     K(x, x) - 2/s sum_j a_j K(v_j, x) + 2 rho / s
 *
 * where K(x, x) is the same for all rows, and then part of rho, this is 2/s times the score of the one-class SVM.
 */
export function kernelScore(
  machine: KernelMachine,
  kernel: Kernel,
  { expansion, threshold, scale }: OneClassSolution,
  features: Tensor,
): Tensor {
  const outside = sub(threshold, expansionGraph(kernel, expansion, features));
  if (machine === "one-class-svm") return outside;
  const relative = mul(outside, 2 / scale);
  return hasConstantDiagonal(kernel) ? relative : add(relative, diagonalGraph(kernel, features));
}
