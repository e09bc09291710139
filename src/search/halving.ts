import type { SearchPoint } from "./space.js";

/** A setting that was measured with a share of its budget. */
export interface HalvingTrial {
  readonly point: SearchPoint;
  /** Place in `halvingShares`. */
  readonly rung: number;
  /** Higher is better; absent for a trial that failed or is not known yet. */
  readonly value?: number | undefined;
}

/** Rungs that a setting climbs to be measured in full. */
const RUNGS = 3;

/** Shares of the budget, the least first; the last is 1. */
export const halvingShares = (reduction: number): readonly number[] =>
  Array.from({ length: RUNGS }, (_, rung) => reduction ** (rung + 1 - RUNGS));

/**
 * Asynchronous successive halving (Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020): the
 * setting that goes on with more of its budget, of those whose value is among the best of their rung; one in `reduction`
 * may go on. High rungs first.
 *
 * @returns undefined where a new setting is to begin
 */
export function promoted(
  trials: readonly HalvingTrial[],
  reduction: number,
): { readonly point: SearchPoint; readonly rung: number } | undefined {
  for (let rung = RUNGS - 2; rung >= 0; rung--) {
    const begun = new Set(
      trials.filter((trial) => trial.rung > rung).map(({ point }) => JSON.stringify(point)),
    );
    const valued = trials.filter((trial) => trial.rung === rung && trial.value !== undefined);
    const best = valued
      .toSorted((a, b) => b.value! - a.value!)
      .slice(0, Math.floor(valued.length / reduction));
    const next = best.find(({ point }) => !begun.has(JSON.stringify(point)));
    if (next !== undefined) return { point: next.point, rung: rung + 1 };
  }
  return undefined;
}
