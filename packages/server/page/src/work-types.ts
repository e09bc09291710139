/** What the service answers of jobs, drift and webhooks, as far as the page reads it. */
export interface DetectorOption {
  readonly name: string;
  readonly description: string;
  readonly type: "integer" | "number" | "boolean" | "text" | "choice" | "json";
  readonly choices?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface Detector {
  readonly name: string;
  readonly title: string;
  readonly kinds: readonly string[];
  readonly options: readonly DetectorOption[];
}

export interface Job {
  readonly id: string;
  readonly kind: "train" | "refit";
  readonly model: string;
  readonly status: "queued" | "running" | "done" | "failed" | "cancelled";
  readonly request: Readonly<Record<string, unknown>>;
  readonly progress: {
    readonly stage?: string;
    readonly fraction?: number;
    readonly epoch?: number;
    readonly epochs?: number;
    readonly unit?: "step";
  } | null;
  readonly result: { readonly model: string; readonly version: number } | null;
  readonly error: string | null;
  readonly starts: number;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

export interface Report {
  readonly detector: string;
  readonly noun: { readonly one: string; readonly many: string };
  readonly rows: { readonly learned: number; readonly heldOut: number };
  readonly advice: readonly {
    readonly weight: "warning" | "note";
    readonly what: string;
    readonly todo: string;
  }[];
  readonly scores: {
    readonly bins: {
      readonly low: number;
      readonly high: number;
      readonly logarithmic: boolean;
      readonly upper: readonly number[];
      readonly lower: readonly number[];
    };
    readonly upper?: { readonly what: string; readonly rows: number };
    readonly heldOut: { readonly rows: number };
    readonly operatingPoints: readonly { readonly name: string; readonly threshold: number }[];
  };
  readonly agreement: number | null;
  readonly curves: readonly {
    readonly name: string;
    readonly ended: string;
    readonly unit?: "epoch" | "step";
    readonly kept: number;
    readonly points: readonly {
      readonly epoch: number;
      readonly loss: number | null;
      readonly validation: number | null;
    }[];
  }[];
  readonly least: readonly {
    readonly name: string;
    readonly score: number;
    readonly pValue: number;
    readonly flagged: boolean;
  }[];
}

export interface Drift {
  readonly version: number;
  readonly drift: boolean;
  readonly alarm: { readonly result: number; readonly at: string } | null;
  readonly delta: number;
  readonly logValue: number;
  readonly logAlarm: number;
  readonly observed: number;
  readonly behind: number;
  readonly recent: {
    readonly rows: number;
    readonly flagged: number;
    readonly expectedFalseAlarmRate: number | null;
    readonly pValues: { readonly distance: number; readonly significance: number };
  } | null;
  readonly history: readonly {
    readonly at: string;
    readonly observed: number;
    readonly logValue: number;
    readonly rows: number;
    readonly flagged: number;
  }[];
}

export interface MovedColumns {
  readonly since: string | null;
  readonly rows: number;
  readonly kept: number;
  readonly note: string | null;
  readonly columns: readonly {
    readonly name: string;
    readonly kind: "numeric" | "categorical" | "constant";
    readonly psi: number | null;
    readonly chanceLimit: number | null;
    readonly shifted: boolean;
    readonly missing: number;
    readonly missingInTraining: number | null;
    readonly outOfRange: number | null;
    readonly unseen: number | null;
    readonly unseenExample: string | null;
  }[];
}

export interface Webhook {
  readonly id: number;
  readonly url: string;
  readonly events: readonly string[];
  readonly waiting: number;
  readonly dead: number;
  readonly createdBy: string;
  readonly createdAt: string;
}

export interface Delivery {
  readonly id: number;
  readonly key: string;
  readonly webhook: number;
  readonly event: string;
  readonly incident: number | null;
  readonly status: "waiting" | "delivered" | "dead";
  readonly attempts: number;
  readonly nextAt: string | null;
  readonly lastError: string | null;
  readonly payload: unknown;
  readonly createdAt: string;
  readonly deliveredAt: string | null;
}
