import { HypersphereError } from "../../errors.js";
import type { Checkpoint, Json, TrainingContext } from "../../model/contract.js";
import type { CurvePoint, StageProgress } from "../../train/stage.js";
import type { TrainingState } from "../../train/trainer.js";
import type { StageReport } from "./report.js";

type Stage = "pretraining" | "training";

/** A stage that is done. */
export interface Pretrained {
  readonly parameters: Float32Array;
  readonly report: StageReport;
  /** Parameters of encoder and decoder; absent where there was no such stage. */
  readonly autoencoder?: Float32Array;
}

interface Saved {
  readonly identity: string;
  readonly stage: Stage;
  readonly epoch: number;
  readonly bestEpoch: number;
  readonly bestValidation: number;
  readonly curve: readonly CurvePoint[];
}

/** Saves and restores where one member of the ensemble stands. */
export class MemberCheckpoints {
  readonly #key: string;
  readonly #context: TrainingContext;
  #progress: Checkpoint | undefined;
  #pretrained: Checkpoint | undefined;

  constructor(member: number, context: TrainingContext) {
    this.#key = `member-${member}`;
    this.#context = context;
  }

  /** Reads what an earlier run left. @throws HypersphereError `invalid-option` when that run was a different one */
  async open(): Promise<void> {
    this.#progress = await this.#load(this.#key);
    this.#pretrained = await this.#load(`${this.#key}-pretrained`);
  }

  get pretrained(): Pretrained | undefined {
    if (this.#pretrained === undefined) return undefined;
    const { report } = this.#pretrained.json as unknown as { report: StageReport };
    const { parameters, autoencoder } = this.#pretrained.vectors;
    return { parameters: parameters!, report, ...(autoencoder && { autoencoder }) };
  }

  async savePretrained({ parameters, report, autoencoder }: Pretrained): Promise<void> {
    const json = { identity: this.#context.identity, report } as unknown as Json;
    const vectors = { parameters, ...(autoencoder && { autoencoder }) };
    await this.#context.checkpoint?.save(`${this.#key}-pretrained`, { json, vectors });
  }

  /** Where the stage was left, if it was begun. A stage that ended is run again from its last assessment. */
  resume(stage: Stage): StageProgress | undefined {
    if (this.#progress === undefined) return undefined;
    const {
      stage: savedStage,
      epoch,
      bestEpoch,
      bestValidation,
      curve,
    } = this.#progress.json as unknown as Saved;
    if (savedStage !== stage) return undefined;
    const { vectors } = this.#progress;
    const state = (prefix: string, at: number): TrainingState => ({
      epoch: at,
      parameters: vectors[`${prefix}.parameters`]!,
      optimizerStates: Object.keys(vectors)
        .filter((name) => name.startsWith(`${prefix}.state.`))
        .sort()
        .map((name) => vectors[name]!),
    });
    return { state: state("now", epoch), best: state("best", bestEpoch), bestValidation, curve };
  }

  async save(stage: Stage, { state, best, bestValidation, curve }: StageProgress): Promise<void> {
    if (this.#context.checkpoint === undefined) return;
    const saved: Saved = {
      identity: this.#context.identity,
      stage,
      epoch: state.epoch,
      bestEpoch: best.epoch,
      bestValidation,
      curve,
    };
    const vectors: Record<string, Float32Array> = {};
    for (const [prefix, { parameters, optimizerStates }] of [
      ["now", state],
      ["best", best],
    ] as const) {
      vectors[`${prefix}.parameters`] = parameters;
      optimizerStates.forEach((vector, k) => {
        vectors[`${prefix}.state.${k}`] = vector;
      });
    }
    await this.#context.checkpoint.save(this.#key, { json: saved as unknown as Json, vectors });
  }

  async #load(key: string): Promise<Checkpoint | undefined> {
    const saved = await this.#context.checkpoint?.load(key);
    if (saved === undefined) return undefined;
    if ((saved.json as unknown as { identity: string }).identity !== this.#context.identity) {
      throw new HypersphereError(
        "invalid-option",
        "The checkpoint was written by a run with other data or options.",
        {
          hint: "Run with the same data and options, or give a new checkpoint file.",
        },
      );
    }
    return saved;
  }
}
