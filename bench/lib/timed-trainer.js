import { built } from "./root.js";

const { ParameterLayout } = await import(built("nn/parameters.js"));
const { optimizer } = await import(built("train/optimizers.js"));
const { Trainer } = await import(built("train/trainer.js"));
const { oneClassLoss } = await import(built("detectors/centre/deep-svdd/objectives.js"));
const { float32 } = await import(built("runtime/index.js"));

/**
 * A training program on a driver, as the product opens both, with epochs that are timed.
 * @param program its layout, its loss, the rows of a batch and, where they are not 1e-4 and 0, learningRate and
 *   weightDecay; `data` declares inputs that the values do not tell
 * @param values what is handed over once: `features`, float32 [rows, columns], and whatever else the loss takes
 * @param random where orders of rows come from, and parameters to start with
 * @param drive what trains instead of the bare driver
 */
export async function openTimed(runtime, program, values, random, drive = (trainer) => trainer) {
  const { layout, loss, batch, data, learningRate = 1e-4, weightDecay = 0 } = program;
  const { features, ...others } = values;
  const [rows, columns] = features.shape;
  const trainer = await Trainer.open(
    runtime,
    {
      layout,
      optimizer: optimizer({ name: "adam", weightDecay }),
      batchSize: batch,
      data: {
        features: { dtype: "float32", shape: ["rows", columns] },
        ...Object.fromEntries(
          Object.entries(others).map(([name, { dtype, shape }]) => [name, { dtype, shape }]),
        ),
        ...data,
      },
      loss,
    },
    values,
    {
      rowCount: rows,
      batchSize: batch,
      learningRate: { base: learningRate, milestones: [], factor: 0.1 },
      shuffle: (epoch) => random.stream("epoch", epoch),
    },
  );
  const driver = drive(trainer);
  let state = trainer.start(layout.initialize((name) => random.stream(name)));
  return {
    parameters: layout.size,
    /** Milliseconds of one epoch: batches laid out, sent, trained, and parameters back; and of all cores together. */
    async epoch() {
      const begun = performance.now();
      const before = process.cpuUsage();
      ({ state } = await driver.epochs(state, 1));
      const ms = performance.now() - begun;
      const { user, system } = process.cpuUsage(before);
      return { ms, cpu: (user + system) / 1000 };
    },
    close: () => trainer.close(),
  };
}

/**
 * Compactness training of an encoder as Deep SVDD runs it.
 * @param settings the rows of a batch, and weightDecay
 * @param features float32 [rows, columns]
 */
export const openOneClass = (runtime, design, settings, features, random) =>
  openTimed(
    runtime,
    {
      layout: new ParameterLayout(design.encoder.parameters),
      loss: (context) => oneClassLoss(design, context),
      ...settings,
    },
    { features, center: float32([design.latentDim], new Float32Array(design.latentDim).fill(0.1)) },
    random,
  );

/** Rows of standard normal numbers. */
export function normalRows(rows, columns, random) {
  const data = new Float32Array(rows * columns);
  random.stream("data").fillNormal(data);
  return float32([rows, columns], data);
}
