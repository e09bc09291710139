/** What names begin with that a model over steps has, and the model of windows did not. */
export const STEPS_PREFIX = "steps.";

/** Where each window begins, among the steps that are given: an input, int64 [windows]. */
export const WINDOW_STARTS = `${STEPS_PREFIX}starts`;
