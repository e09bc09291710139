import { findWindow } from "hypersphere/data";
import { type Expected, expectedValues, WINDOW } from "./local-lines.js";
import { AzureError, type AzureRequest } from "./request.js";
import { placed } from "./time-grid.js";

export interface EntireAnswer {
  readonly period: number;
  readonly expectedValues: readonly number[];
  readonly upperMargins: readonly number[];
  readonly lowerMargins: readonly number[];
  readonly isAnomaly: readonly boolean[];
  readonly isNegativeAnomaly: readonly boolean[];
  readonly isPositiveAnomaly: readonly boolean[];
  /** 0 for a normal point; towards 1 the further it is beyond its boundary. */
  readonly severity: readonly number[];
}

export interface LastAnswer {
  readonly period: number;
  readonly suggestedWindow: number;
  readonly expectedValue: number;
  readonly upperMargin: number;
  readonly lowerMargin: number;
  readonly isAnomaly: boolean;
  readonly isNegativeAnomaly: boolean;
  readonly isPositiveAnomaly: boolean;
  readonly severity: number;
}

/** Boundaries are this many robust standard deviations away at the highest sensitivity, and so many more for each point less. */
const LEAST_DEVIATIONS = 3.5;
const PER_POINT = 0.15;

/** Judges each point of a series by all others. @throws AzureError */
export function detectEntire(request: AzureRequest): EntireAnswer {
  const { values, places } = placed(request);
  const period = periodOf(request, values);
  const expected = expectedValues(values, period);
  const margin = marginOf(expected, request.sensitivity);
  const distances = request.series.map(({ value }, k) => value - expected.values[places[k]!]!);
  const limit = boundaryOf(margin, request.sensitivity);
  const flagged = farthest(distances, limit, Math.floor(request.maxAnomalyRatio * distances.length));
  const margins = distances.map(() => margin);
  return {
    period,
    expectedValues: places.map((place) => expected.values[place]!),
    ...{ upperMargins: margins, lowerMargins: margins },
    isAnomaly: flagged,
    isNegativeAnomaly: flagged.map((one, k) => one && distances[k]! < 0),
    isPositiveAnomaly: flagged.map((one, k) => one && distances[k]! > 0),
    severity: flagged.map((one, k) => (one ? severityOf(distances[k]!, limit) : 0)),
  };
}

/** Judges the last point of a series by those before it. @throws AzureError */
export function detectLast(request: AzureRequest): LastAnswer {
  const { values } = placed(request);
  const period = periodOf(request, values.subarray(0, -1));
  const expected = expectedValues(values, period, { earlierOnly: true });
  const margin = marginOf(expected, request.sensitivity);
  const expectedValue = expected.values.at(-1)!;
  const distance = request.series.at(-1)!.value - expectedValue;
  const limit = boundaryOf(margin, request.sensitivity);
  const isAnomaly = Math.abs(distance) > limit;
  return {
    ...{ period, suggestedWindow: Math.max(4 * period, 2 * WINDOW) + 1, expectedValue },
    ...{ upperMargin: margin, lowerMargin: margin, isAnomaly },
    isNegativeAnomaly: isAnomaly && distance < 0,
    isPositiveAnomaly: isAnomaly && distance > 0,
    severity: isAnomaly ? severityOf(distance, limit) : 0,
  };
}

function periodOf({ period }: AzureRequest, values: Float64Array): number {
  if (period === undefined) return findWindow([values]).period ?? 0;
  if (2 * period <= values.length) return period;
  throw new AzureError(
    "InvalidPeriod",
    `The period is ${period}, but the series has ${values.length} points.`,
  );
}

/** Clients reckon boundaries as expectedValue + (100 - sensitivity) * upperMargin. */
const marginOf = ({ spread }: Expected, sensitivity: number): number =>
  (spread * (LEAST_DEVIATIONS + PER_POINT * (99 - sensitivity))) / (100 - sensitivity);
const boundaryOf = (margin: number, sensitivity: number): number => (100 - sensitivity) * margin;

const severityOf = (distance: number, limit: number): number => 1 - limit / Math.abs(distance);

/** Those beyond the limit, and of too many the farthest. */
function farthest(distances: readonly number[], limit: number, most: number): boolean[] {
  const beyond = distances.flatMap((distance, k) => (Math.abs(distance) > limit ? [k] : []));
  const kept = beyond.sort((a, b) => Math.abs(distances[b]!) - Math.abs(distances[a]!)).slice(0, most);
  const flagged = distances.map(() => false);
  for (const k of kept) flagged[k] = true;
  return flagged;
}
