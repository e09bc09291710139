/** What the service answers, as far as the page reads it. */
export type Role = "score" | "review" | "admin";
export type Verdict = "normal" | "anomaly";

export interface Caller {
  readonly name: string;
  readonly role: Role;
}

export interface Day {
  readonly day: string;
  readonly rows: number;
  readonly flagged: number;
}

export interface ModelAtAGlance {
  readonly name: string;
  readonly activeVersion: number | null;
  readonly operatingPoint: string | null;
  readonly threshold: number | null;
  readonly falseAlarmRate: number | null;
  readonly openIncidents: number;
  readonly unreviewedIncidents: number;
  readonly days: readonly Day[];
}

export interface Overview {
  readonly from: string;
  readonly models: readonly ModelAtAGlance[];
}

interface VersionFigures {
  readonly falseAlarms: number | null;
  readonly found: number | null;
  readonly auroc: number | null;
}

/** Of a refit with the version before. */
export interface Comparison {
  readonly version: number;
  readonly normals: number;
  readonly anomalies: number;
  readonly note: string;
  readonly before: VersionFigures;
  readonly after: VersionFigures;
}

export interface Version {
  readonly version: number;
  readonly state: "active" | "shadow" | "idle";
  readonly detector: string;
  readonly kind: string;
  readonly threshold: number;
  readonly expectedFalseAlarmRate: number | null;
  readonly source: string;
  readonly trusted: boolean;
  readonly sha256: string;
  readonly bytes: number;
  readonly fleet: { readonly entityColumn: string; readonly entities: number; readonly own: number } | null;
  readonly job: string | null;
  readonly comparison: Comparison | null;
  readonly createdBy: string;
  readonly createdAt: string;
}

export interface Model {
  readonly name: string;
  readonly activeVersion: number | null;
  readonly previousVersion: number | null;
  readonly shadowVersion: number | null;
  readonly operatingPoint: string | null;
  readonly versions: readonly Version[];
}

export interface Result {
  readonly id: number;
  readonly model?: string;
  readonly version: number;
  readonly entity: string;
  readonly label: string | null;
  readonly at: string;
  readonly score: number;
  readonly pValue: number;
  readonly isAnomaly: boolean;
  readonly threshold: number;
  readonly probability: number | null;
  readonly incident: number | null;
  readonly verdict: Verdict | null;
  readonly input: unknown;
}

export interface Incident {
  readonly id: number;
  readonly model: string;
  readonly version: number;
  readonly entity: string;
  readonly status: "open" | "closed";
  readonly firstAt: string;
  readonly lastAt: string;
  readonly flagged: number;
  readonly peak: number;
  readonly peakAt: string;
  readonly pValue: number;
  readonly severity: number | null;
  readonly verdict: Verdict | null;
}

export interface PastVerdict {
  readonly id: number;
  readonly verdict: Verdict;
  readonly comment: string;
  readonly who: string;
  readonly at: string;
}

export interface Bin {
  readonly threshold: number;
  readonly rows: readonly number[];
  readonly falseAlarmRate: number;
}

export interface Histogram {
  readonly version: number;
  readonly threshold: number | null;
  readonly operatingPoint: string | null;
  readonly days: readonly string[];
  readonly rows: readonly number[];
  readonly bins: readonly Bin[];
  readonly judged: readonly {
    readonly score: number;
    readonly verdict: Verdict;
    readonly result: number | null;
    readonly incident: number | null;
  }[];
}

export interface OperatingPoints {
  readonly inForce: string | null;
  readonly operatingPoints: readonly {
    readonly name: string;
    readonly rule: string | null;
    readonly threshold: number | null;
    readonly version: number | null;
    readonly createdBy: string;
  }[];
}

export type Value = string | number | boolean | null;

export interface Explained {
  readonly score: number;
  readonly baseline: number;
  readonly contributions: readonly {
    readonly feature: string;
    readonly contribution: number;
    readonly value: Value;
    readonly normal: unknown;
    readonly steps?: { readonly from: number; readonly to: number };
  }[];
  readonly rest: number;
  readonly nearest: readonly { readonly values: unknown; readonly distance: number }[];
  readonly counterfactual?: {
    readonly changes: readonly {
      readonly feature: string;
      readonly steps?: { readonly from: number; readonly to: number };
      readonly from: Value;
      readonly to: Value;
    }[];
    readonly score: number;
  } | null;
}

export interface Explanations {
  readonly threshold: number;
  readonly rows: readonly Explained[];
  readonly warnings: readonly string[];
}

export interface Key {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  readonly perMinute: number | null;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly revokedAt: string | null;
}

export interface AuditEntry {
  readonly id: number;
  readonly at: string;
  readonly who: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: unknown;
}
