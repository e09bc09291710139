interface StepOptions {
  readonly epochs?: number | undefined;
  readonly steps: number;
  readonly batchSize: number;
}

export interface StagePlan {
  readonly epochs: number;
  readonly batchSize: number;
}

/**
 * Small tables need many epochs and large ones few: unless epochs are given, a stage has as many as make up its
 * optimiser steps, and every row is seen at least once.
 */
export function stagePlan({ epochs, steps, batchSize: most }: StepOptions, rows: number): StagePlan {
  const batchSize = Math.min(most, rows);
  return { epochs: epochs ?? Math.ceil(steps / Math.ceil(rows / batchSize)), batchSize };
}

/** Epochs between two assessments of a stage that is to have about so many of them. */
export const assessEvery = (epochs: number, assessments: number): number =>
  Math.max(1, Math.ceil(epochs / assessments));
