import { type Explanation, explain, HypersphereError } from "hypersphere";
import { type ActiveModels, type LoadedModels, thresholdOf } from "../models/index.js";
import { backgroundInputs } from "../results/index.js";
import type { Settings } from "../settings.js";
import type { Database } from "../store/index.js";
import { type Row, withData } from "./given-data.js";

export interface ExplainRequest {
  readonly model: string;
  readonly rows: readonly unknown[];
  /** Normal rows to compare with; by default those whose values the service kept. */
  readonly background?: readonly unknown[] | undefined;
  readonly method?: "nearest" | "shapley" | "exact" | undefined;
  readonly top?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ExplainAnswer {
  readonly version: number;
  readonly threshold: number;
  readonly rows: readonly (Omit<Explanation, "nearest"> & {
    /** Normal rows that are like it, nearest first. */
    readonly nearest: readonly { readonly values: Row; readonly distance: number }[];
  })[];
  readonly warnings: readonly string[];
}

/** Explains rows of tables and of series with the version that answers; nothing is stored. */
export class Explaining {
  readonly #db: Database;
  readonly #active: ActiveModels;
  readonly #loaded: LoadedModels;
  readonly #settings: Pick<Settings, "maxRows" | "backgroundRows"> & { readonly folder: string };

  constructor(parts: {
    db: Database;
    active: ActiveModels;
    loaded: LoadedModels;
    settings: Pick<Settings, "maxRows" | "backgroundRows"> & { readonly folder: string };
  }) {
    this.#db = parts.db;
    this.#active = parts.active;
    this.#loaded = parts.loaded;
    this.#settings = parts.settings;
  }

  /** @throws HypersphereError `unfit-data` for too few normal rows to compare with */
  async explain({
    model: name,
    rows,
    background,
    method,
    top,
    signal,
  }: ExplainRequest): Promise<ExplainAnswer> {
    const { model: stored, version, points } = await this.#active.find(name);
    const model = await this.#loaded.open(version);
    if (model.card.schema.kind === "images") {
      throw new HypersphereError("unfit-data", "The model takes images; rows are explained here.");
    }
    const threshold = thresholdOf(model, { name, version: version.version }, points, stored.operating_point);
    const normal = background ?? (await this.#kept(stored.id, version.version));
    const explained = await withData({ kind: "rows", rows }, model, this.#settings, ({ samples }) =>
      withData({ kind: "rows", rows: normal }, model, this.#settings, ({ samples: beside }) =>
        explain(model, samples, { background: beside, threshold, method, top, signal }),
      ),
    );
    return {
      ...{ version: version.version, threshold, warnings: explained.warnings },
      rows: explained.rows.map(({ nearest, ...row }) => ({
        ...row,
        nearest: nearest.map(({ row: at, distance }) => ({ values: normal[at] as Row, distance })),
      })),
    };
  }

  async #kept(modelId: number, version: number): Promise<Row[]> {
    const limit = this.#settings.backgroundRows;
    const inputs = await backgroundInputs(this.#db, { modelId, version, limit });
    if (inputs.length === 0) {
      throw new HypersphereError("unfit-data", "There are no normal rows yet to compare with.", {
        hint: 'Score normal rows first, or send some as "background".',
      });
    }
    return inputs.map((input) => JSON.parse(input));
  }
}
