import { z } from "zod";

export const WINDOW_NORMS = ["window", "none"] as const;

export const amplitudeOption = {
  amplitude: z
    .boolean()
    .default(true)
    .describe(
      "Of windows that are normalised: score also what that hides, how far single steps and levels are from the usual",
    ),
};

export const singleStepsOption = {
  singleSteps: z
    .boolean()
    .default(false)
    .describe(
      "Of windows that are normalised: score also how much single steps stand out from usual frequencies (spectral residual)",
    ),
};

/** @param windows of which this option is */
export const movementOption = (windows: string) => ({
  movement: z
    .boolean()
    .default(false)
    .describe(
      `Of ${windows}: score also where a channel moves less than usual, as a sensor that is stuck, or more`,
    ),
});

/** Options of detectors that can look at the shapes of windows alone. */
export const windowOptions = (normalise: (typeof WINDOW_NORMS)[number]) => ({
  normalise: z
    .enum(WINDOW_NORMS)
    .default(normalise)
    .describe(
      "Of windows of series: channels by the mean and deviation of their own window (window), or as they are scaled (none)",
    ),
  ...amplitudeOption,
  ...singleStepsOption,
  ...movementOption("windows that are normalised"),
});
