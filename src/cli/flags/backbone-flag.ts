import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Command } from "commander";
import { learnersFrom, requireLearnsFrom } from "../../detectors/fit/abilities.js";
import { type DetectorEntry, detectors } from "../../detectors/registry.js";
import { readError } from "../../io/fs-errors.js";
import type { BackboneFile } from "../../model/contract.js";
import type { ModelCard } from "../../model/index.js";
import { bytes } from "../../text/format.js";
import type { ReportLine } from "../print/training-report.js";

export interface BackboneFlag {
  readonly backbone?: string;
}

export function addBackboneFlag(command: Command): void {
  const users = learnersFrom("backbone", Object.values(detectors)).join(", ");
  command
    .optionsGroup("A network of your own:")
    .option(
      "--backbone <file>",
      `take the features of images from inside of this ONNX network, which becomes a part of the model (${users})`,
    );
}

/** Refuses before anything is read. @throws HypersphereError `invalid-option` for a detector that has no use for it */
export function checkBackboneFlag(detector: DetectorEntry, { backbone }: BackboneFlag): void {
  if (backbone !== undefined) requireLearnsFrom(detector, "backbone", Object.values(detectors));
}

/** The network's file. @throws HypersphereError `io` for one that cannot be read */
export async function readBackboneFile({ backbone }: BackboneFlag): Promise<BackboneFile | undefined> {
  if (backbone === undefined) return undefined;
  try {
    return { bytes: await readFile(backbone), name: basename(backbone) };
  } catch (error) {
    throw await readError(error, backbone);
  }
}

/** Which network a model takes its features from, for reports. */
export function describeBackbone({ backbone }: Pick<ModelCard, "backbone">): ReportLine[] {
  if (backbone === undefined) return [];
  const { name, sha256, bytes: size, license, tensors, shapes, height, width, vector } = backbone;
  const cuts = tensors.map((tensor, k) => `${tensor} (${shapes[k]!.join(" x ")})`);
  return [
    [
      "backbone",
      `${name}, ${bytes(size)}, SHA-256 ${sha256.slice(0, 16)}...${license === undefined ? "" : `, ${license}`}; ` +
        `it sees ${height} x ${width} pixels, and is cut at ${cuts.join(" and ")}${vector === undefined ? "" : `, of which ${vector} numbers are made`}`,
    ],
  ];
}
