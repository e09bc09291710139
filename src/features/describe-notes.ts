import { listNames } from "../text/closest-name.js";
import { count, counted } from "../text/format.js";
import { shown } from "../text/shown.js";
import type { SchemaNotes } from "./raw-values.js";

/**
 * How data differs from what a model was trained on, a sentence for each way.
 * @param source what the data are called
 * @param expectedExtra columns that are known not to be the model's, such as labels and ids
 */
export function describeNotes(
  notes: SchemaNotes,
  source: string,
  expectedExtra: readonly (string | undefined)[] = [],
): string[] {
  const { missing, unseen, outOfRange, changed } = notes;
  const extra = notes.extra.filter((name) => !expectedExtra.includes(name));
  const sentences: string[] = [];
  if (extra.length > 0) {
    const are = extra.length === 1 ? "a column" : `${extra.length} columns`;
    sentences.push(`${source} has ${are} that the model does not use: ${listNames(extra, 6)}.`);
  }
  if (notes.empty !== undefined) {
    sentences.push(
      `No row has a value in ${listNames(notes.empty, 6)}: scores say nothing of what is measured there.`,
    );
  }
  if (Object.keys(missing).length > 0) {
    sentences.push(`Missing cells are treated as in training: ${perColumn(missing)}.`);
  }
  for (const [name, { cells, example, known }] of Object.entries(unseen)) {
    const like =
      known === undefined
        ? ""
        : `; training had ${shown(known)}, and upper and lower case count: write it so`;
    sentences.push(
      `Column ${shown(name)}: ${counted(cells, "cell")} with a text that training never saw, such as ${shown(example)}${like}.`,
    );
  }
  for (const [name, { cells, example, training }] of Object.entries(changed)) {
    const then = training === "" ? "had no value" : `was ${JSON.stringify(training)}`;
    sentences.push(
      `Column ${shown(name)} ${then} in every training row; ${counted(cells, "cell")} now ${cells === 1 ? "has" : "have"} another value, such as ${JSON.stringify(example)}.`,
    );
  }
  if (notes.unwatched !== undefined) {
    const [are, they] = notes.unwatched.length === 1 ? ["a column", "it"] : ["columns", "they"];
    sentences.push(
      `${source} lacks ${are} that the model watches, having one value in all training rows: ` +
        `${listNames(notes.unwatched, 6)}. Whether ${they} changed cannot be seen, and is taken as no.`,
    );
  }
  if (Object.keys(outOfRange).length > 0) {
    sentences.push(`Cells outside the range of the training rows: ${perColumn(outOfRange)}.`);
  }
  return sentences;
}

const COLUMNS_SHOWN = 6;

function perColumn(cells: Readonly<Record<string, number>>): string {
  const entries = Object.entries(cells).sort(([, a], [, b]) => b - a);
  const first = entries.slice(0, COLUMNS_SHOWN).map(([name, cell]) => `${shown(name)} ${count(cell)}`);
  const rest = entries.length - first.length;
  return first.join(", ") + (rest > 0 ? ` and ${counted(rest, "more column")}` : "");
}
