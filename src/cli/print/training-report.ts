import { kindOfSchema } from "../../features/index.js";
import type { Json } from "../../model/contract.js";
import type { ModelCard } from "../../model/index.js";
import { ruleOf, ruleText, type Threshold } from "../../scoring/index.js";
import { count, counted, figure, percent } from "../../text/format.js";
import { describePatchMemory, MAP_REPORTS, objectOf } from "./map-training.js";

/** A label and what there is to say under it. */
export type ReportLine = readonly [label: string, text: string];

/** Rule and meaning of a threshold: "1.23 (percentile 95): about 5.5 % of normal rows will be flagged". */
export function describeThreshold(rule: Threshold): string {
  const { threshold, expectedFalseAlarmRate } = rule;
  const rate =
    expectedFalseAlarmRate === undefined
      ? ""
      : `; about ${percent(expectedFalseAlarmRate)} of normal rows will be flagged`;
  return `${figure(threshold)} (${describeRule(rule)})${rate}`;
}

export function describeRule(threshold: Threshold): string {
  const { method, parameters } = threshold;
  const rule = ruleOf(threshold);
  if (rule !== undefined)
    return rule.name === "percentile" ? `${ruleText(rule)} of held-out normals` : ruleText(rule);
  const given = Object.entries(parameters).map(([name, value]) => `${name} ${figure(value)}`);
  return [method, ...given].join(" ");
}

/** How the rows of a fit were used. */
export function describeSplit({ data, map, adapted }: Pick<ModelCard, "data" | "map" | "adapted">): string {
  const { train, validation, calibration } = data;
  const purpose = map === undefined ? "to stop in time" : "to steady the maps";
  const parts = [
    `${count(train)} to learn from`,
    ...(validation > 0 ? [`${count(validation)} ${purpose}`] : []),
    // An adapted model is calibrated on rows that are no part of these.
    ...(adapted === undefined ? [`${count(calibration)} to calibrate`] : []),
  ];
  return parts.join(", ");
}

/** What was found to be nearly the same among what was learned from, and what followed; nothing where each stood alone. */
export function describeRepeats({ data: { nearDuplicates }, schema }: ModelCard): ReportLine[] {
  if (nearDuplicates === undefined) return [];
  const { groups, rows } = nearDuplicates;
  const { noun } = kindOfSchema(schema);
  return [
    [
      "near-duplicates",
      `${counted(rows, noun.one, noun.many)} in ${counted(groups, "group")}: a group is held out as a whole, and one ${noun.one} of it calibrates`,
    ],
  ];
}

/** Which changed copies of training images were learned from. */
export function describeAugmentation({ augmentation }: ModelCard["data"]): ReportLine[] {
  if (augmentation === undefined) return [];
  const { changes, strength, copies } = augmentation;
  return [
    [
      "augmentation",
      `${copies} changed ${copies === 1 ? "copy" : "copies"} of each image to learn from: ${changes.join(", ")}, strength ${strength}`,
    ],
  ];
}

/** What a detector recorded of its training. Each detector records what suits it, so every part may be absent. */
export function describeTraining(training: Json): ReportLine[] {
  // `describeSupervision` says which outliers were made.
  const { health, control, warmStart, members, synthesis: _, ...others } = objectOf(training);
  const lines: ReportLine[] = [];
  if (health !== undefined) lines.push(["health", describeHealth(health)]);
  if (Array.isArray(members)) lines.push(["members", describeMembers(members)]);
  if (control !== undefined) lines.push(["control", describeControl(control)]);
  if (warmStart !== undefined) lines.push(["warm start", describeWarmStart(warmStart)]);
  const patches = describePatchMemory(training);
  if (patches !== undefined) return [...lines, ["memory", patches]];
  for (const [key, value] of Object.entries(others)) {
    const text = MAP_REPORTS[key]?.(value) ?? fitting(flat(value));
    if (text !== "") lines.push([words(key), text]);
  }
  return lines;
}

function describeHealth(health: Json): string {
  const { healthy, ...rest } = objectOf(health);
  const verdict =
    healthy === true ? ["healthy"] : healthy === false ? ["NOT healthy: parts of it collapsed"] : [];
  return [...verdict, ...flat(rest)].join("; ");
}

/** "held out normals 1.00 -> 0.86 (95 %: 2.1 -> 1.9), labelled anomalies 1.31 -> 4.2 (...)", in the unit of the card. */
function describeWarmStart(changes: Json): string {
  const moved = (before: Json | undefined, after: Json | undefined, key: string): string =>
    [before, after]
      .map((state) => objectOf(state)[key])
      .map((value) => (typeof value === "number" ? figure(value) : "?"))
      .join(" -> ");
  const parts = Object.entries(objectOf(changes)).map(([rows, change]) => {
    const { before, after } = objectOf(change);
    return `${words(rows)} ${moved(before, after, "mean")} (95 %: ${moved(before, after, "percentile95")})`;
  });
  return `mean scores of ${parts.join(", ")}`;
}

/** How far the networks' ranking of held-out rows has moved from that of the same networks before training. */
function describeControl(control: Json): string {
  const { agreement, ...rest } = objectOf(control);
  const parts = flat(rest);
  if (typeof agreement === "number") {
    const meaning =
      agreement > 0.95
        ? "training changed little"
        : agreement > 0.7
          ? "training changed the order of some rows"
          : "training changed the order of many rows";
    parts.unshift(`rank agreement ${agreement.toFixed(2)} with the untrained networks: ${meaning}`);
  }
  return parts.join("; ");
}

function describeMembers(members: readonly Json[]): string {
  const lines = members.map(describeMember).filter((line) => line !== "");
  const distinct = [...new Set(lines)];
  const number = counted(members.length, "network");
  return distinct.length === 1 ? `${number}: ${distinct[0]}` : number;
}

/** One network's stages: "pretraining 12 epochs, compactness 40 epochs (no improvement)", or in steps where it counts them. */
export function describeMember(member: Json): string {
  const stages: string[] = [];
  for (const [name, stage] of Object.entries(objectOf(member))) {
    const { curve, ended, kept, signs, unit: given } = objectOf(stage);
    const unit = typeof given === "string" ? given : "epoch";
    if (ended === undefined) continue;
    if (ended === "left out") {
      stages.push(`${name} left out`);
      continue;
    }
    const last = Array.isArray(curve) ? objectOf(curve.at(-1) ?? null)["epoch"] : undefined;
    const details = [
      typeof ended === "string" && ended !== "all epochs" ? ended : undefined,
      typeof kept === "number" && typeof last === "number" && kept !== last
        ? `${unit} ${kept} kept`
        : undefined,
      Array.isArray(signs) && signs.length > 0 ? signs.join(", ") : undefined,
    ].filter((detail) => detail !== undefined);
    const epochs = typeof last === "number" ? ` ${counted(last, unit)}` : "";
    stages.push(`${name}${epochs}${details.length > 0 ? ` (${details.join("; ")})` : ""}`);
  }
  return stages.join(", ");
}

const MOST_CHARACTERS = 100;

/** As many whole parts as a line takes. */
function fitting(parts: readonly string[]): string {
  const texts = parts.map((part) => part.trim());
  let shown = texts.length;
  const line = (): string =>
    [
      ...texts.slice(0, shown),
      ...(shown < texts.length ? [`and ${texts.length - shown} more figures`] : []),
    ].join("; ");
  while (shown > 1 && line().length > MOST_CHARACTERS) shown--;
  return line();
}

/** samplesPerTree as "samples per tree". */
function words(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Anything as "key value" pairs, for what this version does not know. */
function flat(value: Json, prefix = ""): string[] {
  if (typeof value === "object" && value !== null) {
    if (Array.isArray(value))
      return value.length === 0 || value.length > 4
        ? []
        : [`${prefix} ${value.map((one) => flat(one)[0]?.trim()).join(", ")}`];
    return Object.entries(value).flatMap(([key, inner]) =>
      flat(inner as Json, prefix === "" ? words(key) : `${prefix} ${words(key)}`),
    );
  }
  return [`${prefix} ${typeof value === "number" ? figure(value) : String(value)}`];
}
