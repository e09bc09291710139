import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hypersphereCenter, squaredDistances } from "../../../src/detectors/centre/center.js";
import {
  oneClassLoss,
  softBoundaryLoss,
  softBoundaryRadius,
} from "../../../src/detectors/centre/deep-svdd/objectives.js";
import { reconstructionLoss } from "../../../src/detectors/networks/batch.js";
import type { DataType, Tensor } from "../../../src/graph/index.js";
import type { RandomStream } from "../../../src/math/random.js";
import { type MlpOptions, mlp } from "../../../src/nn/mlp.js";
import { ParameterLayout } from "../../../src/nn/parameters.js";
import { float32, type Runtime } from "../../../src/runtime/index.js";
import { loadNativeRuntime } from "../../../src/runtime/node/native.js";
import { loadWasmRuntime } from "../../../src/runtime/web/wasm.js";
import { Forward } from "../../../src/train/forward.js";
import { type OptimizerName, optimizer } from "../../../src/train/optimizers.js";
import type { ProgramSpec, StepContext } from "../../../src/train/program.js";
import { Trainer, type TrainerOptions } from "../../../src/train/trainer.js";
import { deviation, epochLosses } from "./compare.js";

interface Case {
  name: string;
  objective: "reconstruction" | "one-class" | "soft-boundary";
  optimizer: OptimizerName;
  learningRate: number;
  milestones: number[];
  weightDecay: number;
  momentum?: number;
  nu?: number;
  warmupEpochs?: number;
  center: number[];
  radii: number[];
  losses: number[];
  parameters: Record<string, number[]>;
  float64: { losses: number; parameters: number };
}
const golden = JSON.parse(readFileSync(new URL("./trajectories.json", import.meta.url), "utf8")) as {
  rows: number;
  features: number;
  batchSize: number;
  epochs: number;
  slope: number;
  hiddenDims: number[];
  latentDim: number;
  centerFloor: number;
  x: number[];
  orders: number[][];
  start: Record<string, number[]>;
  cases: Case[];
};

/**
 * Relative to the largest entry of each parameter. Measured: 4e-7 at most, native and WebAssembly alike, where PyTorch's
 * own float32 ends within 1e-6 of its float64 (stored with each case). The limit leaves room for other processors.
 */
const LIMIT = 1e-5;

const { rows, features, batchSize, epochs, slope, hiddenDims, latentDim, centerFloor } = golden;
const options: MlpOptions = {
  inputDim: features,
  hiddenDims,
  latentDim,
  activation: "leaky-relu",
  slope,
  bias: false,
  reconstruction: "linear",
  initialization: "pytorch",
  inputsPerUnit: 0,
};
const design = mlp(options);
const encoderLayout = new ParameterLayout(design.encoder.parameters);
const autoencoderLayout = new ParameterLayout([...design.encoder.parameters, ...design.decoder.parameters]);
const x = Float32Array.from(golden.x);
const matrix = { rows, columns: features, data: x };

/** The rows' order of an epoch, as stored. */
const storedOrder = (epoch: number): RandomStream =>
  ({ permutation: () => Uint32Array.from(golden.orders[epoch]!) }) as unknown as RandomStream;

function startOf(layout: ParameterLayout): Float32Array {
  const values = new Float32Array(layout.size);
  for (const { spec, view } of layout.views(values)) view.set(golden.start[spec.name]!);
  return values;
}

class Trajectory {
  readonly layout: ParameterLayout;
  readonly #case: Case;
  readonly #runtime: Runtime;
  readonly #center: Float32Array;

  constructor(runtime: Runtime, which: Case) {
    this.#runtime = runtime;
    this.#case = which;
    this.#center = Float32Array.from(which.center);
    this.layout = which.objective === "reconstruction" ? autoencoderLayout : encoderLayout;
  }

  trainer(trainerOptions: Partial<TrainerOptions> = {}): Promise<Trainer> {
    const {
      objective,
      optimizer: name,
      weightDecay,
      momentum = 0,
      learningRate,
      milestones,
      nu,
    } = this.#case;
    const loss = (context: StepContext): Tensor => {
      if (objective === "reconstruction") return reconstructionLoss(design, context);
      return objective === "one-class"
        ? oneClassLoss(design, context)
        : softBoundaryLoss(design, nu!, context);
    };
    const data: Record<string, Float32Array> = {
      ...(objective !== "reconstruction" && { center: this.#center }),
      ...(objective === "soft-boundary" && { radius: new Float32Array(1) }),
    };
    const shapeOf = (key: string): number[] => (key === "radius" ? [] : [data[key]!.length]);
    const spec: ProgramSpec = {
      layout: this.layout,
      optimizer: optimizer({ name, weightDecay, momentum }),
      batchSize,
      data: {
        features: { dtype: "float32", shape: [rows, features] },
        ...Object.fromEntries(
          Object.keys(data).map((key) => [key, { dtype: "float32" as DataType, shape: shapeOf(key) }]),
        ),
      },
      loss,
    };
    return Trainer.open(
      this.#runtime,
      spec,
      {
        features: float32([rows, features], x),
        ...Object.fromEntries(Object.keys(data).map((key) => [key, float32(shapeOf(key), data[key]!)])),
      },
      {
        rowCount: rows,
        batchSize,
        learningRate: { base: learningRate, milestones, factor: 0.1 },
        shuffle: storedOrder,
        ...trainerOptions,
      },
    );
  }

  async run(together: number) {
    const { objective, warmupEpochs = 0, nu = 0 } = this.#case;
    const latent = await Forward.open(this.#runtime, encoderLayout, features, (input, parameters) =>
      design.encoder.forward(input, parameters),
    );
    const trainer = await this.trainer();
    let state = trainer.start(startOf(this.layout));
    const losses: number[] = [];
    const radii: number[] = [];
    while (state.epoch < epochs) {
      if (objective === "soft-boundary") {
        let radius = 0;
        if (state.epoch >= warmupEpochs) {
          const distances = squaredDistances(await latent.run(state.parameters, matrix), this.#center);
          radius = softBoundaryRadius(distances, nu);
          await trainer.update({ radius: float32([], Float32Array.of(radius)) });
        }
        radii.push(radius);
      }
      const next = await trainer.epochs(state, together);
      state = next.state;
      losses.push(...next.losses);
    }
    await trainer.close();
    await latent.close();
    return { parameters: state.parameters, losses, radii };
  }
}

describe.each([
  ["native", loadNativeRuntime],
  ["WebAssembly", loadWasmRuntime],
] as const)("fifty steps against PyTorch, %s", (_, load) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await load();
  });
  afterAll(async () => {
    await runtime.close();
  });

  it.each(golden.cases)("$name", async (which) => {
    const trajectory = new Trajectory(runtime, which);
    const { parameters, losses, radii } = await trajectory.run(1);
    const measured = {
      losses: deviation(losses, epochLosses(which.losses, golden)),
      parameters: 0,
      radii: which.objective === "soft-boundary" ? deviation(radii, which.radii) : 0,
    };
    for (const { spec, view } of trajectory.layout.views(parameters)) {
      measured.parameters = Math.max(measured.parameters, deviation(view, which.parameters[spec.name]!));
    }
    expect(measured.losses).toBeLessThan(LIMIT);
    expect(measured.parameters).toBeLessThan(LIMIT);
    expect(measured.radii).toBeLessThan(LIMIT);
  });
});

describe("the trainer", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await loadNativeRuntime();
  });

  it("gives the same bits whether epochs run one at a time or all in one run", async () => {
    const [which] = golden.cases;
    const trajectory = new Trajectory(runtime, which!);
    const one = await trajectory.run(1);
    const all = await trajectory.run(epochs);
    expect(all.parameters).toEqual(one.parameters);
    expect(all.losses).toEqual(one.losses);
  });

  it("places the centre where PyTorch's script does", async () => {
    const latent = await Forward.open(runtime, encoderLayout, features, (input, parameters) =>
      design.encoder.forward(input, parameters),
    );
    const center = hypersphereCenter(
      await latent.run(startOf(encoderLayout), matrix),
      latentDim,
      centerFloor,
    );
    expect(deviation(center, golden.cases[1]!.center)).toBeLessThan(1e-6);
    await latent.close();
  });

  it("would notice other rules: each of these moves the result by far more than the limit", async () => {
    const [coupled, , , adamw, momentum] = golden.cases;
    const wrong: [Case, Partial<Case>][] = [
      [coupled!, { optimizer: "adamw" }],
      [coupled!, { weightDecay: 0 }],
      [coupled!, { milestones: [7] }],
      [adamw!, { optimizer: "adam" }],
      [momentum!, { momentum: 0 }],
    ];
    for (const [which, change] of wrong) {
      const trajectory = new Trajectory(runtime, { ...which, ...change });
      const { parameters } = await trajectory.run(epochs);
      const { spec, view } = trajectory.layout.views(parameters)[0]!;
      expect(deviation(view, which.parameters[spec.name]!)).toBeGreaterThan(100 * LIMIT);
    }
  });
});
