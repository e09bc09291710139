import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { bankDistance, fitBank } from "../../../src/detectors/transforms/bank.js";
import { drawnData, firstPlace } from "../../../src/detectors/turned/draws.js";
import { seen, turnedVectors, unlikelihood, vectorWidths } from "../../../src/detectors/turned/features.js";
import { transformParameters } from "../../../src/detectors/turned/objective.js";
import { stepLoss } from "../../../src/detectors/turned/train-network.js";
import {
  drawnViews,
  MOVED,
  orientationOf,
  paddedSize,
  ROTATIONS,
  TURNED,
  type ViewPlan,
} from "../../../src/detectors/turned/views.js";
import { add, Graph, gradients, type Tensor, transpose } from "../../../src/graph/index.js";
import { oasShrinkage } from "../../../src/math/oas.js";
import { residualEncoder } from "../../../src/nn/images/resnet-small.js";
import { ParameterLayout } from "../../../src/nn/parameters.js";
import { float32, int64 } from "../../../src/runtime/index.js";
import { optimizer } from "../../../src/train/optimizers.js";
import { trainSteps } from "../../../src/train/step-trainer.js";
import { evaluateNumbers, runtime } from "../../graph/evaluate.js";
import { deviation } from "../training/compare.js";

type Drawn = [
  image: number,
  moved: [number, number],
  mirrored: boolean,
  moves: [down: number, across: number][],
];
const golden = JSON.parse(readFileSync(new URL("./transforms.json", import.meta.url), "utf8")) as {
  channels: number;
  side: number;
  width: number;
  slope: number;
  stride: number;
  batch: number;
  images: number;
  bank: number;
  rate: number;
  decay: number;
  drawn: Drawn[];
  paddings: Record<
    "zero" | "reflection",
    { views: number[]; loss: number; gradient: Record<string, number[]> }
  >;
  losses: number[];
  statistics: Record<string, [mean: number[], variance: number[]]>;
  unlikelihood: number[];
  vectors: number[];
  nearest: number[];
  oas: { covariance: number[]; rows: number; shrinkage: number };
} & Omit<ViewPlan, "padding">;
const { channels, side, batch } = golden;

/** As `numbers` of the script. */
function numbers(count: number, salt: number, bound: number): Float32Array<ArrayBuffer> {
  const mixed = (bits: number): number => (bits ^ (bits >>> 16)) >>> 0;
  return Float32Array.from({ length: count }, (_, k) => {
    const first = mixed((Math.imul(k, 2654435761) + Math.imul(salt, 40503)) >>> 0);
    return (mixed(Math.imul(first, 73244475) >>> 0) / 2 ** 31 - 1) * bound;
  });
}

const planOf = (padding: ViewPlan["padding"]): ViewPlan => ({ ...golden, padding });
const encoder = residualEncoder([channels, side], { width: golden.width, slope: golden.slope });
const layout = new ParameterLayout(transformParameters(encoder));
const images = numbers(golden.images * channels * side * side, 77, 1);
/** The script's name of a layer. */
const layerOf = (parameter: string): string =>
  parameter.startsWith("heads") ? parameter : parameter.replace(/^resnet\.|\.weight$/g, "");

/** The script's weights; statistics of new networks, or those of its training. */
function parametersOf(trained: boolean): Float32Array<ArrayBuffer> {
  const values = new Float32Array(layout.size);
  let salt = 0;
  for (const { spec, view } of layout.views(values)) {
    const [layer, part] = [spec.name.replace(/^resnet\.|\.[a-z]+$/g, ""), spec.name.split(".").at(-1)];
    if (spec.statistic) {
      view.fill(part === "mean" ? 0 : 1);
      if (trained) view.set(golden.statistics[layer]![part === "mean" ? 0 : 1]);
    } else if (spec.name === "heads.weight") view.set(numbers(view.length, 31, 0.3));
    else if (spec.name === "heads.bias") view.set(numbers(view.length, 32, 0.3));
    else {
      salt++;
      view.set(numbers(view.length, salt, Math.sqrt(6 / (view.length / spec.shape[0]!))));
    }
  }
  return values;
}

const perView = (of: (drawn: Drawn, rotation: number, k: number) => number) =>
  int64(
    [batch, ROTATIONS.length],
    BigInt64Array.from(
      golden.drawn.flatMap((drawn, k) => ROTATIONS.map((rotation) => of(drawn, rotation, k))),
      BigInt,
    ),
  );
const feedsOf = (plan: ViewPlan) => ({
  chosen: int64(
    [batch],
    BigInt64Array.from(golden.drawn, ([image]) => BigInt(image)),
  ),
  starts: perView(([, [dy, dx], mirrored, moves], rotation, k) => {
    const [down, across] = moves[rotation]!;
    return k * paddedSize(plan) + firstPlace(plan, { rotation, down, across }, { dy, dx, mirrored });
  }),
  orientations: perView(([, , mirrored], rotation) => orientationOf(rotation, mirrored)),
  down: perView(([, , , moves], rotation) => moves[rotation]![0]),
  across: perView(([, , , moves], rotation) => moves[rotation]![1]),
});

it.each(["zero", "reflection"] as const)(
  "has PyTorch's views, loss and gradients with %s padding",
  async (padding) => {
    const plan = planOf(padding);
    const expected = golden.paddings[padding];
    const graph = new Graph();
    const parameters = layout.tensors(graph.constant("float32", [layout.size], parametersOf(false)));
    const feeds = feedsOf(plan);
    const data = new Map<string, Tensor>(
      Object.entries(feeds).map(([name, { shape }]) => [name, graph.input(name, "int64", shape)]),
    );
    data.set("images", graph.constant("float32", [golden.images, channels * side * side], images));
    const rows = graph.indices(golden.drawn.map((_, k) => k));
    const loss = stepLoss(encoder, plan, { data, rows, parameters, record: () => {} });
    graph.output("loss", loss);
    const trained = layout.specs.filter(({ statistic }) => !statistic);
    gradients(
      loss,
      trained.map(({ name }) => parameters.get(name)!),
    ).forEach((gradient, k) => {
      graph.output(`gradient ${k}`, gradient);
    });
    const chosen = graph.constant(
      "float32",
      [batch, channels * side * side],
      Float32Array.from(golden.drawn.flatMap(([image]) => [...imageAt(image)])),
    );
    const flat = (name: "starts" | "orientations") =>
      graph.constant(
        "int64",
        [batch * ROTATIONS.length],
        BigInt64Array.from(
          ROTATIONS.flatMap((rotation) =>
            golden.drawn.map((_, k) => feeds[name].data[k * 4 + rotation] as bigint),
          ),
        ),
      );
    const views = drawnViews(chosen, plan, { starts: flat("starts"), orientations: flat("orientations") });
    graph.output("views", transpose(views, [3, 2, 0, 1]));
    const results = await evaluateNumbers(graph, feeds);
    expect(deviation(results["views"]!, expected.views)).toBeLessThan(1e-6);
    expect(results["loss"]![0]!).toBeCloseTo(expected.loss, 5);
    trained.forEach(({ name }, k) => {
      const some = results[`gradient ${k}`]!.filter((_, place) => place % golden.stride === 0);
      expect(deviation(some, expected.gradient[layerOf(name)]!), name).toBeLessThan(1e-4);
    });
  },
);

const imageAt = (row: number): Float32Array =>
  images.subarray(row * channels * side * side, (row + 1) * channels * side * side);

it("trains as PyTorch's AdamW does, statistics included", async () => {
  const plan = planOf("zero");
  const losses: number[] = [];
  const start = parametersOf(false);
  const empty = new Float32Array(layout.size);
  const end = await trainSteps(
    runtime,
    {
      layout,
      batchSize: batch,
      optimizer: optimizer({ name: "adamw", weightDecay: golden.decay, betas: [0.9, 0.99] }),
      data: {
        images: { dtype: "float32", shape: [golden.images, channels * side * side] },
        ...drawnData,
      },
      loss: (step) => stepLoss(encoder, plan, step),
    },
    { epoch: 0, parameters: start, optimizerStates: [empty, empty] },
    {
      steps: golden.losses.length,
      stepsPerRun: 1,
      learningRate: () => golden.rate,
      data: () => feedsOf(plan),
      constants: { images: float32([golden.images, channels * side * side], images) },
      onSteps: async (_, own) => {
        losses.push(...own);
        return true;
      },
    },
  );
  expect(deviation(losses, golden.losses)).toBeLessThan(1e-4);
  expect(golden.losses.at(-1)).toBeLessThan(golden.losses[0]!);
  for (const { spec, view } of layout.views(end.parameters)) {
    if (!spec.statistic) continue;
    const own = golden.statistics[spec.name.replace(/^resnet\.|\.[a-z]+$/g, "")]!;
    expect(deviation(view, own[spec.name.endsWith("mean") ? 0 : 1]), spec.name).toBeLessThan(1e-3);
  }
});

it("says of views what PyTorch says, and takes the same numbers of them", async () => {
  const graph = new Graph();
  const parameters = layout.tensors(graph.constant("float32", [layout.size], parametersOf(true)));
  const x = graph.constant("float32", [golden.images, channels * side * side], images);
  const viewer = { encoder, plan: planOf("zero") };
  const turned = seen(x, TURNED, viewer, parameters);
  graph.output("unlikely", add(unlikelihood(turned), unlikelihood(seen(x, MOVED, viewer, parameters))));
  graph.output("vectors", turnedVectors(turned, encoder));
  const { unlikely, vectors } = await evaluateNumbers(graph);
  expect(deviation(unlikely!, golden.unlikelihood)).toBeLessThan(1e-5);
  expect(deviation(vectors!.slice(0, golden.vectors.length), golden.vectors)).toBeLessThan(1e-5);
});

it("finds the nearest image of a bank by PyTorch's cosines, down to what is in the bank", async () => {
  const looked = (): { graph: Graph; vectors: Tensor } => {
    const graph = new Graph();
    const parameters = layout.tensors(graph.constant("float32", [layout.size], parametersOf(true)));
    const x = graph.constant("float32", [golden.images, channels * side * side], images);
    return {
      graph,
      vectors: turnedVectors(seen(x, TURNED, { encoder, plan: planOf("zero") }, parameters), encoder),
    };
  };
  const first = looked();
  first.graph.output("vectors", first.vectors);
  const vectors = Float32Array.from((await evaluateNumbers(first.graph))["vectors"]!);
  const widths = vectorWidths(encoder);
  const last = encoder.widths.length - 1;
  const bank = fitBank(vectors.slice(0, (vectors.length * golden.bank) / golden.images), widths, last);
  const second = looked();
  second.graph.output("nearest", bankDistance(second.vectors, widths, last, bank));
  const nearest = (await evaluateNumbers(second.graph))["nearest"]!;
  golden.nearest.forEach((expected, row) => {
    // What is in the bank is nearest to itself, but for the squared rounding of directions.
    if (row < golden.bank) expect(Math.abs(nearest[row]!)).toBeLessThan(1e-12);
    else expect(Math.abs(nearest[row]! / expected - 1)).toBeLessThan(1e-5);
  });
});

it("shrinks covariances as scikit-learn's OAS does", () => {
  const { covariance, rows, shrinkage } = golden.oas;
  expect(oasShrinkage(covariance, Math.sqrt(covariance.length), rows)).toBeCloseTo(shrinkage, 8);
});
