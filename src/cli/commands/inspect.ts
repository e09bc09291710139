import type { Command } from "commander";
import { HypersphereError } from "../../errors.js";
import { checkWritable } from "../../io/write-file.js";
import type { CliCommand } from "../command.js";
import { fleetAt } from "../files/fleet-file.js";
import { looksLikeModel } from "../files/model-file.js";
import { checkEnding, checkOutputs } from "../files/outputs.js";
import { requirePageFile } from "../files/training-page-file.js";
import { addDataFlags, DATA_FLAGS } from "../flags/data-flags.js";
import { maxPixelsFlag } from "../flags/sample-flags.js";

interface InspectFlags {
  readonly report?: string;
  readonly data?: string;
  readonly force?: boolean;
  readonly entity?: string;
  readonly out?: string;
}

export const command: CliCommand = {
  configure(inspect) {
    inspect
      .argument("<file>", "a data file, a model or a fleet; - for data from standard input")
      .optionsGroup("Output:")
      .option("--json", "print one JSON object: the profile of the data, or the whole card of the model")
      .option("--report <file>", "of a model, write a page that shows what it learned, such as page.html")
      .option("--force", "replace the page if it exists")
      .optionsGroup("What the page shows:")
      .option(
        "--data <data>",
        "rows to look at through the model, such as its training data (default: only what the model itself holds)",
      );
    inspect
      .optionsGroup("Of a fleet:")
      .option("--entity <name>", "the model of this entity instead of the index")
      .option("-o, --out <file>", "write that model there, as a file of its own");
    addDataFlags(inspect);
    inspect.optionsGroup("Images:").option(...maxPixelsFlag);
  },

  async run(inspect, context) {
    const [path] = inspect.processedArgs as [string];
    const flags = inspect.opts<InspectFlags>();
    const { report, data, force } = flags;
    if (report === undefined && flags.out === undefined)
      refuse(inspect, REPORTING, "says what the page shows, but there is no --report");
    requirePageFile(report);
    const fleet = await fleetAt(path);
    if (fleet === undefined) refuse(inspect, OF_FLEET, `is for fleets, and ${path} is none`);
    if (fleet !== undefined) {
      if (flags.entity === undefined)
        refuse(
          inspect,
          [...OF_ENTITY, ...DATA],
          "concerns one model of a fleet, but there is no --entity",
          "Name the entity with --entity, or leave it out.",
        );
      await checkOutputs({ "--report": report, "--out": flags.out }, { "the fleet": path, "--data": data });
      for (const file of [report, flags.out]) if (file !== undefined) await checkWritable(file, { force });
      const { inspectFleet } = await import("../fleet/inspect-fleet.js");
      await inspectFleet(path, fleet, { ...inspect.opts(), report, data, force, ...flags }, context);
    } else if (await looksLikeModel(path)) {
      // With data to look at, the flags say how those are read.
      if (data === undefined) refuse(inspect, DATA, `says how data are read, but ${path} is a model`);
      await checkOutputs({ "--report": report }, { "the model": path, "--data": data });
      checkEnding("--report", report, "page");
      if (report !== undefined) await checkWritable(report, { force });
      const { inspectModel } = await import("../print/inspect-model.js");
      await inspectModel(path, { ...inspect.opts(), report, data, force }, context);
    } else {
      refuse(inspect, ["report"], `shows what a model learned, but ${path} holds data`);
      const { inspectData } = await import("../print/inspect-data.js");
      await inspectData(path, inspect.opts(), context);
    }
    return undefined;
  },
};

/** A model knows how its data are read. */
function refuse(inspect: Command, names: readonly string[], why: string, hint = "Leave it out."): void {
  const given = inspect.options.find(
    (option) =>
      names.includes(option.attributeName()) &&
      inspect.getOptionValueSource(option.attributeName()) === "cli",
  );
  if (given === undefined) return;
  throw new HypersphereError("invalid-option", `${given.long} ${why}.`, { hint });
}

const OF_FLEET = ["entity", "out"];
const OF_ENTITY = ["report", "out", "data"];
const DATA: readonly string[] = [...DATA_FLAGS, "maxPixels"];
const REPORTING = ["data", "force"];
