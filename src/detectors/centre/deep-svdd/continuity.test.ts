/** Interruptions, checkpoints, progress, and where a fit runs: none of them may show in the model. */
import { existsSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { tableFromMatrix } from "../../../data/index.js";
import {
  type Backend,
  type Checkpoint,
  type CheckpointStore,
  configureRuntime,
  DeepSvdd,
  type DeepSvddInput,
  type FitOptions,
  type Progress,
  provideBackend,
  type Runtime,
} from "../../../index.js";
import { createRandom } from "../../../math/random.js";
import { currentBackend } from "../../../runtime/index.js";

if (!existsSync(new URL("../../../../dist/runtime/node/worker.js", import.meta.url))) {
  throw new Error("Worker threads run compiled code: build first (npm run build).");
}

const stream = createRandom(8).stream("rows");
const table = tableFromMatrix(
  Array.from({ length: 200 }, () => {
    const factor = stream.normal();
    return [factor, 2 - factor + 0.3 * stream.normal(), stream.normal(), Math.exp(stream.normal())];
  }),
);
const options: DeepSvddInput = {
  hiddenDims: [16],
  latentDim: 6,
  members: 2,
  batchSize: 32,
  pretrainEpochs: 12,
  epochs: 10,
};

const train = async (changes: DeepSvddInput = {}, fitOptions: FitOptions = {}): Promise<Uint8Array> =>
  (await new DeepSvdd({ ...options, ...changes }).fit(table, fitOptions)).toBytes();

/** What is saved is what a file could hold: plain JSON and vectors, copied. */
class MemoryStore implements CheckpointStore {
  readonly saved = new Map<string, Checkpoint>();
  saves = 0;
  onSave: ((count: number) => void) | undefined;

  async load(key: string): Promise<Checkpoint | undefined> {
    return this.saved.get(key);
  }

  async save(key: string, { json, vectors }: Checkpoint): Promise<void> {
    this.saved.set(key, { json: JSON.parse(JSON.stringify(json)), vectors: structuredClone(vectors) });
    this.saves++;
    this.onSave?.(this.saves);
  }
}

/** The usual backend with some of it replaced, and with a record of the runtimes that it opened. */
function backendWith(changes: Partial<Backend>): { opened: Runtime[] } {
  const backend: Backend = { ...currentBackend(), ...changes };
  const opened: Runtime[] = [];
  provideBackend({
    ...backend,
    open: async (count) => {
      const runtimes = await backend.open(count);
      opened.push(...runtimes);
      return runtimes;
    },
  });
  return { opened };
}

/** Everything in the calling thread: no waiting for threads to start. */
const inCallingThread = (): Partial<Backend> => {
  const { inline } = currentBackend();
  return { cores: 1, open: async (count) => Promise.all(Array.from({ length: count }, inline)) };
};

afterEach(() => configureRuntime());

describe("where a fit runs", () => {
  it.each<[string, DeepSvddInput]>([
    ["one-class", {}],
    ["soft boundary", { objective: "soft-boundary", warmupEpochs: 2 }],
  ])("does not show in the model: one worker, two, more than members, or none, %s", async (_, changes) => {
    const models: Uint8Array[] = [];
    for (const [cores, workers] of [
      [1, 1],
      [2, 2],
      [16, 2],
    ] as const) {
      const { opened } = backendWith({ cores });
      models.push(await train(changes));
      expect(opened).toHaveLength(workers);
      configureRuntime();
    }
    backendWith(inCallingThread());
    models.push(await train(changes));
    for (const model of models) expect(model).toEqual(models[0]);
  });

  it("closes its workers when it is done", async () => {
    const { opened } = backendWith({ cores: 2 });
    await train();
    expect(opened).toHaveLength(2);
    for (const runtime of opened) {
      await expect(runtime.createSession(new Uint8Array(1))).rejects.toMatchObject({ code: "runtime" });
    }
  });

  it("closes them as well when it fails", async () => {
    const { opened } = backendWith({ cores: 2 });
    await expect(train({ pretrainLearningRate: 1, optimizer: "sgd" })).rejects.toMatchObject({
      code: "collapsed",
    });
    expect(opened).toHaveLength(2);
    for (const runtime of opened) {
      await expect(runtime.createSession(new Uint8Array(1))).rejects.toMatchObject({ code: "runtime" });
    }
  });
});

describe("progress", () => {
  it.each<[string, DeepSvddInput]>([
    ["two members at once", {}],
    ["three members in turn", { members: 3, hiddenDims: [] }],
    ["stopped early", { pretrainEpochs: 200, epochs: 200, patience: 1, learningRate: 0.05 }],
    ["no pretraining", { pretrain: false }],
    ["no compactness training", { epochs: 0 }],
    ["soft boundary", { objective: "soft-boundary", warmupEpochs: 2 }],
  ])("never goes back and ends at 1: %s", async (_, changes) => {
    const events: Progress[] = [];
    await train(changes, { onProgress: (progress) => events.push(progress) });
    expect(events[0]).toEqual({ stage: "preparing", fraction: 0 });
    expect(events.at(-1)).toEqual({ stage: "calibrating", fraction: 1 });
    events.slice(1).forEach(({ fraction }, k) => {
      expect(fraction).toBeGreaterThanOrEqual(events[k]!.fraction);
    });
    const members = changes.members ?? options.members!;
    const training = events.slice(1, -1);
    expect(training.length).toBeGreaterThan(members);
    for (const { stage, member, members: all, epoch, epochs, loss, fraction } of training) {
      expect(["pretraining", "training"]).toContain(stage);
      expect(member).toBeGreaterThanOrEqual(1);
      expect(member).toBeLessThanOrEqual(members);
      expect(all).toBe(members);
      expect(epoch).toBeGreaterThanOrEqual(1);
      expect(epoch).toBeLessThanOrEqual(epochs!);
      expect(loss).toBeGreaterThan(0);
      expect(fraction).toBeLessThanOrEqual(1);
    }
    const early = changes.patience !== undefined;
    if (!early) expect(training.at(-1)!.fraction).toBe(1);
  });
});

describe("an abort", () => {
  // A thread that is ended in the middle of a run takes the process down: where that can happen depends on the moment.
  it.each([
    ["pretraining", 1],
    ["pretraining", 3],
    ["pretraining", 8],
    ["training", 1],
    ["training", 3],
    ["training", 7],
  ] as const)(
    "in %s, epoch %i, throws `aborted`, closes the workers and ends the progress",
    async (stage, at) => {
      const { opened } = backendWith({ cores: 2 });
      const controller = new AbortController();
      let after = 0;
      const fitted = train(
        {},
        {
          signal: controller.signal,
          onProgress: (progress) => {
            if (controller.signal.aborted) after++;
            if (progress.stage === stage && progress.epoch! >= at) controller.abort(new Error("enough"));
          },
        },
      );
      await expect(fitted).rejects.toMatchObject({ code: "aborted", cause: new Error("enough") });
      expect(opened).toHaveLength(2);
      for (const runtime of opened) {
        await expect(runtime.createSession(new Uint8Array(1))).rejects.toMatchObject({ code: "runtime" });
      }
      // The other member may just have been about to report.
      expect(after).toBeLessThanOrEqual(1);
    },
  );

  it("before the start opens nothing", async () => {
    const { opened } = backendWith({});
    await expect(train({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
    expect(opened).toHaveLength(0);
  });
});

describe("a checkpoint", () => {
  it.each<[string, DeepSvddInput]>([
    ["one-class", {}],
    ["soft boundary", { objective: "soft-boundary", warmupEpochs: 3 }],
    ["SGD", { optimizer: "sgd", pretrainLearningRate: 0.02 }],
    ["no pretraining", { pretrain: false }],
    ["stopped early", { pretrainEpochs: 60, epochs: 60, patience: 2, learningRate: 0.02 }],
    ["rolled back", { optimizer: "adamw", weightDecay: 300, learningRate: 1e-3 }],
  ])("lets a fit that stopped anywhere go on to the same bytes: %s", async (_, changes) => {
    backendWith(inCallingThread());
    const expected = await train(changes);
    const counted = new MemoryStore();
    expect(await train(changes, { checkpoint: counted })).toEqual(expected);
    expect(counted.saves).toBeGreaterThan(2);
    // Finished once, it finishes again from what it left.
    expect(await train(changes, { checkpoint: counted })).toEqual(expected);

    const points = new Set([
      1,
      2,
      Math.ceil(counted.saves / 3),
      Math.ceil((2 * counted.saves) / 3),
      counted.saves,
    ]);
    for (const point of points) {
      const store = new MemoryStore();
      const controller = new AbortController();
      store.onSave = (count) => {
        if (count === point) controller.abort();
      };
      // Where nothing is left to compute after the last point, the fit may just as well end.
      await train(changes, { checkpoint: store, signal: controller.signal }).catch((error: unknown) => {
        expect(error).toMatchObject({ code: "aborted" });
      });
      expect(controller.signal.aborted).toBe(true);
      expect(await train(changes, { checkpoint: store })).toEqual(expected);
    }
  });

  it("works with members side by side, and through several interruptions", async () => {
    backendWith({ cores: 2 });
    const expected = await train();
    const store = new MemoryStore();
    let interruptions = 0;
    for (;;) {
      const controller = new AbortController();
      const from = store.saves;
      store.onSave = (count) => {
        if (count - from === 9) controller.abort();
      };
      const model = await train({}, { checkpoint: store, signal: controller.signal }).catch(
        (error: unknown) => {
          expect(error).toMatchObject({ code: "aborted" });
          interruptions++;
        },
      );
      if (model === undefined) continue;
      expect(model).toEqual(expected);
      break;
    }
    expect(interruptions).toBeGreaterThanOrEqual(2);
  });

  it.each<[string, DeepSvddInput]>([
    ["options", { seed: 1 }],
    ["the same options in another stage", { epochs: 11 }],
  ])("of other %s is refused", async (_, changes) => {
    backendWith(inCallingThread());
    const store = new MemoryStore();
    await train({}, { checkpoint: store });
    await expect(train(changes, { checkpoint: store })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringMatching(/other data or options/),
    });
  });

  it("that cannot be written fails the fit with the reason", async () => {
    const { opened } = backendWith({ cores: 2 });
    const full = new MemoryStore();
    full.save = async () => {
      throw new Error("The disk is full.");
    };
    await expect(train({}, { checkpoint: full })).rejects.toThrow("The disk is full.");
    expect(opened).toHaveLength(2);
    for (const runtime of opened) {
      await expect(runtime.createSession(new Uint8Array(1))).rejects.toMatchObject({ code: "runtime" });
    }
  });
});
