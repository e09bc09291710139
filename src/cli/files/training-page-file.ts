import type { Dataset, Samples } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { indicesOf, observations, trainingPart } from "../../features/index.js";
import { type TrainingReportOptions, trainingReport } from "../../learned/index.js";
import type { DecodedRows, FitOptions, RowSplit } from "../../model/contract.js";
import type { Model } from "../../model/index.js";
import { namesOf } from "../../report/explanation/explanation-rows.js";
import { trainingPage } from "../../report/training/training-page.js";
import type { CliContext } from "../command.js";
import { inFlags } from "../flags/flag-names.js";

/** @throws HypersphereError `invalid-option` for standard output, which the summary goes to */
export function requirePageFile(path: string | undefined): void {
  if (path !== "-") return;
  throw new HypersphereError("invalid-option", '--report is "-": the page needs a file.', {
    hint: "Add --report training.html.",
  });
}

/** Listens to a fit for what its model will not tell. */
export class TrainingWatch {
  #split: RowSplit | undefined;
  readonly #decoded: DecodedRows[] = [];
  readonly #warnings: string[] = [];

  readonly listeners = {
    onSplit: (split) => {
      this.#split = split;
    },
    onDecoded: (decoded) => {
      this.#decoded.push(decoded);
    },
    onWarning: (sentence) => {
      this.#warnings.push(sentence);
    },
  } satisfies FitOptions;

  /** The page on the model that came of it. @param names of the rows of `data`, which the fit was given */
  page(
    model: Model,
    data: Dataset | Samples,
    names: (row: number) => string,
    context: CliContext,
  ): Promise<string> {
    const seen = { split: this.#split, decoded: this.#decoded, warnings: this.#warnings };
    return pageOf(model, { data, names, ...seen }, context);
  }
}

/** The page on a model, and on what it makes of data where some are given. */
export async function pageOf(
  model: Model,
  options: TrainingReportOptions,
  { output, signal }: CliContext,
): Promise<string> {
  const report = await trainingReport(model, {
    ...options,
    signal,
    onProgress: (fraction) => output.progress("writing the report", fraction),
  });
  output.endProgress();
  return trainingPage(report, { words: inFlags });
}

/** What a person calls the rows that a fit takes part in, of all rows of a file. */
export function namesInFile(opened: Samples, learnsFromLabels: boolean): (row: number) => string {
  const names = namesOf(opened);
  const all = observations(opened);
  const part = all.split?.train;
  const { labels } = trainingPart(all);
  const normal =
    labels === undefined || learnsFromLabels ? undefined : indicesOf(labels, (label) => label === 0);
  return (row) => {
    const inPart = normal?.[row] ?? row;
    return names
      .of(part?.[inPart] ?? inPart)
      .map((value, k) =>
        names.columns.length > 1 || names.columns[k] === "row"
          ? `${names.columns[k]} ${value ?? "-"}`
          : `${value ?? "-"}`,
      )
      .join(", ");
  };
}
