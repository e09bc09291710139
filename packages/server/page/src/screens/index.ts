import type { Role } from "../types.js";
import { administration } from "./administration.js";
import { models } from "./models.js";
import { overview } from "./overview.js";
import { review } from "./review.js";
import { scores } from "./scores.js";
import type { Screen } from "./screen.js";
import { threshold } from "./threshold.js";

/** In the order of the navigation; the first is where people arrive. */
const SCREENS: readonly Screen[] = [overview, scores, threshold, review, models, administration];

export const screensFor = (role: Role): readonly Screen[] =>
  SCREENS.filter(({ roles }) => roles.includes(role));
