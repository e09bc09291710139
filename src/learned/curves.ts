import type { Json } from "../model/contract.js";
import type { ModelCard } from "../model/index.js";
import type { CurvePoint } from "../train/stage.js";
import type { TrainingCurve } from "./report.js";

type JsonObject = { readonly [key: string]: Json };

/**
 * The training curves that a model's card holds, of whatever detector: every record in it that has a curve. Detectors that do
 * not learn by steps have none.
 */
export function trainingCurves({ training }: Pick<ModelCard, "training">): TrainingCurve[] {
  const found: { readonly path: readonly string[]; readonly stage: JsonObject }[] = [];
  walk(training, [], (path, stage) => found.push({ path, stage }));
  const several = found.some(({ path }) => path.includes("network 2"));
  return found.map(({ path, stage }): TrainingCurve => {
    const network = path.findLast((step) => step.startsWith("network "));
    const own = path.filter((step) => several || step !== network);
    const last = path.at(-1);
    const named = last === undefined || last === network ? "training" : last;
    return {
      name: own.length === 0 ? named : [...own, ...(named === last ? [] : [named])].join(", "),
      stage: named,
      ...(several && network !== undefined && { network: Number(network.slice("network ".length)) }),
      points: stage["curve"] as unknown as readonly CurvePoint[],
      ended: stage["ended"] as TrainingCurve["ended"],
      unit: stage["unit"] === "step" ? "step" : "epoch",
      kept: typeof stage["kept"] === "number" ? stage["kept"] : 0,
      signs: Array.isArray(stage["signs"]) ? (stage["signs"] as string[]) : [],
    };
  });
}

function walk(
  value: Json,
  path: readonly string[],
  onStage: (path: readonly string[], stage: JsonObject) => void,
): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    value.forEach((each, k) => {
      walk(
        each,
        [...path.slice(0, -1), `${PLACES[path.at(-1)!] ?? path.at(-1) ?? "part"} ${k + 1}`],
        onStage,
      );
    });
    return;
  }
  const record = value as JsonObject;
  if (isStage(record)) onStage(path, record);
  for (const [key, inner] of Object.entries(record)) {
    if (key !== "curve") walk(inner, TRANSPARENT.includes(key) ? path : [...path, key], onStage);
  }
}

/** What lists are of. */
const PLACES: Readonly<Record<string, string>> = { members: "network", folds: "fold" };
/** Keys that say nothing to a reader. */
const TRANSPARENT: readonly string[] = ["training", "report"];

function isStage({ curve, ended }: JsonObject): boolean {
  if (!Array.isArray(curve) || curve.length === 0 || typeof ended !== "string") return false;
  const [first] = curve as readonly JsonObject[];
  return typeof first?.["epoch"] === "number" && typeof first["loss"] === "number";
}
