import { HypersphereError } from "../../errors.js";
import { Graph, serialize } from "../../graph/index.js";
import { spearman } from "../../math/quantile.js";
import type { Json, TrainingContext, TrainingData } from "../../model/contract.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { type Detector, defineDetector } from "../define.js";
import type { TrainedDetector } from "../fit/fit.js";
import { designOf } from "../networks/design.js";
import { trainMembers } from "../networks/ensemble.js";
import { ANOMALIES_PER_STEP, droccPlan, type MemberResult, trainMember } from "./member.js";
import { type LogitNetwork, logitNetwork, logitScore } from "./network.js";
import type { Surroundings } from "./objective.js";
import { type DroccInput, type DroccOptions, droccOptions } from "./options.js";
import { neighbourDistance } from "./radius.js";

/**
 * DROCC (Goyal et al., "Deep Robust One-Class Classification", ICML 2020): a classifier of normal rows against the
 * places around them, at some distance, that it finds most normal. The score is its logit with the sign turned.
 * A part of the rows is held out to choose the best state. Labelled anomalies, where there are any, are negatives as well.
 *
 * @example
 * const model = await new Drocc({ seed: 7 }).fit(await readTable("plant.csv"));
 */
export const Drocc = defineDetector<DroccOptions, DroccInput>({
  name: "drocc",
  title: "DROCC: a classifier of normal rows against the places around them that it finds most normal",
  options: droccOptions,
  learnsFrom: { labels: true },
  train: trainEnsemble,
});
export type Drocc = Detector<DroccOptions>;

async function trainEnsemble(
  options: DroccOptions,
  data: TrainingData,
  context: TrainingContext,
): Promise<TrainedDetector> {
  const network = logitNetwork(designOf({ ...options, reconstruction: "linear" }, data.inputShape), options);
  const { epochs, plainEpochs } = droccPlan(options, data.train.rows);
  const runtime = await context.backend.inline();
  warnOfManyAnomalies(data, context);
  const { radius, neighbours } = await radiusOf(options, data, context, runtime);
  const surroundings: Surroundings = { ...options, radius };
  const results = await trainMembers(options.members, Math.max(1, epochs + plainEpochs), context, (given) =>
    trainMember(network, surroundings, options, data, given),
  );
  if (epochs > 0) judge(results, context);
  const trained = results.map((result) => result.trained);
  const untrained = results.map((result) => result.untrained);
  const scores = (members: readonly Float32Array[]): Promise<Float32Array> =>
    scoreFeatures(runtime, network, members, data.validation);
  const agreement = spearman(await scores(trained), await scores(untrained));
  const healthy = results.every(
    ({ report: { signs, kept } }) => signs.length === 0 && (kept > 0 || epochs === 0),
  );
  const training = {
    health: { healthy },
    control: { agreement: Number.isNaN(agreement) ? null : agreement },
    shell: {
      radius,
      outer: options.outerRatio * radius,
      norm: options.norm,
      ...(neighbours !== undefined && { neighbours }),
    },
    biases: true,
    members: results.map(({ report }) => report),
  };
  return {
    scorer: {
      score: (features) => logitScore(network, trained, features),
      training: training as unknown as Json,
    },
    untrained: { score: (features) => logitScore(network, untrained, features) },
  };
}

/** The radius asked for, or one that the training rows suggest, with the neighbour that it is the distance to. */
async function radiusOf(
  { radius, radiusNeighbours, radiusFactor }: DroccOptions,
  { train }: TrainingData,
  { random }: TrainingContext,
  runtime: Runtime,
): Promise<{ radius: number; neighbours?: number }> {
  if (radius !== undefined) return { radius };
  const neighbours = Math.min(radiusNeighbours ?? Math.round(Math.sqrt(train.rows)), train.rows - 1);
  const distance = await neighbourDistance(runtime, train, neighbours, random);
  return { radius: radiusFactor * distance, neighbours };
}

function warnOfManyAnomalies({ anomalies }: TrainingData, { onWarning }: TrainingContext): void {
  if (anomalies === undefined || anomalies.rows <= ANOMALIES_PER_STEP) return;
  onWarning?.(
    `${ANOMALIES_PER_STEP} of the ${anomalies.rows} labelled anomalies are learned from, drawn at random; hsc and deep-sad learn from all.`,
  );
}

function judge(results: readonly MemberResult[], { onWarning }: TrainingContext): void {
  results.forEach(({ report: { ended, kept, signs } }, k) => {
    const name = `Member ${k + 1} of ${results.length}`;
    if (ended === "collapse" && kept === 0) {
      throw new HypersphereError("collapsed", `${name} never learnt anything: ${signs.join("; ")}.`, {
        hint: "Lower the learning rate, or raise the radius.",
      });
    }
    if (ended === "collapse") onWarning?.(`${name} was rolled back to epoch ${kept}: ${signs.join("; ")}.`);
    else if (kept === 0) {
      onWarning?.(
        `${name} never did better on held-out normals and their surroundings than before training. Train longer, lower the learning rate, or raise the radius.`,
      );
    }
  });
}

async function scoreFeatures(
  runtime: Runtime,
  network: LogitNetwork,
  members: readonly Float32Array[],
  { rows, columns, data }: TrainingData["validation"],
): Promise<Float32Array> {
  const graph = new Graph();
  const features = graph.input("features", "float32", ["rows", columns]);
  graph.output("score", logitScore(network, members, features));
  const session = await runtime.createSession(serialize(graph));
  const { score } = await session.run({ features: float32([rows, columns], data) });
  await session.release();
  return score!.data as Float32Array;
}
