import type { RowNames, SeriesLayout } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { kindOfSchema, type SchemaNotes } from "../../features/index.js";
import type { Fleet } from "../../fleet/fleet.js";
import { findFleetIncidents } from "../../fleet/fleet-incidents.js";
import type { Cell } from "../../formats/table/csv-row.js";
import { findIncidents, type Incident, type Incidents } from "../../incidents/index.js";
import { checkWritable } from "../../io/write-file.js";
import { count, counted, shortFloat32 } from "../../text/format.js";
import type { CliCommand, CliContext } from "../command.js";
import { fleetAt } from "../files/fleet-file.js";
import { loadModelFile } from "../files/model-file.js";
import { openSamples } from "../files/open-samples.js";
import { checkEnding, checkOutputs } from "../files/outputs.js";
import { RowWriter } from "../files/row-writer.js";
import { warnOfDifferences, warnOfScores } from "../files/score-samples.js";
import {
  addDecisionFlags,
  type DecisionFlags,
  type RuntimeChoice,
  runtimeFlag,
} from "../flags/data-flags.js";
import { addIncidentFlags, type IncidentFlags } from "../flags/incident-flags.js";
import { addStepSampleFlags, type StepSampleFlags } from "../flags/sample-flags.js";
import { useScoringRuntime } from "../use-runtime.js";

interface IncidentsFlags extends StepSampleFlags, DecisionFlags, IncidentFlags {
  readonly out?: string;
  readonly force?: boolean;
  readonly jsonl?: boolean;
  readonly keepFormulas?: boolean;
  readonly runtime?: RuntimeChoice;
}

export const command: CliCommand = {
  configure(incidents) {
    incidents
      .argument("<model>", "a file that `hypersphere train` wrote, of a series or a fleet of such")
      .argument("<data>", "one row per time step, as the model was trained; - for standard input")
      .optionsGroup("Output:")
      .option("-o, --out <file>", "write the incidents there instead of to standard output")
      .option("--force", "replace the file if it exists")
      .option("--jsonl", "one JSON object per incident instead of CSV")
      .option(
        "--keep-formulas",
        "write texts that begin with =, +, - or @ as they are (default: with a ' before)",
      )
      .option("--json", "print a JSON summary; needs --out");
    addIncidentFlags(incidents);
    addDecisionFlags(incidents);
    addStepSampleFlags(incidents);
    incidents.optionsGroup("Scoring:").option(...runtimeFlag);
    incidents.addHelpText(
      "after",
      "\nColumns: the entity of a series of several, from, to, peak_at (times, or numbers of rows from 1), steps, flagged (of them)," +
        "\nscore and p_value at the peak, threshold, severity (1 at the threshold, 2 twice as far above the usual score), and sensors:" +
        "\ncolumns that left the values of the training rows, the furthest first. No incident spans a gap or two entities." +
        "\nSee `hypersphere help series`.",
    );
  },

  async run(command, context) {
    const [modelPath, dataPath] = command.processedArgs as [string, string];
    const flags = command.opts<IncidentsFlags>();
    const { output, signal } = context;
    const { force, mergeGap, minLength, rule, percentile, threshold, operatingPoint, combine } = flags;
    const out = flags.out === "-" ? undefined : flags.out;
    if (output.json && out === undefined) {
      throw new HypersphereError(
        "invalid-option",
        "--json prints a summary, but the incidents go to standard output.",
        { hint: "Use --jsonl for incidents in JSON, or add --out." },
      );
    }
    await checkOutputs({ "--out": out }, { "the model": modelPath, "the data": dataPath });
    checkEnding("--out", out, "rows");
    if (out !== undefined) await checkWritable(out, { force });
    useScoringRuntime(flags.runtime, context);
    const fleet = await fleetAt(modelPath);
    if (fleet !== undefined) return ofFleet(fleet, dataPath, out, flags, context);
    const { model } = await loadModelFile(modelPath);
    const samples = await openSamples(dataPath, flags, context, { model, labelled: false });
    const found = await findIncidents(model, samples, {
      ...{ mergeGap, minLength, rule, percentile, threshold, operatingPoint, combine, signal },
      onProgress: (fraction) => output.progress("scoring", fraction),
    });
    output.endProgress();
    warnOfScores(model, found.scores, samples, combine, output);
    const layout = kindOfSchema(model.card.schema).layout(model.card.schema);
    const limit = shortFloat32(found.scores.threshold);
    const listed = found.incidents.map((incident) => ({ incident, threshold: limit }));
    await writeIncidents(listed, places(samples.names, layout), out, flags, context);
    const { notes, scores, isAnomaly } = found.scores;
    summarize(
      samples.data.source,
      { ...found, rows: scores.length, flagged: countOf(isAnomaly), further: { threshold: limit }, notes },
      out,
      context,
    );
    return undefined;
  },
};

const countOf = (flags: Uint8Array): number => flags.reduce((sum, flag) => sum + flag, 0);

/** The incidents of every entity. */
async function ofFleet(
  fleet: Fleet,
  path: string,
  out: string | undefined,
  flags: IncidentsFlags,
  context: CliContext,
): Promise<undefined> {
  const { output, signal } = context;
  const { mergeGap, minLength, rule, percentile, threshold, operatingPoint, combine } = flags;
  const samples = await openSamples(path, flags, context, { model: fleet, labelled: false });
  const found = await findFleetIncidents(fleet, samples, {
    ...{ mergeGap, minLength, rule, percentile, threshold, operatingPoint, combine, signal },
    onProgress: (fraction) => output.progress("scoring", fraction),
  });
  output.endProgress();
  await fleet.close();
  warnOfDifferences(found.notes, samples, output);
  const { schema } = fleet.card;
  const layout = kindOfSchema(schema).layout(schema);
  await writeIncidents(found.incidents, places(samples.names, layout), out, flags, context);
  const { fallbackEntities: fallback } = found;
  summarize(samples.data.source, { ...found, rows: samples.rowCount, further: { fallback } }, out, context);
  return undefined;
}

/** An incident with what was in charge: of a fleet, whether its entity's own model. */
interface Listed {
  readonly incident: Incident;
  readonly threshold: number;
  readonly own?: boolean;
}

/** What tells whose a row is, and when it was. */
interface Places {
  /** The entity column, where there is one. */
  readonly columns: readonly string[];
  entity(row: number): readonly Cell[];
  /** A number, from 1, where there is no column of times. */
  time(row: number): Cell;
}

/** Rows of a series are called by their entity, then by their time; without either they have numbers. */
function places(
  names: RowNames | undefined,
  { timeColumn, entityColumn }: Partial<SeriesLayout> = {},
): Places {
  const isNamed = names !== undefined && (timeColumn !== undefined || entityColumn === undefined);
  return {
    columns: entityColumn === undefined ? [] : [entityColumn],
    entity: (row) => (entityColumn === undefined ? [] : [names?.of(row)[0]]),
    time: (row) => (isNamed ? names.of(row).at(-1) : row + 1),
  };
}

async function writeIncidents(
  incidents: readonly Listed[],
  { columns, entity, time }: Places,
  out: string | undefined,
  { jsonl, force, keepFormulas }: IncidentsFlags,
  { signal }: CliContext,
): Promise<void> {
  const json = jsonl ?? /\.(jsonl|ndjson)$/i.test(out ?? "");
  const own = [
    "from",
    "to",
    "peak_at",
    "steps",
    "flagged",
    "score",
    "p_value",
    "threshold",
    "severity",
    "sensors",
  ];
  const ofFleet = incidents.some((listed) => listed.own !== undefined);
  const names = [...columns, ...own, ...(ofFleet ? ["model"] : [])];
  const writer = await RowWriter.open(names, { out, json, force, keepFormulas, signal });
  try {
    for (const { incident, threshold, own: isOwn } of incidents) {
      if (writer.readerGone) break;
      const cells = [...entity(incident.fromRow), ...cellsOf(incident, time, threshold)];
      await writer.write(ofFleet ? [...cells, isOwn ? "own" : "fallback"] : cells);
    }
    await writer.close();
  } finally {
    await writer.discard();
  }
}

function cellsOf(incident: Incident, time: (row: number) => Cell, threshold: number): Cell[] {
  const { fromRow, toRow, peakRow, steps, flagged, peak, pValue, severity, sensors } = incident;
  return [
    ...[time(fromRow), time(toRow), time(peakRow), steps, flagged],
    ...[shortFloat32(peak), shortFloat32(pValue), shortFloat32(threshold)],
    severity === undefined ? undefined : Number(severity.toPrecision(3)),
    sensors.length === 0 ? undefined : sensors.join("; "),
  ];
}

interface Summed extends Pick<Incidents, "mergeGap" | "minLength"> {
  readonly incidents: readonly unknown[];
  readonly rows: number;
  readonly flagged: number;
  /** Fields of the JSON that a model or a fleet has of its own. */
  readonly further: object;
  readonly notes: SchemaNotes;
}

function summarize(
  source: string,
  { incidents, rows, flagged, further, mergeGap, minLength, notes }: Summed,
  out: string | undefined,
  { output }: CliContext,
): void {
  if (output.json) {
    const given = { source, rows, flagged, incidents: incidents.length, ...further, mergeGap, minLength };
    output.resultJson({ ...given, out, notes });
    return;
  }
  const text =
    `${counted(incidents.length, "incident")} in ${source}: ${count(flagged)} of ${count(rows)} rows are above the threshold; ` +
    `those with at most ${counted(mergeGap, "step")} between them are one.`;
  if (out === undefined) output.note(text);
  else if (!output.quiet) output.result(`${text}\nWrote ${out}.`);
}
