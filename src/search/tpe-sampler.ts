import { createRandom } from "../math/random.js";
import { ParzenEstimator } from "./parzen.js";
import { randomSampler } from "./random-sampler.js";
import { bestFirst, type Sampler } from "./sampler.js";
import { orderedNames, type SearchPoint, type SearchSpace } from "./space.js";

/** Trials at random before there is a density to speak of. */
const STARTUP = 10;
/** Points drawn from the good ones' density, of which the best is tried. */
const CANDIDATES = 24;

/** How many trials count as good: a tenth, 25 at most. */
export const goodTrials = (count: number): number => Math.min(Math.ceil(0.1 * count), 25);

/**
 * Tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kegl, "Algorithms for hyper-parameter optimization",
 * NeurIPS 2011), multivariate as in Optuna: of points that are likely among the good trials, the one tried next is the
 * least likely among the others. An option that a trial did not have counts there as not tried.
 *
 * @throws HypersphereError `invalid-option` see `orderedNames`
 */
export function tpeSampler(space: SearchSpace, seed: number | string): Sampler {
  const names = orderedNames(space);
  const startup = randomSampler(space, seed);
  const random = createRandom(seed);
  return (trials) => {
    if (trials.length < STARTUP) return startup(trials);
    const stream = random.stream("tpe", trials.length);
    const good = new Set(bestFirst(trials).slice(0, goodTrials(trials.length)));
    const estimate = (wanted: boolean): ParzenEstimator =>
      new ParzenEstimator(
        space,
        names,
        trials.filter((_, k) => good.has(k) === wanted).map(({ point }) => point),
      );
    const [likely, unlikely] = [estimate(true), estimate(false)];
    let best: { readonly point: SearchPoint; readonly gain: number } | undefined;
    for (let k = 0; k < CANDIDATES; k++) {
      const point = likely.draw(stream);
      const gain = likely.logDensity(point) - unlikely.logDensity(point);
      if (best === undefined || gain > best.gain) best = { point, gain };
    }
    return best!.point;
  };
}
