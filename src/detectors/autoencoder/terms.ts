import { add, cast, mul, square, sub } from "../../graph/index.js";
import type { ScoreTerms } from "../../model/contract.js";

/** The score is the mean over members and features of the squared error, so that each feature adds its own. */
export const autoencoderTerms: ScoreTerms = {
  of(_, inside, partOf) {
    const shape = ["rows", partOf.length];
    const features = inside.value("features", "float32", shape);
    const errors = inside.names
      .filter((name) => /^member\d+\.reconstruction$/.test(name))
      .map((name) => cast(square(sub(inside.value(name, "float32", shape), features)), "float64"));
    // Without a marked reconstruction the model has none to look at, and the first one says so.
    const [first = inside.value("member0.reconstruction", "float64", shape), ...others] = errors;
    return mul(
      others.reduce((total, each) => add(total, each), first),
      1 / (errors.length * partOf.length),
    );
  },
};
