import type { UnusuallyNormal } from "../../scoring/index.js";
import { count, percent } from "../../text/format.js";

/** Of images: what it may mean, and what to do. */
export const describeUnusuallyNormal = (
  { rows, below }: UnusuallyNormal,
  calibration: number,
  source: string,
): string =>
  `${count(below)} of ${count(rows)} images in ${source} (${percent(below / rows)}) score below every one of the ${count(calibration)} ` +
  "good images that were held out. Images that are out of focus, covered or empty do, since they lack what a defect adds to, and so do images " +
  "that the model learned from: look at the lowest ones before you trust that nothing is flagged.";
