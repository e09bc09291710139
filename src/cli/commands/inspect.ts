import type { Command } from "commander";
import { HypersphereError } from "../../errors.js";
import type { CliCommand } from "../command.js";
import { looksLikeModel } from "../files/model-file.js";
import { addDataFlags } from "../flags/data-flags.js";
import { maxPixelsFlag } from "../flags/sample-flags.js";

export const command: CliCommand = {
  configure(inspect) {
    inspect
      .argument("<file>", "a data file or a model; - for data from standard input")
      .optionsGroup("Output:")
      .option("--json", "print one JSON object: the profile of the data, or the whole card of the model");
    addDataFlags(inspect);
    inspect.optionsGroup("Images:").option(...maxPixelsFlag);
  },

  async run(inspect, context) {
    const [path] = inspect.processedArgs as [string];
    if (await looksLikeModel(path)) {
      refuseDataFlags(inspect, path);
      const { inspectModel } = await import("../print/inspect-model.js");
      await inspectModel(path, context);
    } else {
      const { inspectData } = await import("../print/inspect-data.js");
      await inspectData(path, inspect.opts(), context);
    }
    return undefined;
  },
};

/** A model knows how its data are read. */
function refuseDataFlags(inspect: Command, path: string): void {
  const given = inspect.options.find(
    (option) =>
      DATA.includes(option.attributeName()) && inspect.getOptionValueSource(option.attributeName()) === "cli",
  );
  if (given === undefined) return;
  throw new HypersphereError(
    "invalid-option",
    `${given.long} says how data are read, but ${path} is a model.`,
    { hint: "Leave it out." },
  );
}

const DATA = ["delimiter", "header", "missing", "columnType"];
