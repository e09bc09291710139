/** Learning rate over epochs: constant, times `factor` from each milestone on (PyTorch's MultiStepLR). */
export interface LearningRateSchedule {
  readonly base: number;
  /** Epochs, counted from 0, from which on the factor applies once more. */
  readonly milestones: readonly number[];
  readonly factor: number;
}

export function learningRateAt({ base, milestones, factor }: LearningRateSchedule, epoch: number): number {
  return milestones.reduce((rate, milestone) => (epoch >= milestone ? rate * factor : rate), base);
}
