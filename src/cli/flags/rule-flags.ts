import { type Command, Option } from "commander";
import { HypersphereError } from "../../errors.js";
import {
  makeRule,
  parseRule,
  type Rule,
  type RuleParameter,
  ruleNamed,
  thresholdRules,
} from "../../scoring/index.js";

/** Flags that mean something without a rule too, and are added by the command itself. */
const SHARED = new Set(["rows-per-day"]);

const entries = Object.entries(thresholdRules);

/** --rule, --method, and a flag for every parameter of every rule. */
export function addRuleFlags(command: Command): void {
  command
    .optionsGroup("Rule (one of the two; without it, the rules are listed):")
    .option("--rule <text>", 'a rule as one text, such as "false-alarms 1%" or "cost 1:20"')
    .option("--method <name>", `a rule by its name: ${Object.keys(thresholdRules).join(", ")}`)
    .optionsGroup("Parameters of --method:");
  for (const [flag, uses] of parameterFlags()) {
    if (!SHARED.has(flag)) command.addOption(new Option(`--${flag} <value>`, helpOf(uses)));
  }
}

type Use = readonly [rule: string, parameter: RuleParameter];

function parameterFlags(): Map<string, Use[]> {
  const flags = new Map<string, Use[]>();
  for (const [rule, { parameters }] of entries) {
    for (const parameter of parameters)
      flags.set(parameter.flag, [...(flags.get(parameter.flag) ?? []), [rule, parameter]]);
  }
  return flags;
}

function helpOf(uses: readonly Use[]): string {
  return uses
    .map(([rule, { summary, default: byDefault }]) => {
      const otherwise = byDefault === undefined ? "" : ` (default: ${byDefault})`;
      return `${rule}: ${summary}${otherwise}`;
    })
    .join("; ");
}

/**
 * The rule that a command line asks for; undefined where it asks for none.
 * @throws HypersphereError `invalid-option` on flags that are missing, wrong, or belong to another method
 */
export function ruleFromFlags(command: Command): Rule | undefined {
  const given: Record<string, string> = {};
  for (const flag of parameterFlags().keys()) {
    const value = command.getOptionValue(attributeOf(flag)) as string | undefined;
    if (value !== undefined) given[flag] = value;
  }
  const { rule: text, method } = command.opts<{ rule?: string; method?: string }>();
  const spare = Object.keys(given).filter((flag) => !SHARED.has(flag));
  if (text !== undefined && method !== undefined) {
    throw new HypersphereError("invalid-option", "--rule and --method exclude each other; give one of them.");
  }
  if (method === undefined) {
    if (spare.length > 0) {
      throw new HypersphereError("invalid-option", `--${spare[0]} needs a --method that it belongs to.`, {
        hint:
          text === undefined
            ? `Add one of ${takersOf(spare[0]!)}.`
            : 'With --rule, values are part of the text, such as "percentile 99".',
      });
    }
    return text === undefined ? undefined : parseRule(text);
  }
  const name = ruleNamed(method);
  const { parameters } = thresholdRules[name];
  const stranger = spare.find((flag) => parameters.every((parameter) => parameter.flag !== flag));
  if (stranger !== undefined) {
    const own = parameters.map(({ flag }) => `--${flag}`).join(", ");
    throw new HypersphereError("invalid-option", `--${stranger} does not belong to --method ${name}.`, {
      hint: `${name} takes ${own === "" ? "no parameters" : own}; --${stranger} belongs to ${takersOf(stranger)}.`,
    });
  }
  const values = Object.fromEntries(
    parameters.filter(({ flag }) => flag in given).map((one) => [one.name, given[one.flag]!]),
  );
  return makeRule(name, values, ({ flag, summary }) => `--${flag} (${summary})`);
}

function takersOf(flag: string): string {
  return parameterFlags()
    .get(flag)!
    .map(([rule]) => `--method ${rule}`)
    .join(", ");
}

/** The key under which commander keeps a flag's value. */
function attributeOf(flag: string): string {
  return flag.replace(/-[a-z]/g, (match) => match[1]!.toUpperCase());
}
