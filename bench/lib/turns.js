import { setTimeout as sleep } from "node:timers/promises";
import { summary } from "./stats.js";

/** The side that the others are compared with. */
export const OWN = "hypersphere";

export const threadsText = (count) => `${count} thread${count > 1 ? "s" : ""}`;

/**
 * One side after the other, again and again: whatever else the machine is doing meets all of them alike. Before its turn
 * a side waits until the threads of the last one have stopped spinning.
 * @param lanes for each side a function that does its work and returns milliseconds, or { ms, cpu }
 * @param rounds turns of each side that count
 * @param perTurn how often a side does its work in a turn
 * @param warmUp what does not count: the first run of every "turn", or the whole first "round"
 * @param parts equal parts of the work, where the figures are to be of one of them
 * @returns {Promise<Map<string, { median: number, minimum: number, runs: number, cpu?: number }>>} milliseconds of each
 *   side, and the least processor time where that was measured
 */
export async function takeTurns(lanes, { rounds, perTurn = 1, warmUp = "turn", parts = 1 }) {
  const times = new Map([...lanes.keys()].map((name) => [name, []]));
  for (let round = warmUp === "round" ? -1 : 0; round < rounds; round++) {
    for (const [name, run] of lanes) {
      await sleep(50);
      if (warmUp === "turn") await run();
      for (let k = 0; k < perTurn; k++) {
        const time = await run();
        if (round >= 0) times.get(name).push(time);
      }
    }
  }
  return new Map([...times].map(([name, values]) => [name, figures(values, parts)]));
}

function figures(values, parts) {
  const least = Math.min(...values.map(({ cpu }) => cpu));
  return {
    ...summary(values.map((value) => (value.ms ?? value) / parts)),
    ...(Number.isFinite(least) && { cpu: least / parts }),
  };
}

/** A figure of another side over ours: how many times faster we are. */
export const ratio = (results, name, figure) => results.get(name)[figure] / results.get(OWN)[figure];

/** The same against whichever other side is best. */
export const ratioToBest = (results, figure) =>
  Math.min(...[...results.keys()].filter((name) => name !== OWN).map((name) => ratio(results, name, figure)));
