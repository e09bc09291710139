/** Words of which rules make the sentences about what they guarantee. */
import { count, figure } from "../../text/format.js";

/** Confidence at which conformal thresholds state what the one at hand keeps to. */
export const CONFIDENCE = 0.95;

/** @param many what samples are called, such as images */
export const normalsLike = (calibrationSize: number, many: string): string =>
  `normal ${many} like the ${count(calibrationSize)} it was calibrated on`;

/** 0.01 as "1 %". */
export const share = (value: number): string => `${figure(100 * value)} %`;

/** To three digits, upwards: what is promised as a bound must not be rounded below it. */
export function roundedUp(value: number): number {
  const unit = 10 ** (2 - Math.floor(Math.log10(value)));
  return Math.ceil(value * unit) / unit;
}
