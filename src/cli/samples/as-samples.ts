import { type Samples, samplesOf } from "../../data/index.js";
import { kindOf } from "../../features/index.js";
import type { ScoringSamples } from "./scoring-samples.js";

/** What the library takes: of a series, its time steps. */
export function asSamples({ data, points, labels, labelColumn }: ScoringSamples): Samples {
  if (!points) return samplesOf(data, { labels, labelColumn });
  const rowCount = kindOf(data).stepValues(data, new Float32Array(data.rowCount), undefined).length;
  return samplesOf(data, { rows: "time-steps", rowCount, labels, labelColumn });
}
