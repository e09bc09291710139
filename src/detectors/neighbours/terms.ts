import { div, maximum, mul, sqrt, square, sum } from "../../graph/index.js";
import type { ScoreTerms } from "../../model/contract.js";
import { inRowBlocks } from "../../nn/row-blocks.js";
import type { KnnReport } from "./knn.js";
import { searchLayout } from "./layout.js";
import type { KnnOptions } from "./options.js";
import { neighbourWeights } from "./scorer.js";
import { nearestDifferences } from "./search.js";

/** What divides where a distance is 0, and so is every share of it. */
const LEAST = 1e-300;

/**
 * A distance is shared out by the squares of the differences that it is the root of, each divided by the distance; and a mean
 * of distances, or their median, by the mean of these shares. The search is done again, in float64.
 */
export const knnTerms: ScoreTerms = {
  of(card, inside, partOf) {
    const { k, method } = card.options as unknown as Pick<KnnOptions, "k" | "method">;
    const { searched } = card.training as unknown as KnnReport;
    const { length: columns } = partOf;
    const layout = searchLayout(k, searched, columns);
    const features = inside.value("features", "float32", ["rows", columns]);
    const { tensor: table } = inside.initializer("train");
    const weights = features.graph.constant("float64", [k, 1], neighbourWeights(k, method));
    return inRowBlocks(features, layout.block, (block) => {
      const differences = square(nearestDifferences(block, table, layout));
      const squares = sum(differences, [2], { keepDims: true });
      // The root of a mean of squares is shared out by all of them together.
      const whole =
        method === "root-mean-square" ? sum(mul(squares, weights), [1], { keepDims: true }) : squares;
      const shares = div(mul(differences, weights), maximum(sqrt(whole), LEAST));
      return sum(shares, [1]);
    });
  },
};
