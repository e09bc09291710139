import type { Runtime, SessionOptions, TensorValue, Values } from "../port.js";
import type { PassedError } from "./passed-error.js";

/** What the main thread asks of a worker. Requests are answered in order, each under its `id`. */
export type Request = { readonly id: number } & (
  | { readonly kind: "create"; readonly model: Uint8Array; readonly options: SessionOptions | undefined }
  | { readonly kind: "bind"; readonly session: number; readonly values: Values }
  | {
      readonly kind: "run";
      readonly session: number;
      readonly feeds: Values;
      readonly outputs: readonly string[] | undefined;
    }
  | { readonly kind: "release"; readonly session: number }
  /** Answered when everything asked before is done. */
  | { readonly kind: "drain" }
);

export type RequestBody = Request extends infer R ? (R extends Request ? Omit<R, "id"> : never) : never;

export interface Created {
  readonly session: number;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
}

/** What answers a request. */
export type Answer<Result> =
  | { readonly id: number; readonly result: Result }
  | { readonly id: number; readonly error: PassedError };

export type Reply = Answer<Created | Record<string, TensorValue> | undefined>;

export interface WorkerSettings {
  /** Which build to load; the parent has already found that it works. */
  readonly kind: Runtime["kind"];
}

/** What a process is started with. */
export interface ChildSettings {
  readonly kind: "auto" | Runtime["kind"];
  /** Memory of the process, in MiB, beyond which it ends itself. */
  readonly memoryMiB: number | undefined;
}

/** What a process says first: which build it has loaded, and why not the faster one. */
export type Ready =
  | {
      readonly ready: {
        readonly kind: Runtime["kind"];
        readonly version: string;
        readonly fallback?: string;
      };
    }
  | { readonly failed: PassedError };
