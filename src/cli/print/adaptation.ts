import type { AdaptationRecord, ColumnPlace, ModelCard } from "../../model/index.js";
import { columns, counted, figure } from "../../text/format.js";

/** A table of where each column was in training, and where it is now. */
export function adaptedLines({ columns: adapted }: AdaptationRecord): string[] {
  return columns([
    ["column", "median, spread in training", "now", "independent values"],
    ...adapted.map(({ name, training, now, factor, independent }) => [
      name,
      place(training),
      factor === 0 ? "not watched any longer" : place(now),
      figure(independent, 3),
    ]),
  ]);
}

const place = ({ location, spread }: ColumnPlace): string =>
  spread > 0 ? `${figure(location)}, ${figure(spread)}` : figure(location);

/** The same in a line of an overview. */
export function describeAdaptation({ adapted, data }: Pick<ModelCard, "adapted" | "data">): string[][] {
  if (adapted === undefined) return [];
  const { located, calibrated } = adapted.steps;
  return [
    [
      "adapted",
      `to ${counted(located, "row")} of another operating point; ${counted(data.calibration, "window")} of ${counted(calibrated, "row")} after them calibrate; from the model ${adapted.from.slice(0, 12)}`,
    ],
  ];
}
