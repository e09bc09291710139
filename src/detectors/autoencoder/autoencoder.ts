import { HypersphereError } from "../../errors.js";
import { Graph, serialize } from "../../graph/index.js";
import { spearman } from "../../math/quantile.js";
import type { Json, TrainingContext, TrainingData } from "../../model/contract.js";
import type { EncoderDesign } from "../../nn/encoder.js";
import { float32, type Runtime } from "../../runtime/index.js";
import { type Detector, defineDetector } from "../define.js";
import type { TrainedDetector } from "../fit/fit.js";
import { designOf } from "../networks/design.js";
import { trainMembers } from "../networks/ensemble.js";
import { autoencoderPlan, type MemberResult, trainMember } from "./member.js";
import { type AutoencoderInput, type AutoencoderOptions, autoencoderOptions } from "./options.js";
import { ensembleError } from "./scorer.js";

/**
 * Autoencoders (Sakurada and Yairi 2014): networks that learn to reproduce normal rows through a bottleneck. The score
 * is the mean squared error of the reproduction, averaged over features and over the members of an ensemble. A
 * part of the rows is held out to stop in time.
 *
 * @example
 * const model = await new Autoencoder({ latentDim: 8, seed: 7 }).fit(await readTable("plant.csv"));
 */
export const Autoencoder = defineDetector<AutoencoderOptions, AutoencoderInput>({
  name: "autoencoder",
  title: "Autoencoder: how badly networks that learnt to reproduce normal rows reproduce this one",
  options: autoencoderOptions,
  train: trainEnsemble,
});
export type Autoencoder = Detector<AutoencoderOptions>;

async function trainEnsemble(
  options: AutoencoderOptions,
  data: TrainingData,
  context: TrainingContext,
): Promise<TrainedDetector> {
  const design = designOf(options, data.inputShape);
  const { epochs } = autoencoderPlan(options, data.train.rows);
  const results = await trainMembers(options.members, Math.max(1, epochs), context, (given) =>
    trainMember(design, options, data, given),
  );
  judge(results, epochs, context);
  const trained = results.map((result) => result.trained);
  const untrained = results.map((result) => result.untrained);
  const runtime = await context.backend.inline();
  const scores = (members: readonly Float32Array[]): Promise<Float32Array> =>
    scoreFeatures(runtime, design, members, data.validation);
  const agreement = spearman(await scores(trained), await scores(untrained));
  const training = {
    health: { healthy: results.every(({ report }) => report.signs.length === 0 && report.explained > 0) },
    control: { agreement: Number.isNaN(agreement) ? null : agreement },
    members: results.map(({ report }) => report),
  };
  return {
    scorer: {
      score: (features) => ensembleError(design, trained, features),
      training: training as unknown as Json,
    },
    untrained: { score: (features) => ensembleError(design, untrained, features) },
  };
}

function judge(results: readonly MemberResult[], epochs: number, { onWarning }: TrainingContext): void {
  results.forEach(({ report: { ended, kept, signs, explained } }, k) => {
    const name = `Member ${k + 1} of ${results.length}`;
    if (ended === "collapse" && kept === 0) {
      throw new HypersphereError("collapsed", `${name} never learnt anything: ${signs.join("; ")}.`, {
        hint: "Lower the learning rate.",
      });
    }
    if (ended === "collapse") onWarning?.(`${name} was rolled back to epoch ${kept}: ${signs.join("; ")}.`);
    if (epochs > 0 && !(explained > 0)) {
      onWarning?.(
        `${name} reconstructs held-out normals no better than their mean does. Train longer, or leave out columns that are noise.`,
      );
    }
  });
}

async function scoreFeatures(
  runtime: Runtime,
  design: EncoderDesign,
  members: readonly Float32Array[],
  { rows, columns, data }: TrainingData["validation"],
): Promise<Float32Array> {
  const graph = new Graph();
  const features = graph.input("features", "float32", ["rows", columns]);
  graph.output("score", ensembleError(design, members, features));
  const session = await runtime.createSession(serialize(graph));
  const { score } = await session.run({ features: float32([rows, columns], data) });
  await session.release();
  return score!.data as Float32Array;
}
