import type { Role } from "../types.js";
import { administration } from "./administration.js";
import { drift } from "./drift.js";
import { jobs } from "./jobs.js";
import { models } from "./models.js";
import { overview } from "./overview.js";
import { review } from "./review.js";
import { scores } from "./scores.js";
import type { Screen } from "./screen.js";
import { threshold } from "./threshold.js";
import { webhooks } from "./webhooks.js";

/** In the order of the navigation; the first is where people arrive. */
const SCREENS: readonly Screen[] = [
  ...[overview, scores, threshold, review, drift],
  ...[models, jobs, webhooks, administration],
];

export const screensFor = (role: Role): readonly Screen[] =>
  SCREENS.filter(({ roles }) => roles.includes(role));
