/** The door for clients of the retired service: the shape of its answers, and what is found in series with known faults. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Started, start } from "./support/start.js";

let service: Started & { key: string };
let key: string;
beforeAll(async () => {
  service = await start();
  key = (await service.call("POST", "/v1/keys", { name: "client", role: "score" })).body.key;
});
afterAll(() => service.stop());

const detect = (which: "entire" | "last", body: unknown, subscription: string | undefined = key) =>
  service.call("POST", `/anomalydetector/v1.1/timeseries/${which}/detect`, body, {
    key: undefined,
    headers: subscription === undefined ? {} : { "Ocp-Apim-Subscription-Key": subscription },
  });

/** Reproducible noise, about normal. */
const noise = (k: number): number => {
  let sum = 0;
  for (let j = 1; j <= 6; j++) {
    const x = Math.sin((k + 1) * 12.9898 * j) * 43758.5453;
    sum += x - Math.floor(x) - 0.5;
  }
  return sum / Math.SQRT1_2 / 1.2;
};
/** Days of a week, with a trend: 10 weeks. */
const weekly = (length = 70, faults: Record<number, number> = {}) =>
  Array.from({ length }, (_, k) => ({
    timestamp: new Date(Date.UTC(2026, 0, 1) + k * 86_400_000).toISOString(),
    value: 100 + 0.3 * k + [0, 2, 4, 5, 3, -20, -24][k % 7]! + noise(k) + (faults[k] ?? 0),
  }));
const flaggedOf = ({ isAnomaly }: { isAnomaly: boolean[] }): number[] =>
  isAnomaly.flatMap((one, k) => (one ? [k] : []));

test("an entire series: the faults, their direction, the season, and boundaries as clients reckon them", async () => {
  const series = weekly(70, { 20: 25, 41: -25, 69: 20 });
  const { status, body } = await detect("entire", { series, granularity: "daily", sensitivity: 95 });
  expect(status).toBe(200);
  expect(Object.keys(body).sort()).toEqual(
    [
      ...["expectedValues", "isAnomaly", "isNegativeAnomaly", "isPositiveAnomaly"],
      ...["lowerMargins", "period", "severity", "upperMargins"],
    ].sort(),
  );
  expect(body.period).toBe(7);
  expect(flaggedOf(body)).toEqual([20, 41, 69]);
  expect([body.isPositiveAnomaly[20], body.isNegativeAnomaly[20]]).toEqual([true, false]);
  expect([body.isPositiveAnomaly[41], body.isNegativeAnomaly[41]]).toEqual([false, true]);
  // What was expected is what the series would have been.
  const clean = weekly();
  for (const k of [20, 41, 69]) expect(Math.abs(body.expectedValues[k] - clean[k]!.value)).toBeLessThan(5);
  series.forEach(({ value }, k) => {
    const upper = body.expectedValues[k] + (100 - 95) * body.upperMargins[k];
    const lower = body.expectedValues[k] - (100 - 95) * body.lowerMargins[k];
    expect(body.isAnomaly[k]).toBe(value > upper || value < lower);
  });
});

test("a series without faults has none; lower sensitivity finds less, and the ratio bounds how many", async () => {
  const count = async (more: object, faults: Record<number, number> = {}) =>
    flaggedOf((await detect("entire", { series: weekly(210, faults), granularity: "daily", ...more })).body)
      .length;
  expect(await count({})).toBe(0);
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, k) => [k * 10 + 5, k % 2 === 0 ? 12 : -12]));
  const found = [
    await count({ sensitivity: 99 }, many),
    await count({}, many),
    await count({ sensitivity: 20 }, many),
  ];
  expect(found[1]).toBe(20);
  expect(found[0]).toBeGreaterThanOrEqual(20);
  expect(found[2]).toBeLessThan(20);
  expect(await count({ maxAnomalyRatio: 0.05 }, many)).toBe(10);
});

test("the last point is judged by those before it", async () => {
  const at = async (fault: number) =>
    (await detect("last", { series: weekly(71, { 70: fault }), granularity: "daily" })).body;
  const [normal, high, low] = [await at(0), await at(15), await at(-15)];
  expect(normal).toMatchObject({ period: 7, isAnomaly: false, severity: 0, suggestedWindow: 31 });
  expect(high).toMatchObject({ isAnomaly: true, isPositiveAnomaly: true, isNegativeAnomaly: false });
  expect(low).toMatchObject({ isAnomaly: true, isPositiveAnomaly: false, isNegativeAnomaly: true });
  // The point itself has no part in it.
  expect([high.expectedValue, high.upperMargin]).toEqual([low.expectedValue, low.upperMargin]);
  expect(Math.abs(normal.expectedValue - weekly(71)[70]!.value)).toBeLessThan(5);
});

test("series without times, of months, of steps of five minutes with gaps, constant, and long ones", async () => {
  const values = Array.from({ length: 40 }, (_, k) => ({ value: 3 + (k === 30 ? 1 : 0) }));
  expect(flaggedOf((await detect("entire", { series: values })).body)).toEqual([30]);
  const constant = values.map(() => ({ value: 7 }));
  expect(flaggedOf((await detect("entire", { series: constant })).body)).toEqual([]);
  const months = Array.from({ length: 48 }, (_, k) => ({
    timestamp: new Date(Date.UTC(2020, k, 1)).toISOString(),
    value: 50 + k + noise(k) + (k === 25 ? 30 : 0),
  }));
  expect(flaggedOf((await detect("entire", { series: months, granularity: "monthly" })).body)).toEqual([25]);
  const minutes = Array.from({ length: 100 }, (_, k) => ({
    timestamp: new Date(Date.UTC(2026, 0, 1) + k * 300_000).toISOString(),
    value: 10 + noise(k) + (k === 60 ? 20 : 0),
  })).filter((_, k) => k !== 17 && k !== 80);
  for (const imputeMode of ["auto", "previous", "linear"]) {
    const given = { series: minutes, granularity: "minutely", customInterval: 5, imputeMode };
    const { body } = await detect("entire", given);
    expect(flaggedOf(body)).toEqual([59]);
    expect(body.expectedValues).toHaveLength(98);
  }
  const long = Array.from({ length: 8640 }, (_, k) => ({
    value: Math.sin((2 * Math.PI * k) / 288) * 10 + noise(k) + (k === 5000 ? 30 : 0),
  }));
  const { body } = await detect("entire", { series: long });
  expect(body.isAnomaly[5000]).toBe(true);
  expect(flaggedOf(body).length).toBeLessThan(90);
});

test("what is refused, with the codes of the retired service", async () => {
  const series = weekly();
  const code = async (body: unknown) => {
    const answer = await detect("entire", body);
    expect(Object.keys(answer.body).sort()).toEqual(["code", "message"]);
    expect(answer.headers.get("x-ms-error-code")).toBe(answer.body.code);
    return [answer.status, answer.body.code];
  };
  expect(await code("{")).toEqual([400, "InvalidJsonFormat"]);
  expect(await code({})).toEqual([400, "RequiredSeries"]);
  expect(await code({ series: series.slice(0, 11) })).toEqual([400, "InvalidSeries"]);
  expect(await code({ series: Array.from({ length: 8641 }, () => ({ value: 1 })) })).toEqual([
    400,
    "InvalidSeries",
  ]);
  expect(await code({ series: [...series].reverse(), granularity: "daily" })).toEqual([400, "InvalidSeries"]);
  expect(await code({ series: [...series, series.at(-1)], granularity: "daily" })).toEqual([
    400,
    "InvalidSeries",
  ]);
  expect(await code({ series, granularity: "hourly" })).toEqual([400, "InvalidSeries"]);
  expect(await code({ series, granularity: "weekly" })).toEqual([400, "InvalidSeries"]);
  expect(await code({ series: series.map(({ value }) => ({ value })), granularity: "daily" })).toEqual([
    400,
    "InvalidSeries",
  ]);
  expect(await code({ series, granularity: "sometimes" })).toEqual([400, "InvalidGranularity"]);
  expect(await code({ series, customInterval: 0 })).toEqual([400, "InvalidCustomInterval"]);
  expect(await code({ series, period: 60 })).toEqual([400, "InvalidPeriod"]);
  expect(await code({ series, sensitivity: 100 })).toEqual([400, "InvalidModelArgument"]);
  expect(await code({ series, maxAnomalyRatio: 0.5 })).toEqual([400, "InvalidModelArgument"]);
  expect(await code({ series, imputeMode: "guess" })).toEqual([400, "InvalidImputeMode"]);
  expect(await code({ series, imputeMode: "fixed" })).toEqual([400, "InvalidImputeFixedValue"]);
  const keys = [await detect("last", { series }, ""), await detect("last", { series }, "hs_wrong")];
  expect(keys.map(({ status, body }) => [status, body.code])).toEqual([
    [401, "Unauthorized"],
    [401, "Unauthorized"],
  ]);
  const large = await detect("entire", `{"series": [${"1,".repeat(2 ** 20)}1]}`);
  expect([large.status, large.body.code]).toEqual([413, "TooLarge"]);
});
