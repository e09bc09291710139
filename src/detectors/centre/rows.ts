import { type FeatureMatrix, sampleFeatures } from "../../features/index.js";
import type { RandomSource, RandomStream } from "../../math/random.js";
import type { TrainingData } from "../../model/contract.js";
import { sizeOf } from "../../nn/encoder.js";

/** Training rows that stand for all of them where statistics are taken: centre, covariance, radius. */
const SAMPLE_ROWS = 20_000;
/** Held-out rows by which a stage is judged, and as many negatives. */
const VALIDATION_ROWS = 2000;
/** Rows through which the health of the latent space is watched. */
const PROBE_ROWS = 256;

/** The rows that a member looks at, seen from its origin. */
export interface MemberRows {
  readonly origin: Float32Array;
  readonly validation: FeatureMatrix;
  readonly sample: FeatureMatrix;
  readonly probe: FeatureMatrix;
  /** As many of further rows as are judged at most, seen from the same origin. */
  judged(rows: FeatureMatrix): FeatureMatrix;
}

export function memberRows(data: TrainingData, origin: Float32Array, random: RandomSource): MemberRows {
  const judged = (matrix: FeatureMatrix): FeatureMatrix =>
    shifted(sampleFeatures(matrix, VALIDATION_ROWS, random.stream("validation")), origin);
  const sample = shifted(sampleFeatures(data.train, SAMPLE_ROWS, random.stream("sample")), origin);
  return {
    origin,
    validation: judged(data.validation),
    sample,
    probe: sampleFeatures(sample, PROBE_ROWS, random.stream("probe")),
    judged,
  };
}

/**
 * A bias-free encoder without bounded activations is positively homogeneous: it sees directions from the origin, and
 * cannot tell rows on one ray apart but by scale. Standardised rows have their mean at the origin, where moreover all
 * weights at zero would be optimal (see A1 of the linear case in the documentation). Each member therefore looks from
 * somewhere else. In windows a column moves by the same in every step, or else the origin would be noise to networks that look for
 * shapes; pixels, in [0, 1], have their mean far from the origin already.
 */
export function randomOrigin(
  inputShape: readonly number[],
  offset: number,
  stream: RandomStream,
): Float32Array {
  if (inputShape.length > 2) return new Float32Array(sizeOf(inputShape));
  const columns = inputShape.at(-1)!;
  const own = Float32Array.from({ length: columns }, () => (stream.uniform() < 0.5 ? -offset : offset));
  return Float32Array.from({ length: sizeOf(inputShape) }, (_, k) => own[k % columns]!);
}

function shifted({ rows, columns, data }: FeatureMatrix, origin: Float32Array): FeatureMatrix {
  return { rows, columns, data: data.map((value, k) => value - origin[k % columns]!) };
}
