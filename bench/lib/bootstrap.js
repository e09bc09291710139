import { built } from "./root.js";
import { mean } from "./stats.js";

const { createRandom } = await import(built("math/random.js"));
const { quantile } = await import(built("math/quantile.js"));

const REPLICATES = 10_000;

/**
 * A mean difference and its 95 % percentile interval, by drawing whatever it was measured on anew.
 * @param differences one for each table or class, with the figures of both sides kept together
 * @param seed a text that names the measurement
 */
export function meanDifference(differences, seed) {
  const stream = createRandom(seed).stream("bootstrap");
  const replicates = Array.from({ length: REPLICATES }, () =>
    mean(differences.map(() => differences[stream.int(differences.length)])),
  );
  return {
    difference: mean(differences),
    lower: quantile(replicates, 0.025),
    upper: quantile(replicates, 0.975),
  };
}

/** The same in words. @param what the things that are drawn anew, in the plural */
export function meanDifferenceText(differences, { difference, lower, upper }, what) {
  return (
    `mean difference ${difference.toFixed(4)}, 95 % interval ${lower.toFixed(4)} to ${upper.toFixed(4)} (percentile bootstrap over ` +
    `${what}, ${REPLICATES} replicates); better on ${differences.filter((each) => each > 0).length} of ${differences.length} ${what}`
  );
}
