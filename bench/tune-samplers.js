/**
 * How far samplers come on two functions whose minima are known, Branin's (2 numbers) and Hartmann's (6 numbers), and on the
 * options of two detectors on a table of OddBench, which are measured once on a lattice: a point has the value of the nearest
 * setting. Median regret over seeds, beside that of Optuna's multivariate TPE.
 *
 *     node bench/tune-samplers.js --python python3                      a Python with numpy and optuna
 *     node bench/tune-samplers.js --trials 100 --seeds 20               without: the own samplers only
 *
 * Twenty seeds say little: on Hartmann's function the ratio of Optuna's medians over two times twenty seeds of its own lies
 * between 0.55 and 1.84 (95 %). The interval beside the ratio says how much the seeds can tell.
 */

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { detectorSpaces } from "./lib/detector-spaces.js";
import { built, root } from "./lib/root.js";

const { randomSampler, tpeSampler, geneticSampler } = await import(built("search/index.js"));
const { median, quantile } = await import(built("math/quantile.js"));
const { createRandom } = await import(built("math/random.js"));
const { values: flags } = parseArgs({
  options: {
    python: { type: "string" },
    trials: { type: "string", default: "100" },
    seeds: { type: "string", default: "100" },
    functions: { type: "string", default: "branin,hartmann6" },
    detectors: { type: "string", default: "isolation-forest,one-class-svm" },
    table: { type: "string" },
    "peer-seed": { type: "string", default: "0" },
  },
});
const [trials, seeds, peerSeed] = [flags.trials, flags.seeds, flags["peer-seed"]].map(Number);

/** Picheny, Wagner and Ginsbourger (2013) give its numbers; the minimum is -3.32237. */
const hartmann = {
  alpha: [1, 1.2, 3, 3.2],
  a: [
    [10, 3, 17, 3.5, 1.7, 8],
    [0.05, 10, 17, 0.1, 8, 14],
    [3, 3.5, 1.7, 10, 17, 8],
    [17, 8, 0.05, 10, 0.1, 14],
  ],
  p: [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
  ],
};
const known = {
  branin: {
    least: 0.397887,
    ranges: [
      [-5, 10],
      [0, 15],
    ],
    of: ([x, y]) =>
      (y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6) ** 2 +
      10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) +
      10,
  },
  hartmann6: {
    least: -3.32237,
    ranges: Array(6).fill([0, 1]),
    of: (x) =>
      -hartmann.alpha.reduce((sum, alpha, row) => {
        const squares = x.map((value, k) => hartmann.a[row][k] * (value - hartmann.p[row][k]) ** 2);
        return sum + alpha * Math.exp(-squares.reduce((a, b) => a + b));
      }, 0),
  },
};

const box = ({ ranges, ...fn }) => ({
  ...fn,
  space: Object.fromEntries(ranges.map(([low, high], k) => [`x${k}`, { kind: "number", low, high }])),
  at: (point) => fn.of(Object.values(point)),
});
const functions = {
  ...Object.fromEntries(
    flags.functions
      .split(",")
      .filter(Boolean)
      .map((name) => [name, box(known[name])]),
  ),
  ...(await detectorSpaces(flags.detectors.split(",").filter(Boolean), flags.table)),
};

/** Where neither has any regret left they are equal. */
const ratioOf = (a, b) => (a === b ? 1 : a / b);

/** 95 % percentile interval of a ratio of medians, by drawing the seeds of both anew. */
function ratioInterval(a, b) {
  const stream = createRandom("ratio").stream("bootstrap");
  const drawn = (values) => median(values.map(() => values[stream.int(values.length)]));
  const ratios = Array.from({ length: 4000 }, () => ratioOf(drawn(a), drawn(b)));
  return [0.025, 0.975].map((share) => quantile(ratios, share).toFixed(2)).join(" to ");
}

function best({ space, at }, make, seed) {
  const sampler = make(space, seed);
  const made = [];
  while (made.length < trials) {
    const point = sampler(made);
    made.push({ point, value: -at(point) });
  }
  return -Math.max(...made.map(({ value }) => value));
}

const wanted = {
  trials,
  seeds,
  first: peerSeed,
  hartmann,
  functions: Object.fromEntries(
    Object.entries(functions).map(([name, { space, lattice }]) => [name, { space, lattice }]),
  ),
};
const peer =
  flags.python &&
  JSON.parse(
    execFileSync(flags.python, [join(root, "bench/peers/tune_samplers_peer.py")], {
      input: JSON.stringify(wanted),
    }),
  );
if (peer) console.log(`Optuna ${peer.version}`);
for (const [name, fn] of Object.entries(functions)) {
  const own = Object.fromEntries(
    Object.entries({ random: randomSampler, tpe: tpeSampler, genetic: geneticSampler }).map(
      ([sampler, make]) => [
        sampler,
        Array.from({ length: seeds }, (_, seed) => best(fn, make, seed) - fn.least),
      ],
    ),
  );
  const optuna = peer?.best[name].map((value) => value - fn.least);
  const regrets = Object.entries({ ...own, ...(peer && { optuna }) }).map(
    ([sampler, values]) => `${sampler} ${median(values).toPrecision(3)}`,
  );
  const ratio = peer && ratioOf(median(own.tpe), median(optuna)).toFixed(2);
  console.log(
    `${name}: median regret after ${trials} trials, ${seeds} seeds: ${regrets.join(", ")}` +
      (peer ? `; tpe / optuna ${ratio} (95 % interval ${ratioInterval(own.tpe, optuna)})` : ""),
  );
}
