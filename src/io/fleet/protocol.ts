/** What a process that fits models answers to a job: the model, or the sentence that says why there is none. */
export type FitAnswer =
  | { readonly bytes: Uint8Array; readonly warnings: readonly string[] }
  | { readonly error: string };

/** What such a process says once, when it has been started. */
export const READY = "ready";

export type FitSaying = FitAnswer | typeof READY;
