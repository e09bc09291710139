import { HypersphereError } from "../../errors.js";
import { didYouMean } from "../../text/closest-name.js";
import { columns } from "../../text/format.js";
import { plainText } from "../../text/plain-text.js";
import type { CliCommand } from "../command.js";
import { readTopics, type Topic } from "../help-topics.js";

/** Explains a topic. What a command answers to --help is shown by main.ts, which alone knows the commands. */
export const command: CliCommand = {
  configure(help) {
    help.argument("[topic]", "a command, or a page of the manual; alone, it lists them");
  },

  async run(help, { output }) {
    const [name] = help.processedArgs as [string | undefined];
    const topics = await readTopics();
    if (name === undefined) {
      help.parent!.outputHelp();
      output.result("\nTopics, explained by hypersphere help <topic>:");
      for (const line of columns(topics.map(({ name, title }) => [`  ${name}`, title]))) output.result(line);
      return undefined;
    }
    const topic =
      topics.find((each) => each.name === name) ??
      unknown(
        name,
        topics,
        help.parent!.commands.map((each) => each.name()),
      );
    output.result(plainText(topic.text, Math.min(process.stdout.columns ?? 100, 110)).trimEnd());
    return undefined;
  },
};

function unknown(name: string, topics: readonly Topic[], commands: readonly string[]): never {
  const known = [...commands, ...topics.map((topic) => topic.name)];
  throw new HypersphereError("invalid-option", `There is no command or topic "${name}".`, {
    hint: `${didYouMean(name, known)}\`hypersphere help\` lists them.`,
  });
}
