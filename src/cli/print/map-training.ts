import type { Json } from "../../model/contract.js";
import { count, counted, percent } from "../../text/format.js";

type JsonObject = { readonly [key: string]: Json };

/** What detectors of maps record of their training, in words. `undefined` where a value is not what is known here. */
export const MAP_REPORTS: Readonly<Record<string, (value: Json) => string | undefined>> = {
  sizes: (value) => {
    if (!Array.isArray(value) || value.length === 0) return undefined;
    const patches = value.map(describePatches);
    return patches.includes(undefined) ? undefined : patches.join("; ");
  },
  encoder: (value) => describeEncoder(objectOf(value)),
  memory: (value) => bySize(value, describeMemory),
  learnedFrom: (value) => {
    const { images, defects, outliers, height, width } = objectOf(value);
    if (![images, defects, outliers, height, width].every((given) => typeof given === "number"))
      return undefined;
    const others = [
      ...(defects === 0 ? [] : [counted(defects as number, "known defect")]),
      ...(outliers === 0 ? [] : [counted(outliers as number, "outlier")]),
    ];
    return [`crops of ${width} x ${height} pixels of ${counted(images as number, "image")}`, ...others].join(
      ", ",
    );
  },
};

/** Of patch-memory, whose report has these fields beside each other. */
export function describePatchMemory(training: Json): string | undefined {
  const { features, channels, height, width, remembered, candidates } = objectOf(training);
  const numbers = [channels, height, width, remembered, candidates];
  if (typeof features !== "string" || !numbers.every((given) => typeof given === "number")) return undefined;
  const [of, down, across, kept, from] = numbers as number[];
  const by = features === "backbone" ? "a backbone" : "their pixels";
  return `${count(kept!)} of ${count(from!)} normal patches, by ${by} in ${count(of!)} numbers; ${across} x ${down} places in an image`;
}

const SMALL = { small: "32 x 32 pixels", large: "64 x 64 pixels" } as const;

/** "8 x 8 pixels: a Gaussian for each part of the image". */
function describePatches(size: Json): string | undefined {
  if (size === "small" || size === "large") return `patches of ${SMALL[size]}`;
  const { side, density } = objectOf(size);
  const of = typeof side === "number" ? `patches of ${side} x ${side} pixels` : "features of the backbone";
  if (density === "local") return `${of}: a Gaussian for each part of the image`;
  return density === "global" ? `${of}: one Gaussian` : undefined;
}

function describeEncoder({ curve, ended, kept, signs, skill }: JsonObject): string | undefined {
  const last = Array.isArray(curve) ? objectOf(curve.at(-1) ?? null)["epoch"] : undefined;
  const told = bySize(skill ?? null, (each) => {
    const { start, end } = objectOf(each);
    return typeof start === "number" && typeof end === "number"
      ? `${percent(start)} -> ${percent(end)}`
      : undefined;
  });
  if (typeof last !== "number" || told === undefined) return undefined;
  const details = [
    ...(typeof ended === "string" && ended !== "all epochs" ? [ended] : []),
    ...(typeof kept === "number" && kept !== last ? [`step ${kept} kept`] : []),
    ...(Array.isArray(signs) ? signs.map(String) : []),
  ];
  const ending = details.length === 0 ? "" : ` (${details.join("; ")})`;
  return `${counted(last, "step")}${ending}; directions told of held-out pairs: ${told} (chance: 12.5 %)`;
}

function describeMemory(memory: Json): string | undefined {
  const { kind, remembered, candidates } = objectOf(memory);
  if (typeof remembered !== "number" || typeof candidates !== "number") return undefined;
  return kind === "position"
    ? `${count(remembered)} normal patches for each place, of ${count(candidates)} in all`
    : `${count(remembered)} normal patches from anywhere, of ${count(candidates)}`;
}

/** Where there are patches of both sizes, each has its name before it. */
function bySize(value: Json, describe: (each: Json) => string | undefined): string | undefined {
  const sizes = Object.entries(objectOf(value));
  const texts = sizes.map(([size, each]) => {
    const text = describe(each);
    return text === undefined || sizes.length === 1 ? text : `${size} ${text}`;
  });
  return texts.length === 0 || texts.includes(undefined) ? undefined : texts.join("; ");
}

export function objectOf(value: Json | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}
