import { Problem } from "../problem.js";
import type { Database } from "../store/index.js";
import { findModel, listVersions, type StoredModel, type StoredVersion } from "./model-store.js";
import { listOperatingPoints, type OperatingPoint } from "./operating-points.js";

/** What answers for a model. */
export interface ActiveModel {
  readonly model: StoredModel;
  readonly version: StoredVersion;
  readonly shadow: StoredVersion | undefined;
  readonly points: readonly OperatingPoint[];
}

/** A change takes effect after so many milliseconds in other processes; in the one that made it, at once. */
const REMEMBERED_MS = 1000;

/** Which versions answer, looked up at most once a second. */
export class ActiveModels {
  readonly #db: Database;
  readonly #known = new Map<string, { active: Promise<ActiveModel>; until: number }>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** @throws Problem `not-found`, also where no version is active */
  async find(name: string, now = performance.now()): Promise<ActiveModel> {
    const known = this.#known.get(name);
    if (known !== undefined && known.until > now) return known.active;
    const active = this.#read(name);
    this.#known.set(name, { active, until: now + REMEMBERED_MS });
    active.catch(() => this.#known.delete(name));
    return active;
  }

  /** After a model was changed here. */
  forget(name: string): void {
    this.#known.delete(name);
  }

  async #read(name: string): Promise<ActiveModel> {
    const model = await findModel(this.#db, name);
    const versions = await listVersions(this.#db, model.id);
    const version = versions.find((one) => one.version === model.active_version);
    if (version === undefined) {
      throw new Problem("not-found", `No version of "${name}" is active.`, {
        hint: `POST /v1/models/${name}/activate makes one answer.`,
      });
    }
    const shadow = versions.find((one) => one.version === model.shadow_version);
    return { model, version, shadow, points: await listOperatingPoints(this.#db, model.id) };
  }
}
