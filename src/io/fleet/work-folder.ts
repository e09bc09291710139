import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { HypersphereError } from "../../errors.js";
import { parseJson } from "../../text/parse-json.js";
import { errno, readError, writeError } from "../fs-errors.js";
import { writeFileAtomic } from "../write-file.js";

const PLAN = "plan.json";
const FORMAT = "hypersphere fleet 1";

export interface StoredModel {
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Models of a fleet that are done, one file each, until all of them are: a training that was stopped goes on from them. A
 * file's name says what it holds, `KEY.SHA256.onnx`, so that damage is found.
 */
export class WorkFolder {
  readonly path: string;
  /** What is there, by key. */
  readonly stored: Map<string, StoredModel>;

  private constructor(path: string, stored: Map<string, StoredModel>) {
    this.path = path;
    this.stored = stored;
  }

  /**
   * @param fingerprint of data and options: the models of another training are of no use
   * @param restart forget the models of another training
   * @throws HypersphereError `invalid-option` where another training was stopped there; `io`
   */
  static async open(path: string, fingerprint: string, restart: boolean): Promise<WorkFolder> {
    const before = await fingerprintIn(path);
    if (before !== undefined && before !== fingerprint) {
      if (!restart) {
        throw new HypersphereError(
          "invalid-option",
          `${path} holds the models of a training with other data or other options, which was stopped.`,
          {
            hint: 'Give what was given then to go on with it, or begin anew with option "force: true", which removes them.',
          },
        );
      }
      await rm(path, { recursive: true, force: true });
    }
    try {
      await mkdir(path, { recursive: true });
    } catch (error) {
      throw writeError(error, path);
    }
    await writeFileAtomic(join(path, PLAN), `${JSON.stringify({ format: FORMAT, fingerprint })}\n`, {
      force: true,
    });
    const stored = new Map<string, StoredModel>();
    for (const name of await readdir(path)) {
      const [, key, sha256] = /^(\w+)\.([0-9a-f]{64})\.onnx$/.exec(name) ?? [];
      if (key === undefined || sha256 === undefined) continue;
      stored.set(key, { sha256, bytes: (await stat(join(path, name))).size });
    }
    return new WorkFolder(path, stored);
  }

  async add(key: string, model: Uint8Array): Promise<void> {
    const sha256 = createHash("sha256").update(model).digest("hex");
    await writeFileAtomic(this.#file(key, sha256), model, { force: true });
    this.stored.set(key, { sha256, bytes: model.length });
  }

  /** @throws HypersphereError `io` for a file that is gone, or was changed since it was written */
  async read(key: string): Promise<Uint8Array> {
    const { sha256 } = this.stored.get(key)!;
    const path = this.#file(key, sha256);
    let bytes: Uint8Array;
    try {
      bytes = await readFile(path);
    } catch (error) {
      throw await readError(error, path);
    }
    if (createHash("sha256").update(bytes).digest("hex") === sha256) return bytes;
    throw new HypersphereError("io", `${path} was changed after it was written.`, {
      hint: "Delete it, and run the same again: its model is trained again.",
    });
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  #file(key: string, sha256: string): string {
    return join(this.path, `${key}.${sha256}.onnx`);
  }
}

/** Undefined where there is no folder. @throws HypersphereError `file-exists` for a folder that is something else */
async function fingerprintIn(path: string): Promise<string | undefined> {
  const names = await readdir(path).catch((error: unknown) => {
    if (errno(error) === "ENOENT") return undefined;
    throw writeError(error, path);
  });
  if (names === undefined || names.length === 0) return undefined;
  try {
    const plan = parseJson(await readFile(join(path, PLAN), "utf8")) as {
      readonly format?: unknown;
      readonly fingerprint?: unknown;
    } | null;
    if (plan?.format === FORMAT && typeof plan.fingerprint === "string") return plan.fingerprint;
  } catch {
    // Something else, as below.
  }
  throw new HypersphereError(
    "file-exists",
    `The folder ${path} exists already, and is not of a fleet's training.`,
    {
      hint: "Choose another name for the fleet, or move the folder away.",
    },
  );
}
