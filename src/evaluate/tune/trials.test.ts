import { expect, test } from "vitest";
import type { SearchSpace } from "../../search/index.js";
import { runTrials, SAMPLERS, type TrialRun, type TuneTrial } from "./trials.js";

const space: SearchSpace = {
  x: { kind: "number", low: 0, high: 1 },
  y: { kind: "number", low: 0, high: 1 },
};
const value = ({ point }: Pick<TuneTrial, "point">): number =>
  1 - ((point["x"] as number) - 0.3) ** 2 - ((point["y"] as number) - 0.8) ** 2;
const run = (more: Partial<TrialRun> = {}): TrialRun => ({
  ...{ space, sampler: "tpe", seed: 1, trials: 25, parallel: 1, previous: [] },
  defaults: { x: 0.9, y: 0.1 },
  measure: async (trial) => ({ values: [value(trial)], parts: {} }),
  ...more,
});

test("the defaults come first, and every sampler finds better", async () => {
  for (const sampler of SAMPLERS) {
    const trials = await runTrials(run({ sampler, trials: 60 }));
    expect(trials.map(({ number }) => number)).toEqual(Array.from({ length: 60 }, (_, k) => k));
    expect(trials[0]!.point).toEqual({ x: 0.9, y: 0.1 });
    expect(Math.max(...trials.map((trial) => trial.value!))).toBeGreaterThan(0.97);
  }
});

test("a search that goes on ends like one that was not interrupted", async () => {
  const whole = await runTrials(run());
  const resumed = await runTrials(run({ previous: whole.slice(0, 13) }));
  expect(resumed).toEqual(whole);
  // Also where trials in between are missing.
  expect(await runTrials(run({ previous: whole.filter(({ number }) => number % 3 !== 1) }))).toEqual(whole);
});

test("side by side it does not matter which trial ends first", async () => {
  const slow =
    (wait: (number: number) => number): TrialRun["measure"] =>
    async (trial) => {
      await new Promise((resolve) => setTimeout(resolve, wait(trial.number)));
      return { values: [value(trial)], parts: {} };
    };
  let most = 0;
  let now = 0;
  const first = await runTrials(
    run({
      parallel: 3,
      async measure(trial) {
        most = Math.max(most, ++now);
        const found = await slow((number) => (number % 3) * 4)(trial);
        now--;
        return found;
      },
    }),
  );
  expect(most).toBe(3);
  expect(await runTrials(run({ parallel: 3, measure: slow((number) => ((number + 1) % 2) * 5) }))).toEqual(
    first,
  );
});

test("a trial that fails is one of its own, and a setting that comes again is not measured again", async () => {
  const small: SearchSpace = { kind: { kind: "choice", values: ["a", "b", "c"] } };
  const measured: string[] = [];
  const trials = await runTrials(
    run({
      ...{ space: small, defaults: { kind: "a" }, trials: 20 },
      async measure({ point }) {
        measured.push(point["kind"] as string);
        return point["kind"] === "b" ? { error: "b is broken" } : { values: [0.5], parts: {} };
      },
    }),
  );
  expect(measured.sort()).toEqual(["a", "b", "c"]);
  expect(trials.filter(({ error }) => error === "b is broken").length).toBeGreaterThan(0);
  expect(trials).toHaveLength(20);
});

test("no trial begins after the time is up, but for the defaults; what ends the search ends it", async () => {
  let begun = 0;
  const trials = await runTrials(run({ expired: () => ++begun > 4 }));
  expect(trials).toHaveLength(5);
  expect(await runTrials(run({ expired: () => true }))).toHaveLength(1);
  const kept: number[] = [];
  const stopped = runTrials(
    run({
      async measure(trial) {
        if (trial.number === 3) throw new Error("stopped");
        return { values: [value(trial)], parts: {} };
      },
      onTrial: ({ number }) => void kept.push(number),
    }),
  );
  await expect(stopped).rejects.toThrow("stopped");
  expect(kept).toEqual([0, 1, 2]);
});

test("with successive halving few settings are measured in full, the good ones, whoever ends first", async () => {
  const asked: TuneTrial[] = [];
  const halved = (wait: (number: number) => number = () => 0) =>
    run({
      ...{ trials: 80, halving: 3, parallel: 2 },
      async measure(trial) {
        asked.push(trial);
        await new Promise((resolve) => setTimeout(resolve, wait(trial.number)));
        // With little training all are worse, and a little out of order.
        const { share = 1 } = trial;
        return {
          values: [value(trial) * share ** 0.1 - (1 - share) * 0.02 * (trial.point["x"] as number)],
          parts: {},
        };
      },
    });
  const trials = await runTrials(halved());
  expect(trials[0]).toMatchObject({ number: 0, point: { x: 0.9, y: 0.1 } });
  expect(trials[0]).not.toHaveProperty("share");
  const count = (share?: number): number => trials.filter((trial) => trial.share === share).length;
  expect(count(1 / 9)).toBeGreaterThan(1.5 * count(1 / 3));
  expect(count(1 / 3)).toBeGreaterThan(1.5 * (count() - 1));
  expect(count()).toBeGreaterThan(4);
  const full = trials.filter((trial) => trial.share === undefined).slice(1);
  for (const trial of full) expect(value(trial)).toBeGreaterThan(0.8);
  const settings = asked.map(({ point, share }) => JSON.stringify({ point, share }));
  expect(new Set(settings).size).toBe(settings.length);
  expect(await runTrials(halved((number) => ((number + 1) % 2) * 3))).toEqual(trials);
  expect(await runTrials({ ...halved(), previous: trials.slice(0, 31) })).toEqual(trials);
});
