import { type Explanation, explain, type Fleet, HypersphereError, type Model } from "hypersphere";
import {
  type ActiveModels,
  type LoadedModels,
  type StoredModel,
  type StoredVersion,
  thresholdOf,
} from "../models/index.js";
import { backgroundInputs } from "../results/index.js";
import type { Settings } from "../settings.js";
import type { Database } from "../store/index.js";
import { type Row, withData } from "./given-data.js";
import { usualScore } from "./usual-score.js";

export interface ExplainRequest {
  readonly model: string;
  readonly rows: readonly unknown[];
  /** Normal rows to compare with; by default those whose values the service kept. */
  readonly background?: readonly unknown[] | undefined;
  readonly method?: "nearest" | "shapley" | "gradients" | "exact" | undefined;
  readonly top?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ExplainAnswer {
  readonly version: number;
  /** Null of a fleet, in which each row has that of its model. */
  readonly threshold: number | null;
  readonly rows: readonly (Omit<Explanation, "nearest"> & {
    /** In a fleet: of the model that decided, and whether it is the entity's own. */
    readonly threshold?: number;
    readonly own?: boolean;
    /** Normal rows that are like it, nearest first. */
    readonly nearest: readonly { readonly values: Row; readonly distance: number }[];
  })[];
  readonly warnings: readonly string[];
}

interface Given {
  readonly stored: StoredModel;
  readonly version: StoredVersion;
  readonly background: readonly unknown[] | undefined;
  readonly options: Pick<ExplainRequest, "method" | "top" | "signal">;
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
    const about = { name, version: version.version };
    const given = { stored, version, background, options: { method, top, signal } };
    const thresholdFor = (model: Model) => thresholdOf(model, about, points, stored.operating_point);
    if (version.fleet !== null) {
      return this.#explainFleet(await this.#loaded.openFleet(version), rows, thresholdFor, given);
    }
    const model = await this.#loaded.open(version);
    if (model.card.schema.kind === "images") {
      throw new HypersphereError("unfit-data", "The model takes images; rows are explained here.");
    }
    const threshold = thresholdFor(model);
    const explained = await this.#explainRows(model, rows, threshold, given);
    return { version: version.version, threshold, ...explained };
  }

  /** Rows of each entity by the model in charge of it, compared with normal rows of that entity. */
  async #explainFleet(
    fleet: Fleet,
    rows: readonly unknown[],
    thresholdFor: (model: Model) => number,
    given: Given,
  ): Promise<ExplainAnswer> {
    const found: (ExplainAnswer["rows"][number] & { severity: number })[] = [];
    const warnings = new Set<string>();
    const background = given.background && allDealt(fleet, given.background);
    for (const [entity, places] of allDealt(fleet, rows)) {
      const model = entity === null ? fleet.fallback : await fleet.model(entity);
      const threshold = thresholdFor(model);
      const of = places.map((place) => rows[place]);
      const beside =
        entity === null
          ? given.background
          : background?.get(entity)?.map((place) => given.background![place]);
      const own = { ...given, background: background && (beside ?? []) };
      // As the rows write it: what was kept is kept under that.
      const name = entity === null ? undefined : fleet.nameIn(of[0]);
      const explained = await this.#explainRows(model, of, threshold, own, name);
      const usual = usualScore(model);
      for (const row of explained.rows) {
        const severity = (row.score - usual) / (threshold - usual);
        found.push({ ...row, row: places[row.row]!, threshold, own: entity !== null, severity });
      }
      for (const warning of explained.warnings) warnings.add(warning);
    }
    // Scores of two entities are not on one scale.
    found.sort((a, b) => b.severity - a.severity);
    return {
      ...{ version: given.version.version, threshold: null, warnings: [...warnings] },
      rows: found.map(({ severity: _, ...row }) => row),
    };
  }

  async #explainRows(
    model: Model,
    rows: readonly unknown[],
    threshold: number,
    { stored, version, background, options }: Given,
    entity?: string,
  ): Promise<Pick<ExplainAnswer, "rows" | "warnings">> {
    const normal = background ?? (await this.#kept(stored.id, version.version, entity));
    const given = { kind: "rows", rows: completed(rows, model) } as const;
    const compared = { kind: "rows", rows: completed(normal, model) } as const;
    const explained = await withData(given, model, this.#settings, ({ samples }) =>
      withData(compared, model, this.#settings, ({ samples: beside }) =>
        explain(model, samples, { background: beside, threshold, ...options }),
      ),
    );
    return {
      warnings: explained.warnings,
      rows: explained.rows.map(({ nearest, ...row }) => ({
        ...row,
        nearest: nearest.map(({ row: at, distance }) => ({ values: normal[at] as Row, distance })),
      })),
    };
  }

  async #kept(modelId: number, version: number, entity: string | undefined): Promise<Row[]> {
    const limit = this.#settings.backgroundRows;
    const inputs = await backgroundInputs(this.#db, { modelId, version, entity, limit });
    if (inputs.length === 0) {
      throw new HypersphereError(
        "unfit-data",
        `There are no normal rows${entity === undefined ? "" : ` of ${JSON.stringify(entity)}`} yet to compare with.`,
        {
          hint: 'Score normal rows first, or send some as "background".',
        },
      );
    }
    return inputs.map((input) => JSON.parse(input));
  }
}

/** @throws HypersphereError for the first row that goes to no model */
function allDealt(fleet: Fleet, rows: readonly unknown[]): ReturnType<Fleet["deal"]>["places"] {
  const { places, refused } = fleet.deal(rows);
  for (const error of refused.values()) throw error;
  return places;
}

/** A column that a row lacks is a missing value, as it is where rows are scored; what is no record is refused where it is read. */
function completed(rows: readonly unknown[], { card: { schema } }: Model): readonly unknown[] {
  if (schema.kind !== "table") return rows;
  const columns = [...schema.numeric, ...schema.categorical, ...(schema.constant ?? [])];
  const missing = Object.fromEntries(columns.map(({ name }) => [name, null]));
  return rows.map((row) =>
    typeof row === "object" && row !== null && !Array.isArray(row) ? { ...missing, ...row } : row,
  );
}
