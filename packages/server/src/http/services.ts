import type { Logger } from "pino";
import type { Caller, Callers } from "../auth/index.js";
import type { DriftWatch } from "../drift/index.js";
import type { Foreman } from "../jobs/index.js";
import type { Metrics } from "../metrics.js";
import type { ActiveModels, LoadedModels } from "../models/index.js";
import type { Explaining, Scoring } from "../scoring/index.js";
import type { Settings } from "../settings.js";
import type { Store } from "../store/index.js";
import type { Gate, Place } from "./gate.js";

/** What routes work with. */
export interface Services {
  readonly store: Store;
  readonly callers: Callers;
  readonly active: ActiveModels;
  readonly loaded: LoadedModels;
  readonly scoring: Scoring;
  readonly explaining: Explaining;
  readonly foreman: Foreman;
  readonly drift: DriftWatch;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly settings: Settings;
  /** For files that exist while they are read. */
  readonly scratch: string;
  /** Public key that each model has to be signed with. */
  readonly verifyKey: string | undefined;
  readonly requests: Gate;
  readonly streams: Gate;
  readonly rows: Gate;
  /** Bytes of bodies that were read and not answered yet. */
  readonly bodies: Gate;
  /** Aborted once the service is stopping. */
  readonly stopping: AbortSignal;
}

/** What middleware leaves for routes. */
export interface Env {
  Variables: { caller: Caller; requestId: string; held: Place };
}
