import { signModel } from "../../io/model-signature.js";
import type { CliCommand } from "../command.js";
import { addChangeFlags, ChangedModelFile, type ChangeFlags } from "../files/changed-model.js";
import { loadModelFile } from "../files/model-file.js";

interface SignFlags extends ChangeFlags {
  readonly key: string;
}

export const command: CliCommand = {
  configure(sign) {
    sign.argument("<model>", "a file that `hypersphere train` wrote");
    addChangeFlags(sign);
    sign.optionsGroup("Signature:").requiredOption("--key <file>", "the private key, Ed25519 in PEM form");
    sign.addHelpText(
      "after",
      "\nA key:             openssl genpkey -algorithm ed25519 -out key.pem" +
        "\nIts public half:   openssl pkey -in key.pem -pubout -out pub.pem" +
        "\nThe signature stands in the file and covers every other byte. See `hypersphere help security`.",
    );
  },

  async run(command, { output, signal }) {
    const [path] = command.processedArgs as [string];
    const flags = command.opts<SignFlags>();
    const file = await ChangedModelFile.open(path, flags);
    const { bytes } = await loadModelFile(path, { unverified: true });
    const signed = await signModel(bytes, flags.key);
    await file.writeBytes(signed, signal);
    if (output.json) output.resultJson({ model: path, out: file.path ?? null });
    else if (!output.quiet) output.result(file.summary);
    return undefined;
  },
};
