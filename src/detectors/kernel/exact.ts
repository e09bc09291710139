import { throwIfAborted } from "../../errors.js";
import type { FeatureMatrix } from "../../features/index.js";
import { RowCache } from "../../math/row-cache.js";
import { initialWeights, SmoSolver } from "../../math/smo.js";
import type { Runtime } from "../../runtime/index.js";
import { evaluateExpansion, type KernelExpansion } from "./expansion.js";
import { type Kernel, kernelDiagonal, squaredNorms } from "./kernel.js";
import { KernelBlocks } from "./kernel-blocks.js";
import type { OneClassOptions, OneClassSolution, SolverContext } from "./solution.js";

/** Additions between two looks at the event loop: some tens of milliseconds. */
const WORK_PER_CHUNK = 2e7;
/**
 * Rows that are computed together: the one that the solver lacks, and those which violate optimality most, since they
 * are likely to be next. One row alone costs as much as ten.
 */
const ROWS_PER_BATCH = 32;
/** Once the cache is full, what is fetched ahead drives out rows that will be needed again. */
const ROWS_WHEN_FULL = 8;

/** The exact solution by sequential minimal optimisation, with kernel rows on demand. */
export async function solveExact(
  runtime: Runtime,
  kernel: Kernel,
  rows: FeatureMatrix,
  options: OneClassOptions,
  { signal, onFraction, onWarning }: SolverContext = {},
): Promise<OneClassSolution> {
  const count = rows.rows;
  const { tolerance, shrinking, maxIterations } = options;
  const sum = options.nu * count;
  const diagonal = kernelDiagonal(kernel, squaredNorms(rows));
  // Kernel SVDD's linear term -1/(2C) K_ii in the scale in which weights are at most 1, with C = 1 / (nu n).
  const linear = options.selfSimilarity ? diagonal.map((value) => (-sum / 2) * value) : undefined;
  const cache = new RowCache(count, options.cacheMegabytes);
  const product = (weights: Float64Array): Promise<Float64Array> =>
    evaluateExpansion(runtime, kernel, weighted(rows, weights), rows, signal);
  const solver = new SmoSolver(
    { diagonal, linear, sum, row: (i) => cache.row(i) },
    { tolerance, shrinking, product: await product(initialWeights(count, sum)) },
  );

  const blocks = await KernelBlocks.open(runtime, kernel, rows);
  const chunk = Math.max(1, Math.round(WORK_PER_CHUNK / count));
  let computed = 0;
  let widest = 0;
  let converged = false;
  try {
    while (!converged && solver.iterations < maxIterations) {
      throwIfAborted(signal);
      const status = solver.run(Math.min(chunk, maxIterations - solver.iterations));
      if (status === "product") solver.restore(await product(solver.weights));
      else if (status === "row") {
        const batch = computed < cache.capacity ? ROWS_PER_BATCH : ROWS_WHEN_FULL;
        const ahead = Math.min(batch, Math.floor(cache.capacity / 2)) - 1;
        const likely = solver.likely(ahead, (i) => i !== solver.missing && !cache.has(i));
        const wanted = [...likely, solver.missing];
        await blocks.compute(wanted, (i, row) => cache.put(i, row));
        computed += wanted.length;
      } else {
        converged = status === "optimal";
        await eventLoop();
      }
      // The violation falls by orders of magnitude; its logarithm is the best guess of how much is done.
      if (Number.isFinite(solver.violation)) widest = Math.max(widest, solver.violation);
      const left = Math.log(solver.violation / tolerance) / Math.log(widest / tolerance);
      onFraction?.(converged ? 1 : Math.min(1, Math.max(0, 1 - left)) || 0);
    }
    if (!converged) {
      if (solver.partial) solver.restore(await product(solver.weights));
      onWarning?.(
        `The solver was stopped after ${solver.iterations} iterations, ${solver.violation.toPrecision(2)} from optimal (tolerance ${tolerance}). Raise maxIterations or the tolerance, or scale the columns.`,
      );
    }
  } finally {
    await blocks.close();
  }
  const expansion = weighted(rows, solver.weights);
  return {
    expansion,
    threshold: solver.rho,
    scale: sum,
    report: {
      method: "exact",
      rows: count,
      supportVectors: expansion.coefficients.length,
      boundedSupportVectors: solver.weights.filter((weight) => weight >= 1).length,
      iterations: solver.iterations,
      violation: solver.violation,
      converged,
      kernelRows: computed,
    },
  };
}

/** The rows with a weight, and these weights. */
function weighted({ columns, data }: FeatureMatrix, weights: Float64Array): KernelExpansion {
  const chosen = Array.from(weights.keys()).filter((i) => weights[i]! > 0);
  const vectors = new Float32Array(chosen.length * columns);
  chosen.forEach((i, k) => {
    vectors.set(data.subarray(i * columns, (i + 1) * columns), k * columns);
  });
  return {
    vectors: { rows: chosen.length, columns, data: vectors },
    coefficients: Float64Array.from(chosen, (i) => weights[i]!),
  };
}

const eventLoop = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
