/** Every threshold rule, by the name that its text begins with: a new one is a file beside this and a line here. */
import { alertsPerDayRule } from "./alerts-per-day.js";
import { contaminationRule } from "./contamination.js";
import { costRule } from "./cost.js";
import type { LabelledRule, NormalRule } from "./define.js";
import { f1Rule } from "./f1.js";
import { falseAlarmsRule } from "./false-alarms.js";
import { iqrRule } from "./iqr.js";
import { meanSigmaRule } from "./mean-sigma.js";
import { percentileRule } from "./percentile.js";
import { potRule } from "./pot.js";
import { robustZRule } from "./robust-z.js";

const rules: readonly (NormalRule | LabelledRule)[] = [
  falseAlarmsRule,
  alertsPerDayRule,
  percentileRule,
  meanSigmaRule,
  contaminationRule,
  iqrRule,
  robustZRule,
  potRule,
  f1Rule,
  costRule,
];

export const thresholdRules: Readonly<Record<string, NormalRule | LabelledRule>> = Object.fromEntries(
  rules.map((rule) => [rule.name, rule]),
);
