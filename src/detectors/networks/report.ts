import type { LatentSnapshot } from "../../train/health.js";
import type { CurvePoint, StageEnd, StageResult } from "../../train/stage.js";

/** What became of one stage of one member's training. */
export interface StageReport {
  readonly curve: readonly CurvePoint[];
  readonly ended: StageEnd | "left out";
  /** Signs of collapse, where it ended in one. */
  readonly signs: readonly string[];
  /** Epochs of the state that was kept. */
  readonly kept: number;
  /** What `kept` and the `epoch`s of the curve count, where data are drawn while training: steps. Absent for epochs. */
  readonly unit?: "step";
}

/** Of a stage that there was none of. */
export const LEFT_OUT: StageReport = { curve: [], ended: "left out", signs: [], kept: 0 };

export interface SpaceHealth {
  readonly start: LatentSnapshot;
  readonly end: LatentSnapshot;
}

export interface MemberReport {
  readonly pretraining: StageReport;
  readonly compactness: StageReport;
  /** The latent space at the start and at the end of compactness training; the first space, where there are several. */
  readonly health: SpaceHealth;
  /** Every space by its name, where there are several. */
  readonly spaces?: Readonly<Record<string, SpaceHealth>>;
  /** Radius of the soft boundary, in the units of the latent space. */
  readonly radius?: number;
}

export function stageReport({ curve, ended, signs, state }: StageResult): StageReport {
  return { curve, ended, signs, kept: state.epoch };
}
