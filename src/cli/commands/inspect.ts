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
      const { inspectModel } = await import("../print/inspect-model.js");
      await inspectModel(path, context);
    } else {
      const { inspectData } = await import("../print/inspect-data.js");
      await inspectData(path, inspect.opts(), context);
    }
    return undefined;
  },
};
