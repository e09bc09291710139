import type { Tensor } from "../../graph/index.js";
import type { TrainingContext, TrainingData } from "../../model/contract.js";
import type { Runtime } from "../../runtime/index.js";
import { type Detector, defineDetector } from "../define.js";
import type { TrainedDetector } from "../fit/fit.js";
import { judgeCollapse, memberName } from "../networks/collapse.js";
import { designOf } from "../networks/design.js";
import { trainMembers } from "../networks/ensemble.js";
import { stagePlan } from "../networks/plan.js";
import { type EnsembleReport, trainedEnsemble } from "../networks/trained-ensemble.js";
import { ANOMALIES_PER_STEP, type DroccMemberReport, type MemberResult, trainMember } from "./member.js";
import { logitNetwork, logitScore } from "./network.js";
import type { Surroundings } from "./objective.js";
import { type DroccInput, type DroccOptions, droccOptions } from "./options.js";
import { neighbourDistance } from "./radius.js";

/** What the card says of the training. */
export interface DroccReport extends EnsembleReport<DroccMemberReport> {
  /** Where negatives were looked for: distances in units of the scaled features. */
  readonly shell: {
    readonly radius: number;
    readonly outer: number;
    readonly norm: DroccOptions["norm"];
    /** The neighbour whose distance the radius follows, where it was not given. */
    readonly neighbours?: number;
  };
  readonly biases: boolean;
}

/**
 * DROCC (Goyal et al., "Deep Robust One-Class Classification", ICML 2020): a classifier of normal rows against the
 * places around them, at some distance, that it finds most normal. The score is its logit with the sign turned.
 * A part of the rows is held out to choose the best state. Labelled anomalies, where there are any, are negatives as well.
 *
 * @example
 * const model = await new Drocc({ seed: 7 }).fit(await open("plant.csv"));
 */
export const Drocc = defineDetector<DroccOptions, DroccInput, DroccReport>({
  name: "drocc",
  title: "DROCC: a classifier of normal rows against the places around them that it finds most normal",
  options: droccOptions,
  learnsFrom: { labels: true },
  // Its negatives lie around normal rows and far from all of them.
  learnsAgainst: ["shifted-values", "drawn-values"],
  train: trainEnsemble,
});
export type Drocc = Detector<DroccOptions>;

async function trainEnsemble(
  options: DroccOptions,
  data: TrainingData,
  context: TrainingContext,
): Promise<TrainedDetector<DroccReport>> {
  const network = logitNetwork(designOf({ ...options, reconstruction: "linear" }, data.inputShape), options);
  const { plainEpochs } = options;
  const { epochs } = stagePlan(options, data.train.rows);
  const runtime = await context.backend.inline();
  warnOfManyAnomalies(data, context);
  const { radius, neighbours } = await radiusOf(options, data, context, runtime);
  const surroundings: Surroundings = { ...options, radius };
  const results = await trainMembers(options.members, Math.max(1, epochs + plainEpochs), context, (given) =>
    trainMember(network, surroundings, options, data, given),
  );
  if (epochs > 0) judge(results, context);
  const healthy = results.every(
    ({ report: { signs, kept } }) => signs.length === 0 && (kept > 0 || epochs === 0),
  );
  const shell: DroccReport["shell"] = {
    radius,
    outer: options.outerRatio * radius,
    norm: options.norm,
    ...(neighbours !== undefined && { neighbours }),
  };
  const score = (members: readonly Float32Array[], features: Tensor): Tensor =>
    logitScore(network, members, features);
  return trainedEnsemble(results, score, healthy, data.validation, context, { shell, biases: true });
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

function judge(results: readonly MemberResult[], context: TrainingContext): void {
  results.forEach(({ report }, member) => {
    const name = memberName(member, results.length);
    const fatal = report.kept === 0;
    const hint = "Lower the learning rate, or raise the radius.";
    judgeCollapse(name, [{ stage: "training", report, fatal }], hint, context);
    if (fatal) {
      context.onWarning?.(
        `${name} never did better on held-out normals and their surroundings than before training. Train longer, lower the learning rate, or raise the radius.`,
      );
    }
  });
}
