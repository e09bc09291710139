import type { Reading } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import type { InputSchema, ReferenceProfile } from "../features/index.js";
import type { ProbabilityCalibration, Threshold } from "../scoring/index.js";
import type { Json } from "./contract.js";
import { upgradeCard } from "./upgrade.js";

/** Version of the model file's layout; readers refuse what they do not know. */
export const MODEL_FORMAT = 1;

/** What a model says about itself. Stored as JSON in the ONNX file's metadata. */
export interface ModelCard {
  readonly format: typeof MODEL_FORMAT;
  /** Name in the registry of detectors, e.g. "deep-svdd". */
  readonly detector: string;
  /** Every option, defaults included: the same options and data give the same model. */
  readonly options: Readonly<Record<string, Json>>;
  readonly versions: { readonly hypersphere: string; readonly onnxruntime: string; readonly runtime: string };
  readonly data: {
    /** Rows that the fit was given, and how they were used. */
    readonly rows: number;
    readonly train: number;
    readonly validation: number;
    readonly calibration: number;
    /**
     * Places among the ascending calibration scores, from 0, of those of windows that share no time step with each other;
     * absent where no rows share anything.
     */
    readonly calibrationApart?: readonly number[];
    /** SHA-256 over names, kinds and values of the columns. */
    readonly fingerprint: string;
    /** Rows that a person judged; anomalies are among `rows` and in no part of them. */
    readonly labels?: { readonly anomalies: number; readonly normals: number; readonly fingerprint: string };
    /** A second data set that was learned from as what is not normal. */
    readonly outliers?: { readonly rows: number; readonly fingerprint: string };
    /** SHA-256 of the model that training went on from. */
    readonly from?: string;
  };
  /** How the training data were told to be read, where they were: other data are read alike. */
  readonly reading?: Reading;
  /** How rows of a table, windows of series or images become features. */
  readonly schema: InputSchema;
  /** How the training rows were distributed, for later comparison; models of version 0.1 have it for tables at most. */
  readonly reference?: ReferenceProfile;
  /** What the detector recorded: curves, health, the untrained control. */
  readonly training: Json;
  /** The rule in force: what `is_anomaly` answers unless told otherwise. */
  readonly threshold: Threshold;
  /** Further rules by name, for those who decide differently by day and by night. */
  readonly operatingPoints: Readonly<Record<string, Threshold>>;
  /** How the output `probability` came about; absent until a model is calibrated with labels. */
  readonly probability?: ProbabilityCalibration;
  /** Only on models of a robust fit: what was estimated and left out. */
  readonly contamination?: ContaminationRecord;
}

/** How the training rows of a robust fit were cleaned, see docs/contamination.md. */
export interface ContaminationRecord {
  /** Share of anomalies among the rows as given, without labels; null where the scores have no width to tell by. */
  readonly estimate: number | null;
  /** 95 % bootstrap interval of the estimate. */
  readonly low: number | null;
  readonly high: number | null;
  /** Rows before trimming, and how many were left out. */
  readonly rows: number;
  readonly trimmed: number;
  /** The option: a share, or "auto". */
  readonly trim: number | "auto";
  readonly folds: number;
  readonly rounds: number;
  readonly seed: number;
  /** By how much the false-alarm rate of normals may exceed what calibration on the kept rows says, at most. */
  readonly extraFalseAlarmsAtMost: number;
}

export const METADATA = {
  card: "hypersphere.card",
  digest: "hypersphere.sha256",
  /** The same networks before training, as a model of their own in base64. */
  untrained: "hypersphere.untrained",
} as const;

/** The card, frozen all the way down: a model is immutable. */
export function parseCard(text: string): ModelCard {
  let card: { format?: unknown };
  try {
    card = JSON.parse(text) as { format?: unknown };
  } catch (cause) {
    throw new HypersphereError("invalid-model", "The model's card is not valid JSON.", { cause });
  }
  if (card.format !== MODEL_FORMAT) {
    throw new HypersphereError(
      "invalid-model",
      `The model file has layout version ${String(card.format)}; this version of hypersphere reads ${MODEL_FORMAT}.`,
      { hint: "Update hypersphere, or train the model again." },
    );
  }
  return frozen(upgradeCard(card as ModelCard));
}

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
