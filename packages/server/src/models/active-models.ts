import { Problem } from "../problem.js";
import type { Database } from "../store/index.js";
import {
  findModel,
  listAllVersions,
  listModels,
  listVersions,
  type StoredModel,
  type StoredVersion,
} from "./model-store.js";
import { listAllOperatingPoints, listOperatingPoints, type OperatingPoint } from "./operating-points.js";

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

  /** All models by name, each with what answers for it if something does: as many queries for a thousand as for one. */
  async all(): Promise<{ readonly model: StoredModel; readonly active: ActiveModel | undefined }[]> {
    const [models, versions, points] = await Promise.all([
      listModels(this.#db),
      listAllVersions(this.#db),
      listAllOperatingPoints(this.#db),
    ]);
    return models.map((model) => ({
      model,
      active: activeOf(model, versions.get(model.id) ?? [], points.get(model.id) ?? []),
    }));
  }

  /** After a model was changed here. */
  forget(name: string): void {
    this.#known.delete(name);
  }

  async #read(name: string): Promise<ActiveModel> {
    const model = await findModel(this.#db, name);
    const versions = await listVersions(this.#db, model.id);
    const active = activeOf(model, versions, await listOperatingPoints(this.#db, model.id));
    if (active !== undefined) return active;
    throw new Problem("not-found", `No version of "${name}" is active.`, {
      hint: `POST /v1/models/${name}/activate makes one answer.`,
    });
  }
}

function activeOf(
  model: StoredModel,
  versions: readonly StoredVersion[],
  points: readonly OperatingPoint[],
): ActiveModel | undefined {
  const version = versions.find((one) => one.version === model.active_version);
  const shadow = versions.find((one) => one.version === model.shadow_version);
  return version && { model, version, shadow, points };
}
