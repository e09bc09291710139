import { HypersphereError } from "../../errors.js";
import type { CliCommand } from "../command.js";
import { loadModelFile, VERIFY_KEY } from "../files/model-file.js";

export const command: CliCommand = {
  configure(verify) {
    verify
      .argument("<model>", "a file that `hypersphere sign` wrote")
      .optionsGroup("Signature:")
      .option("--key <file>", `the public key, Ed25519 in PEM form (default: ${VERIFY_KEY})`)
      .optionsGroup("Output:")
      .option("--json", "print one JSON object")
      .addHelpText(
        "after",
        `\nExit code 0 if the signature fits, 4 if not. With a key in ${VERIFY_KEY}, every command` +
          "\nrefuses models that are not signed with it. See `hypersphere help security`.",
      );
  },

  async run(command, { output }) {
    const [path] = command.processedArgs as [string];
    const { key = process.env[VERIFY_KEY] } = command.opts<{ key?: string }>();
    if (key === undefined || key === "") {
      throw new HypersphereError("invalid-option", "No key was given to verify with.", {
        hint: `Add --key pub.pem, or set ${VERIFY_KEY}.`,
      });
    }
    await loadModelFile(path, { key });
    if (output.json) output.resultJson({ model: path, verified: true });
    else if (!output.quiet) output.result(`${path} is as it was signed with this key.`);
    return undefined;
  },
};
