import { readFile, stat } from "node:fs/promises";
import {
  type Fleet,
  HypersphereError,
  loadFleet,
  loadModel,
  type Model,
  ModelStream,
  SharedFleetStream,
  type StreamOptions,
} from "hypersphere";
import type { WorkerStream } from "./answering.js";
import { partitionOf } from "./partition.js";

/** Of a worker, what concerns its model. */
export interface ModelOptions {
  /** A file of a model or a fleet; another one in its place is taken within about a second, between messages. */
  readonly model: string;
  /** Models of a fleet that are open at a time, of no effect on a single model. Default 64. */
  readonly openModels?: number | undefined;
  /** The field that tells series apart; default: the model's entity column. */
  readonly entityField?: string | undefined;
  /** Public Ed25519 key that the model has to be signed with. */
  readonly verifyKey?: string | undefined;
  readonly decision?:
    | Pick<
        StreamOptions,
        "rule" | "percentile" | "threshold" | "operatingPoint" | "mergeGap" | "minLength" | "forgetAfter"
      >
    | undefined;
}

type ModelFileOptions = ModelOptions & { readonly partitions: number };

/** The model or the fleet, and whether there is another in its place. */
export class ModelFile {
  readonly #options: ModelFileOptions;
  #model: Model | Fleet | undefined;
  /** How messages are told apart by it. */
  #kind: string | undefined;
  #seen = "";

  constructor(options: ModelFileOptions) {
    this.#options = options;
  }

  /** Closes the model before it, which scores nothing any more: a worker takes another one between messages. */
  async load(): Promise<WorkerStream> {
    this.#seen = await this.#look();
    const { model, stream } = await this.#read();
    try {
      refuseEntityField(stream, this.#options.entityField);
      const kind = kindOf(stream);
      if (this.#kind !== undefined && this.#kind !== kind) throw otherKind(this.#kind, kind);
      this.#kind = kind;
    } catch (error) {
      await model.close();
      throw error;
    }
    await this.#model?.close();
    this.#model = model;
    return stream;
  }

  async #read(): Promise<{ model: Model | Fleet; stream: WorkerStream }> {
    const { model: path, verifyKey, decision = {}, partitions, openModels } = this.#options;
    // Its models are read when messages of their entities come, when there may be another file.
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes !== undefined && bytes.toString("latin1", 0, ZIP.length) === ZIP) {
      const { forgetAfter, ...rest } = decision;
      refuseOfFleets({ verifyKey, forgetAfter });
      const fleet = await loadFleet(bytes, { maxOpen: openModels ?? OPEN_MODELS });
      return {
        model: fleet,
        stream: await SharedFleetStream.open(fleet, { ...rest, maxOpen: openModels ?? OPEN_MODELS }),
      };
    }
    const model = await loadModel(path, { verifyKey });
    const stream = await ModelStream.open(model, {
      ...decision,
      // What a partition forgets follows from its own messages, whoever holds it.
      clockOf: (entity) => partitionOf(entity, partitions),
    });
    return { model, stream };
  }

  async close(): Promise<void> {
    await this.#model?.close();
  }

  async changed(): Promise<boolean> {
    const now = await this.#look();
    // A file that is being replaced may be gone for a moment.
    return now !== "" && now !== this.#seen;
  }

  async #look(): Promise<string> {
    try {
      const { ino, size, mtimeMs } = await stat(this.#options.model);
      return `${ino} ${size} ${mtimeMs}`;
    } catch {
      return "";
    }
  }
}

/** Fleets are archives, and models are not. */
const ZIP = "PK\x03\x04";
const OPEN_MODELS = 64;

function refuseOfFleets({
  verifyKey,
  forgetAfter,
}: {
  verifyKey: string | undefined;
  forgetAfter: unknown;
}): void {
  if (verifyKey !== undefined) {
    throw new HypersphereError("invalid-model", "The model is a fleet, and signed models are asked for.", {
      hint: "Fleets carry no signature: use single models, or unset HYPERSPHERE_VERIFY_KEY.",
    });
  }
  if (forgetAfter !== undefined) {
    throw new HypersphereError("invalid-option", "--forget-after over a broker is for single models.", {
      hint: "Leave it out: what is kept grows with the number of entities alone.",
    });
  }
}

/** By what messages are dealt to partitions: all workers of a group have to do so alike. */
const kindOf = ({ isSeries, entityColumn }: WorkerStream): string =>
  isSeries
    ? entityColumn === undefined
      ? "one series"
      : "series told apart by a column"
    : "rows of a table";

const otherKind = (before: string, now: string): HypersphereError =>
  new HypersphereError("schema-mismatch", `The model is one of ${now}, the one before it is of ${before}.`, {
    hint: "They deal messages out in different ways: start workers with another --group for it.",
  });

function refuseEntityField({ isSeries, entityColumn }: WorkerStream, field: string | undefined): void {
  if (field === undefined || entityColumn !== undefined) return;
  throw new HypersphereError(
    "invalid-option",
    "--entity-field was given, but the model tells no series apart.",
    {
      hint: isSeries
        ? "Train it with --entity-column, or leave the option out."
        : "It is for series and fleets: leave it out.",
    },
  );
}
