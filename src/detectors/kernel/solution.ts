import type { KernelExpansion } from "./expansion.js";

/**
 * One-class SVM and kernel SVDD are one problem (Schoelkopf et al. 2001; Tax and Duin 2004). In LIBSVM's scale, with
 * s = nu n:
 *
 *     min_a  1/2 a' K a - [SVDD only] s/2 sum_i a_i K_ii      0 <= a_i <= 1,  sum a = s
 */
export interface OneClassOptions {
  /** Upper bound on the share of rows outside, lower bound on the share of support vectors. */
  readonly nu: number;
  /** Whether K_ii counts, as in SVDD; it makes no difference where K_ii is the same for all rows. */
  readonly selfSimilarity: boolean;
  readonly tolerance: number;
  readonly shrinking: boolean;
  readonly maxIterations: number;
  readonly cacheMegabytes: number;
}

/** The function z(x) = sum_j a_j K(v_j, x) - [SVDD] s/2 K(x, x), and what normal rows are above. */
export interface OneClassSolution {
  readonly expansion: KernelExpansion;
  /** rho: z of a row on the boundary. */
  readonly threshold: number;
  /** s. */
  readonly scale: number;
  /** For the model's card. */
  readonly report: SolverReport;
}

export interface SolverReport {
  readonly method: "exact" | "nystroem";
  /** Training rows that were used. */
  readonly rows: number;
  /** Vectors in the model. */
  readonly supportVectors: number;
  readonly iterations: number;
  readonly converged: boolean;
  /** exact: support vectors with the largest weight, which lie outside. */
  readonly boundedSupportVectors?: number;
  /** exact: how far from optimal, in the units of the tolerance. */
  readonly violation?: number;
  /** exact: rows of the kernel matrix computed. */
  readonly kernelRows?: number;
  /** nystroem: how far the objective is from its optimum at most, relative to it. */
  readonly gap?: number;
  /** nystroem: dimensions of the feature space that the landmarks span. */
  readonly rank?: number;
}

export interface SolverContext {
  readonly signal?: AbortSignal | undefined;
  /** Hears the share of the work that is done, roughly, from 0 to 1. */
  readonly onFraction?: ((fraction: number) => void) | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}
