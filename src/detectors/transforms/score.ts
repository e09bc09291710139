import type { FeatureMatrix } from "../../features/index.js";
import {
  abs,
  add,
  concat,
  div,
  log,
  mul,
  sign,
  sqrt,
  square,
  sub,
  type Tensor,
  transpose,
} from "../../graph/index.js";
import { mean, std } from "../../math/quantile.js";
import type { ParameterLayout } from "../../nn/parameters.js";
import { inRowBlocks } from "../../nn/row-blocks.js";
import type { Runtime } from "../../runtime/index.js";
import { eachBlock, imagesAtOnce } from "../turned/each-block.js";
import {
  type Seen,
  seen,
  turnedVectors,
  unlikelihood,
  type Viewer,
  vectorWidths,
} from "../turned/features.js";
import { MOVED, ROTATIONS, TURNED, type View } from "../turned/views.js";
import { bankDistance, bankSize, fitBank } from "./bank.js";
import { fitGaussians, gaussianDistances, relativeDistance } from "./gaussians.js";
import type { PartName } from "./options.js";

/** What a network makes of images: in all rotations, and where asked for moved as well. */
interface Look {
  readonly turned: Seen;
  readonly moved: () => Seen;
  /** What is taken of the former, [images, rotations, all widths]. */
  readonly vectors: () => Tensor;
}

/** Mean and deviation on held-out normals. */
export interface TransformsLevel {
  readonly mean: number;
  readonly deviation: number;
}

/**
 * What the card says of a score's parts: -log p of the transforms, the logarithm of the features' distance, and the cosine
 * distance to the nearest training image.
 */
export interface TransformsScoreReport {
  readonly likelihood?: TransformsLevel;
  readonly features?: TransformsLevel;
  readonly neighbours?: TransformsLevel;
  /** Images that the Gaussians were fitted to. */
  readonly gaussianRows?: number;
  /** Images among which the nearest one is looked for. */
  readonly bankRows?: number;
}

export interface FittedScore {
  readonly score: (features: Tensor) => Tensor;
  readonly report: TransformsScoreReport;
}

/** What hardly varies on held-out normals must not make rounding count. Cosines are the smallest of the three. */
const LEAST_DEVIATION: Readonly<Record<PartName, number>> = {
  ...{ likelihood: 1e-3, features: 1e-3, neighbours: 1e-4 },
};
/** Added to distances before the logarithm. */
const LEAST = 1e-12;
/**
 * Added to the score, which is a difference in units of a deviation and may be near zero. Scores are rounded by a share of
 * themselves, and rounding is to be coarser than what convolutions differ by from one build of ONNX Runtime to another.
 */
const ORIGIN = 16;

/**
 * Fits the score of a network: Gaussians and neighbours to what it makes of training images, and all levels to held-out ones.
 * @param seenAs from features of the model to features of square images
 * @param names the parts that the score is the sum of
 */
export async function fitScore(
  runtime: Runtime,
  viewer: Viewer,
  { layout, values }: { readonly layout: ParameterLayout; readonly values: Float32Array },
  seenAs: (features: Tensor) => Tensor,
  names: readonly PartName[],
  { train, held }: { readonly train: FeatureMatrix; readonly held: FeatureMatrix },
  signal?: AbortSignal,
): Promise<FittedScore> {
  const { encoder } = viewer;
  const most = imagesAtOnce(encoder);
  const widths = vectorWidths(encoder);
  const looked = (features: Tensor): Look => {
    const stored = layout.tensors(features.graph.root.constant("float32", [layout.size], values));
    const x = seenAs(features);
    const look = (views: readonly View[]): Seen => seen(x, views, viewer, stored);
    const turned = look(TURNED);
    let vectors: Tensor | undefined;
    return {
      turned,
      moved: () => look(MOVED),
      vectors: () => {
        vectors ??= turnedVectors(turned, encoder);
        return vectors;
      },
    };
  };
  const over = (matrix: FeatureMatrix, compute: (look: Look) => Tensor): Promise<Float32Array> =>
    eachBlock(runtime, matrix, most, (features) => compute(looked(features)), signal);
  const learned = names.some((name) => name !== "likelihood")
    ? await over(train, ({ vectors }) => vectors())
    : undefined;

  const fitting: Readonly<Record<PartName, () => Promise<(look: Look) => Tensor>>> = {
    likelihood:
      async () =>
      ({ turned, moved }) =>
        add(unlikelihood(turned), unlikelihood(moved())),
    async features() {
      const gaussians = await fitGaussians(runtime, learned!, widths);
      const distances = (look: Look): Tensor[] => gaussianDistances(look.vectors(), gaussians);
      const perImage = await over(held, (look) =>
        concat(
          distances(look).map((own) => transpose(own, [1, 0])),
          1,
        ),
      );
      const scales = widths.map((_, k) =>
        ROTATIONS.map((rotation) =>
          meanOfColumn(perImage, widths.length * ROTATIONS.length, k * ROTATIONS.length + rotation),
        ),
      );
      return (look) => log(add(relativeDistance(distances(look), scales), LEAST));
    },
    async neighbours() {
      const last = encoder.widths.length - 1;
      const bank = fitBank(learned!, widths, last);
      return (look) => bankDistance(look.vectors(), widths, last, bank);
    },
  };
  const parts: { readonly value: (look: Look) => Tensor; readonly level: TransformsLevel }[] = [];
  let report: TransformsScoreReport = {};
  for (const name of names) {
    const value = await fitting[name]();
    const standings = await over(held, value);
    const level = { mean: mean(standings), deviation: Math.max(LEAST_DEVIATION[name], std(standings)) };
    parts.push({ value, level });
    report = {
      ...report,
      [name]: level,
      ...(name === "features" && { gaussianRows: train.rows }),
      ...(name === "neighbours" && { bankRows: bankSize(train.rows) }),
    };
  }
  const rowScore = (features: Tensor): Tensor => {
    const look = looked(features);
    return parts
      .map(({ value, level }) => inverseSinh(standardised(value(look), level)))
      .reduce((total, each) => add(total, each), features.graph.root.scalar(ORIGIN));
  };
  return { score: (features) => inRowBlocks(features, most, rowScore), report };
}

const standardised = (x: Tensor, { mean: centre, deviation }: TransformsLevel): Tensor =>
  div(sub(x, centre), deviation);

/** sign(x) log(|x| + sqrt(x^2 + 1)): like x near zero, like a logarithm far from it. */
function inverseSinh(x: Tensor): Tensor {
  const size = abs(x);
  return mul(sign(x), log(add(size, sqrt(add(square(x), 1)))));
}

function meanOfColumn(values: Float32Array, columns: number, column: number): number {
  const rows = values.length / columns;
  let total = 0;
  for (let row = 0; row < rows; row++) total += values[row * columns + column]!;
  return total / rows;
}
