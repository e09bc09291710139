import { HypersphereError } from "../../errors.js";
import type { TrainingContext } from "../../model/contract.js";
import type { StageReport } from "./report.js";

/** A member as messages name it. */
export const memberName = (member: number, members: number): string => `Member ${member + 1} of ${members}`;

/** What became of a stage, and whether the member had no healthy state without it. */
export interface JudgedStage {
  /** As messages name it. */
  readonly stage: string;
  readonly report: Pick<StageReport, "ended" | "kept" | "signs" | "unit">;
  readonly fatal: boolean;
}

/**
 * A member that went wrong after a healthy start was rolled back, which is worth a warning; one that never was healthy
 * must not be used.
 * @param hint what to do about the latter
 * @throws HypersphereError `collapsed`
 */
export function judgeCollapse(
  name: string,
  stages: readonly JudgedStage[],
  hint: string,
  { onWarning }: Pick<TrainingContext, "onWarning">,
): void {
  const collapsed = stages.filter(({ report }) => report.ended === "collapse");
  const worst = collapsed.find(({ fatal }) => fatal);
  if (worst !== undefined) {
    throw new HypersphereError(
      "collapsed",
      `${name} collapsed and had no healthy state before: ${worst.report.signs.join("; ")}.`,
      { hint },
    );
  }
  for (const { stage, report } of collapsed) {
    onWarning?.(
      `${name} collapsed in ${stage} and was rolled back to ${report.unit ?? "epoch"} ${report.kept}: ${report.signs.join("; ")}.`,
    );
  }
}
