import { expect, it } from "vitest";
import { isLabelName } from "./label-names.js";

it.each([
  "y",
  "Label",
  "is_fraud",
  "attack_cat",
  "machine_failure",
  "anomaly_type",
  "IsOutlier",
  "y_true",
  "binaryLabel",
  "label_binary",
  "Pass/Fail",
  "changepoint",
  "lbl",
  "Étiquette",
  "diagnosis",
])("%s is a name of labels", (name) => {
  expect(isLabelName(name)).toBe(true);
});

it.each([
  "vehicle_class",
  "type",
  "category",
  "failures_per_day",
  "yield",
  "classroom",
  "flow",
  "label_length",
  "y_position",
  "target_temperature",
])("%s is none", (name) => {
  expect(isLabelName(name)).toBe(false);
});
