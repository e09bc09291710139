import { throwIfAborted } from "../../errors.js";
import { type FeatureMatrix, sampleFeatures } from "../../features/index.js";
import { pivotedInverse } from "../../math/pivoted-cholesky.js";
import { mean } from "../../math/quantile.js";
import type { RandomSource } from "../../math/random.js";
import type { Runtime } from "../../runtime/index.js";
import { CuttingPlanes } from "./cutting-planes.js";
import { type Kernel, kernelDiagonal, kernelOf, squaredNorms } from "./kernel.js";
import { KernelBlocks } from "./kernel-blocks.js";
import type { OneClassOptions, OneClassSolution, SolverContext } from "./solution.js";

/** What is left of a landmark's K(z, z) by the others, relative to the largest: below this it is rounding. */
const RANK_FLOOR = 1e-9;
/** The objective is found to this relative accuracy. */
const GAP = 1e-4;
const MOST_CUTS = 200;
/** Rows between two looks at the event loop. */
const ROWS_PER_CHUNK = 8192;

/**
 * The approximation for long tables: Nystroem's method (Williams and Seeger 2001). Landmarks z, drawn from the training
 * rows, stand for all of them: K is replaced by
 *
 *     K_nm K_mm^-1 K_mn = F F'     F = K_nm L^-T, with K_mm = L L'
 *
 * and the one-class problem over the rows of F is linear, in as many dimensions as there are landmarks. What is learnt,
 * w'F(x) = sum_j b_j K(z_j, x) with b = L^-T w, is an expansion like that of the exact solution, over the landmarks.
 *
 * K_nm has to fit into the memory that the cache may use. Where it does not, as many rows as do are drawn at random:
 * with hundreds of dimensions and ten thousands of rows, more rows change little.
 */
export async function solveNystroem(
  runtime: Runtime,
  kernel: Kernel,
  all: FeatureMatrix,
  options: OneClassOptions & { readonly landmarks: number },
  random: RandomSource,
  { signal, onFraction, onWarning }: SolverContext = {},
): Promise<OneClassSolution> {
  const landmarks = sampleFeatures(all, options.landmarks, random.stream("landmarks"));
  const width = landmarks.rows;
  const most = Math.max(width, Math.floor((options.cacheMegabytes * 2 ** 20) / (4 * width)));
  const rows = sampleFeatures(all, most, random.stream("nystroem rows"));

  const kernelMatrix = new Float32Array(rows.rows * width);
  const blocks = await KernelBlocks.open(runtime, kernel, rows, landmarks);
  try {
    for (let from = 0; from < rows.rows; from += ROWS_PER_CHUNK) {
      throwIfAborted(signal);
      const chunk = Array.from({ length: Math.min(ROWS_PER_CHUNK, rows.rows - from) }, (_, k) => from + k);
      await blocks.compute(chunk, (i, row) => kernelMatrix.set(row, i * width));
      onFraction?.((0.3 * (from + chunk.length)) / rows.rows);
    }
  } finally {
    await blocks.close();
  }
  const { basis, rank } = featureBasis(kernel, landmarks);
  const diagonal = kernelDiagonal(kernel, squaredNorms(rows));
  const offsets = options.selfSimilarity ? diagonal.map((value) => -value / 2) : undefined;
  const typical = mean(diagonal);
  const share = options.nu;
  const planes = new CuttingPlanes({ kernelMatrix, width, basis, rank, offsets, share, typical });
  while (planes.gap > GAP && planes.iterations < MOST_CUTS) {
    throwIfAborted(signal);
    planes.step();
    onFraction?.(0.3 + 0.7 * Math.min(1, Math.max(0, Math.log(planes.gap) / Math.log(GAP)) || 0));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const converged = planes.gap <= GAP;
  if (!converged) {
    onWarning?.(
      `The linear solver was stopped after ${planes.iterations} cuts; its objective may be ${(100 * planes.gap).toPrecision(2)} % from the optimum.`,
    );
  }
  // In the scale of the exact solution, in which the weights add up to nu n.
  const scale = options.nu * rows.rows;
  return {
    expansion: { vectors: landmarks, coefficients: planes.coefficients.map((value) => scale * value) },
    threshold: scale * planes.threshold,
    scale,
    report: {
      method: "nystroem",
      rows: rows.rows,
      supportVectors: width,
      iterations: planes.iterations,
      converged,
      gap: planes.gap,
      rank,
    },
  };
}

/**
 * B [m, rank] with F = K_nm B: zero for landmarks that say nothing new, or only what sigmoid kernels have of negative
 * similarity.
 */
function featureBasis(kernel: Kernel, { rows: m, columns, data }: FeatureMatrix) {
  const similarity = new Float64Array(m * m);
  const row = (i: number): Float32Array => data.subarray(i * columns, (i + 1) * columns);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j <= i; j++) {
      const value = kernelOf(kernel, row(i), row(j));
      similarity[i * m + j] = value;
      similarity[j * m + i] = value;
    }
  }
  const { pivots, inverse } = pivotedInverse(similarity, m, RANK_FLOOR);
  const rank = pivots.length;
  const basis = new Float64Array(m * rank);
  pivots.forEach((landmark, k) => {
    basis.set(inverse.subarray(k * rank, (k + 1) * rank), landmark * rank);
  });
  return { basis, rank };
}
