import { describe, expect, it } from "vitest";
import { type Assessment, runStage, type StageOptions, type StageProgress } from "./stage.js";
import type { Trainer, TrainingState } from "./trainer.js";

const stateAt = (epoch: number): TrainingState => ({
  epoch,
  parameters: Float32Array.of(epoch),
  optimizerStates: [],
});

/** A trainer whose parameters are the epochs that it has done. */
function counting(): { trainer: Trainer; asked: number[] } {
  const asked: number[] = [];
  const trainer = {
    epochs: async (state: TrainingState, count: number) => {
      asked.push(count);
      return {
        state: stateAt(state.epoch + count),
        losses: Array.from({ length: count }, (_, k) => 100 - state.epoch - k - 1),
      };
    },
  } as unknown as Trainer;
  return { trainer, asked };
}

/** Validation losses by epoch, the last for all later ones. */
function options(
  validation: readonly number[],
  changes: Partial<Omit<StageOptions, "assess">> & {
    assessed?: (epoch: number) => Partial<Assessment>;
  } = {},
): StageOptions {
  const { assessed = () => ({}), ...rest } = changes;
  return {
    epochs: 10,
    every: 1,
    patience: 3,
    assess: async ({ epoch }) => ({
      validation: validation[Math.min(epoch, validation.length - 1)]!,
      signs: [],
      ...assessed(epoch),
    }),
    onEpochs: () => {},
    ...rest,
  };
}

const falling = Array.from({ length: 11 }, (_, epoch) => 10 - epoch);

describe("a stage", () => {
  it("uses up its epochs while held-out rows improve, and records the curve", async () => {
    const { trainer, asked } = counting();
    const events: number[][] = [];
    const result = await runStage(
      trainer,
      stateAt(0),
      options(falling, { every: 4, onEpochs: (epoch, loss) => events.push([epoch, loss]) }),
    );
    expect(asked).toEqual([4, 4, 2]);
    expect(result).toEqual({
      state: stateAt(10),
      ended: "all epochs",
      signs: [],
      curve: [
        { epoch: 4, loss: 96, validation: 6 },
        { epoch: 8, loss: 92, validation: 2 },
        { epoch: 10, loss: 90, validation: 0 },
      ],
    });
    expect(events).toEqual([
      [4, 96],
      [8, 92],
      [10, 90],
    ]);
  });

  it("stops after as many epochs without improvement as it has patience, and keeps the best state", async () => {
    const { trainer } = counting();
    const result = await runStage(trainer, stateAt(0), options([9, 8, 5, 6, 6, 5.5, 1]));
    expect(result).toMatchObject({ ended: "no improvement", state: { epoch: 2 } });
    expect(result.curve.at(-1)!.epoch).toBe(5);
  });

  it("does not take an equal value for an improvement", async () => {
    const { trainer } = counting();
    const result = await runStage(trainer, stateAt(0), options([5, 5]));
    expect(result).toMatchObject({ ended: "no improvement", state: { epoch: 0 } });
  });

  it("returns where it started when nothing was better, or there is nothing to do", async () => {
    const rising = await runStage(counting().trainer, stateAt(0), options([1, 2, 3, 4]));
    expect(rising.state).toEqual(stateAt(0));
    const none = await runStage(counting().trainer, stateAt(0), options(falling, { epochs: 0 }));
    expect(none).toEqual({ state: stateAt(0), curve: [], ended: "all epochs", signs: [] });
  });

  it("rolls a collapse back to the best healthy state, however good the collapsed one looks", async () => {
    const { trainer } = counting();
    const result = await runStage(
      trainer,
      stateAt(0),
      options([9, 8, 7, 0], { assessed: (epoch) => (epoch === 3 ? { signs: ["everything is equal"] } : {}) }),
    );
    expect(result).toMatchObject({
      ended: "collapse",
      signs: ["everything is equal"],
      state: { epoch: 2 },
    });
    expect(result.curve.at(-1)).toEqual({ epoch: 3, loss: 97, validation: 0 });
  });

  it("stops at overfitting without taking that state", async () => {
    const { trainer } = counting();
    const result = await runStage(
      trainer,
      stateAt(0),
      options([9, 8, 7, 0], { assessed: (epoch) => ({ overfitting: epoch === 3 }) }),
    );
    expect(result).toMatchObject({ ended: "overfitting", signs: [], state: { epoch: 2 } });
  });

  it("never takes a state whose validation loss is not a number", async () => {
    const { trainer } = counting();
    const result = await runStage(trainer, stateAt(0), options([9, 8, Number.NaN, Number.NaN]));
    expect(result).toMatchObject({ ended: "no improvement", state: { epoch: 1 } });
  });

  it("prepares each stretch with the state that it starts from", async () => {
    const prepared: number[] = [];
    await runStage(
      counting().trainer,
      stateAt(0),
      options(falling, {
        every: 3,
        prepare: async ({ epoch }) => {
          prepared.push(epoch);
        },
      }),
    );
    expect(prepared).toEqual([0, 3, 6, 9]);
  });

  it.each([
    ["uses up its epochs", falling, {}],
    ["loses patience", [9, 8, 5, 6, 6, 5.5, 1], {}],
    ["collapses", [9, 8, 7, 0], { assessed: (epoch: number) => (epoch === 3 ? { signs: ["gone"] } : {}) }],
    ["overfits", [9, 8, 7, 0], { assessed: (epoch: number) => ({ overfitting: epoch === 3 }) }],
  ] as const)("that %s ends the same from every point that it saved", async (_, validation, changes) => {
    const saved: StageProgress[] = [];
    const whole = await runStage(
      counting().trainer,
      stateAt(0),
      options(validation, {
        ...changes,
        onAssessed: async (progress) => {
          saved.push(progress);
        },
      }),
    );
    expect(saved.length).toBeGreaterThan(0);
    for (const progress of saved) {
      expect(await runStage(counting().trainer, progress, options(validation, changes))).toEqual(whole);
    }
  });
});
