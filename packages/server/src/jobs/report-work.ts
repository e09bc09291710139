import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type FitOptions,
  type Model,
  type Samples,
  type ShownRow,
  type TrainingReport,
  type TrainingReportOptions,
  trainingPage,
  trainingReport,
} from "hypersphere";
import { FILES } from "./messages.js";

/** What a training said while it went on, for the report. */
export interface Seen {
  readonly options: FitOptions;
  readonly seen: Pick<TrainingReportOptions, "split" | "decoded" | "warnings">;
}

/** The options of a fit that also remember what the report needs. */
export function watched(fitOptions: FitOptions): Seen {
  const decoded: NonNullable<TrainingReportOptions["decoded"]>[number][] = [];
  const warnings: string[] = [];
  const seen: { -readonly [Key in keyof Seen["seen"]]: Seen["seen"][Key] } = { decoded, warnings };
  const options: FitOptions = {
    ...fitOptions,
    onSplit: (split) => {
      seen.split = split;
    },
    onDecoded: (rows) => decoded.push(rows),
    onWarning: (sentence) => {
      warnings.push(sentence);
      fitOptions.onWarning?.(sentence);
    },
  };
  return { options, seen };
}

/** Points of a curve that are kept: more are not seen. */
const MOST_POINTS = 200;
const MOST_CURVES = 40;

/**
 * Writes what the model learned into the job's folder: figures for the page of the service, and the page of the library.
 * A model without a report is still one: what goes wrong is told, and ends nothing.
 */
export async function writeReport(
  model: Model,
  folder: string,
  { data, ...seen }: Seen["seen"] & { data?: Samples | undefined },
  onWarning: FitOptions["onWarning"],
): Promise<void> {
  try {
    const report = await trainingReport(model, { data, ...seen });
    await writeFile(join(folder, FILES.page), await trainingPage(report), { mode: 0o600 });
    await writeFile(join(folder, FILES.figures), JSON.stringify(figuresOf(report)), { mode: 0o600 });
  } catch (error) {
    onWarning?.(`There is no training report: ${(error as Error).message}`);
  }
}

/** What the service's page shows. */
export interface JobFigures {
  readonly detector: string;
  readonly noun: TrainingReport["noun"];
  readonly rows: { readonly learned: number; readonly heldOut: number };
  readonly advice: TrainingReport["advice"];
  readonly scores: TrainingReport["scores"];
  /** Rank correlation with the same networks before training; null where there was no such control. */
  readonly agreement: number | null;
  readonly curves: readonly {
    readonly name: string;
    readonly ended: string;
    readonly unit: "epoch" | "step";
    readonly kept: number;
    readonly points: readonly { epoch: number; loss: number; validation: number }[];
  }[];
  readonly least: readonly Pick<ShownRow, "name" | "score" | "pValue" | "flagged">[];
}

function figuresOf(report: TrainingReport): JobFigures {
  const { card, noun, advice, scores, control, curves, rows } = report;
  return {
    ...{ detector: card.detector, noun, advice, scores },
    rows: { learned: card.data.train, heldOut: card.data.calibration },
    agreement: control?.agreement ?? null,
    curves: curves.slice(0, MOST_CURVES).map(({ name, ended, unit, kept, points }) => {
      const every = Math.ceil(points.length / MOST_POINTS);
      return {
        ...{ name, ended, unit, kept },
        points: points
          .filter((_, k) => k % every === 0 || k === points.length - 1)
          .map(({ epoch, loss, validation }) => ({ epoch, loss, validation })),
      };
    }),
    least: (rows?.least ?? []).map(({ name, score, pValue, flagged }) => ({ name, score, pValue, flagged })),
  };
}
