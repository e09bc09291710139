import { columnSchema } from "../../features/index.js";
import type { Fleet } from "../../fleet/fleet.js";
import { writeFileAtomic } from "../../io/write-file.js";
import { bytes, columns, count, counted } from "../../text/format.js";
import type { CliContext } from "../command.js";
import { type InspectModelFlags, showModel } from "../print/inspect-model.js";
import { requireEntity } from "./entity.js";

export interface InspectFleetFlags extends InspectModelFlags {
  readonly entity?: string | undefined;
  /** Where the entity's model goes. */
  readonly out?: string | undefined;
}

/** Entities that are listed one by one. */
const LISTED = 20;

/** `inspect` of a fleet: its index, or the model of one entity. */
export async function inspectFleet(
  path: string,
  fleet: Fleet,
  flags: InspectFleetFlags,
  context: CliContext,
): Promise<void> {
  const { output, signal } = context;
  const { entity, out, force } = flags;
  if (entity !== undefined) {
    requireEntity(fleet, entity);
    const model = await fleet.model(entity);
    const file = model.toBytes();
    if (out !== undefined) await writeFileAtomic(out, file, { force, signal });
    const name = `${path}, ${entity}${fleet.has(entity) ? "" : " (the model of all entities stands in)"}`;
    const takeOut = `hypersphere inspect ${path} --entity ${JSON.stringify(entity)} --out model.onnx`;
    await showModel(
      out ?? name,
      { model, bytes: file },
      flags,
      context,
      out === undefined ? takeOut : undefined,
    );
    if (out !== undefined) output.note(`Wrote ${out} (${bytes(file.length)}).`);
    return;
  }
  if (output.json) {
    output.resultJson(fleet.index);
    return;
  }
  output.result(indexText(path, fleet));
}

function indexText(path: string, { index, entities }: Fleet): string {
  const own = entities.filter(({ model }) => model !== undefined);
  const failed = entities.filter(({ fallback }) => fallback === "failed");
  const few = entities.length - own.length - failed.length;
  const { numeric, categorical, constant = [] } = columnSchema(index.schema)!;
  const used = [...numeric, ...categorical, ...constant].map(({ name }) => name);
  const sections: [string, string[]][] = [
    [
      `${path}: a fleet of ${index.detector}, one model per "${index.entityColumn}"`,
      columns([
        ["own models", counted(own.length, "entity", "entities")],
        ["model of all", `from ${count(index.fallback.rows)} rows; stands in for the others`],
        ["too few rows", `${counted(few, "entity", "entities")} with fewer than ${count(index.minRows)}`],
        ...(failed.length === 0 ? [] : [["failed", counted(failed.length, "entity", "entities")]]),
        ["rule", index.rule ?? "the detector's percentile"],
        ["columns", used.join(", ")],
        ["data", `SHA-256 ${index.fingerprint}`],
        ["made by", `hypersphere ${index.hypersphere}`],
      ]),
    ],
    ["Failed", columns(failed.slice(0, LISTED).map(({ name, error = "" }) => [name, error]))],
    [
      entities.length > LISTED ? `Entities (the first ${LISTED} of ${count(entities.length)})` : "Entities",
      columns(
        entities
          .slice(0, LISTED)
          .map(({ name, rows, model, fallback }) => [
            name,
            count(rows),
            model === undefined
              ? `model of all (${fallback === "failed" ? "failed" : "few rows"})`
              : bytes(model.bytes),
          ]),
        [1],
      ),
    ],
  ];
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => [title, ...lines.map((line) => `  ${line}`)].join("\n"))
    .join("\n\n");
}
