import { type Command, Option } from "commander";
import { z } from "zod";
import { HypersphereError } from "../../errors.js";
import type { Json } from "../../model/contract.js";
import { didYouMean } from "../../text/closest-name.js";
import { flagOf } from "./flag-names.js";
import { numeral } from "./parse.js";

/** The part of JSON Schema that detectors' options use: what texts are read as, and how values are described. */
interface Property {
  readonly type?: string;
  readonly description?: string;
  readonly default?: Json;
  readonly enum?: readonly string[];
  readonly const?: Json;
  /** One of several, such as a number or the word "auto". */
  readonly anyOf?: readonly Property[];
  readonly items?: Property;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

/** The options of a detector as flags and as keys of a JSON file, both made from its zod schema. */
export class SchemaFlags {
  readonly #properties: Readonly<Record<string, Property>>;
  readonly #fields: Readonly<Record<string, z.ZodType>>;

  /** @param schema options of plain types: numbers, booleans, texts, choices, and lists of them */
  constructor(schema: z.ZodObject) {
    const { properties } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
    this.#properties = (properties ?? {}) as Record<string, Property>;
    this.#fields = schema.shape as Record<string, z.ZodType>;
  }

  addTo(command: Command, heading: string): void {
    command.optionsGroup(heading);
    // Descriptions name other options by their keys; a reader of --help knows them as flags.
    const keys = Object.keys(this.#properties).filter((key) => /[A-Z]/.test(key));
    const named = new RegExp(`\\b(${keys.join("|")})\\b`, "g");
    for (const [key, property] of Object.entries(this.#properties)) {
      const flag = flagOf(key);
      const name = flag.slice(2);
      const help = keys.length === 0 ? helpOf(property) : helpOf(property).replace(named, flagOf);
      if (property.type === "boolean") {
        command.addOption(withTerm(new Option(flag, help), `--[no-]${name}`));
        command.addOption(new Option(`--no-${name}`).hideHelp());
      } else {
        const option = new Option(`${flag} <${placeholder(property)}>`, help);
        command.addOption(option.argParser((text: string) => parseFlag(flag, text, this.#described(key))));
      }
    }
  }

  /** The options among a command's flags that were given. */
  given(command: Command): Record<string, Json> {
    const values = command.opts<Record<string, Json | undefined>>();
    const given: Record<string, Json> = {};
    for (const key of Object.keys(this.#properties)) {
      const value = values[attributeOf(key)];
      if (value !== undefined && command.getOptionValueSource(attributeOf(key)) === "cli") given[key] = value;
    }
    return given;
  }

  /** Options from a JSON file's contents. @throws HypersphereError `invalid-option` */
  fromJson(contents: unknown, source: string): Record<string, Json> {
    if (typeof contents !== "object" || contents === null || Array.isArray(contents)) {
      throw new HypersphereError(
        "invalid-option",
        `${source} holds no options: expected an object such as {"latentDim": 32}.`,
      );
    }
    const options = contents as Record<string, Json>;
    const keys = Object.keys(this.#properties);
    for (const [key, value] of Object.entries(options)) {
      if (!Object.hasOwn(this.#properties, key)) {
        throw new HypersphereError("invalid-option", `${source}: there is no option "${key}".`, {
          hint: `${didYouMean(key, keys)}Options are named as in --help, in camel case: hiddenDims for --hidden-dims.`,
        });
      }
      check(`${source}: ${key}`, value, this.#described(key));
    }
    return options;
  }

  #described(key: string): Described {
    return { property: this.#properties[key]!, field: this.#fields[key]! };
  }
}

/** An option as it is described to people, and as its schema judges values. */
interface Described {
  readonly property: Property;
  readonly field: z.ZodType;
}

/** The name under which commander keeps the value of `flagOf(key)`. */
function attributeOf(key: string): string {
  return new Option(flagOf(key)).attributeName();
}

function withTerm(option: Option, helpTerm: string): Option {
  return Object.assign(option, { helpTerm });
}

function placeholder({ type, enum: choices, const: only, anyOf, items }: Property): string {
  if (anyOf !== undefined) return anyOf.map(placeholder).join("|");
  if (only !== undefined) return String(only);
  if (choices?.length === 1) return choices[0]!;
  if (choices !== undefined) return "name";
  if (type === "array") {
    const word = items?.enum !== undefined ? "name" : items?.type === "string" ? "text" : "n";
    return `${word},${word},...`;
  }
  if (type === "string") return "words";
  return type === "integer" || type === "number" ? "n" : "text";
}

function helpOf(property: Property): string {
  const { description = "", default: standard, enum: choices } = property;
  const notes: string[] = [];
  if (choices !== undefined) notes.push(`one of ${choices.join(", ")}`);
  if (standard !== undefined) notes.push(`default: ${shown(standard)}`);
  return notes.length === 0 ? description : `${description} (${notes.join("; ")})`;
}

function shown(value: Json): string {
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.join(",");
  if (typeof value === "boolean") return value ? "on" : "off";
  return String(value);
}

function parseFlag(flag: string, text: string, { property, field }: Described): Json {
  const values = (property.anyOf ?? [property]).map((one) => valueFrom(text, one));
  const value = values.find((one) => field.safeParse(one).success) ?? values[0]!;
  check(flag, value, { property, field }, text);
  return value;
}

/** What a text is as a value of one type; the text itself where it is none. */
function valueFrom(text: string, { type, items }: Property): Json {
  if (type === "array") {
    const trimmed = text.trim();
    return trimmed === "" || trimmed === "none"
      ? []
      : trimmed.split(",").map((part) => valueFrom(part, items ?? {}));
  }
  if (type !== "integer" && type !== "number") return text;
  const value = numeral(text);
  return Number.isNaN(value) ? text : value;
}

/** Says in the words of the one who typed it what the schema does not take. */
function check(
  what: string,
  value: Json,
  { property, field }: Described,
  typed: string = typeof value === "string" ? value : JSON.stringify(value),
): void {
  const parsed = field.safeParse(value);
  if (parsed.success) return;
  // What an option has to say of its own, such as which percentile is meant.
  const said = parsed.error.issues.find(({ message }) => message.startsWith("expected "))?.message;
  const choices = property.enum ?? [];
  const hint = typeof value === "string" ? didYouMean(value, choices).trim() : "";
  throw new HypersphereError(
    "invalid-option",
    `${what} is "${typed}", ${said ?? `expected ${expected(property)}`}.`,
    {
      ...(hint !== "" && { hint }),
    },
  );
}

function expected(property: Property): string {
  const { type, enum: choices, items, const: only, anyOf } = property;
  if (anyOf !== undefined) return anyOf.map(expected).join(", or ");
  if (only !== undefined) return String(only);
  if (choices?.length === 1) return choices[0]!;
  if (choices !== undefined) return `one of ${choices.join(", ")}`;
  if (type === "boolean") return "true or false";
  if (type === "array") return `a list, each of it ${expected(items ?? {})}`;
  if (type !== "integer" && type !== "number") return "another value";
  const bounds = [
    property.minimum !== undefined && `at least ${property.minimum}`,
    property.exclusiveMinimum !== undefined && `above ${property.exclusiveMinimum}`,
    property.maximum !== undefined && property.maximum < 2 ** 53 - 1 && `at most ${property.maximum}`,
    property.exclusiveMaximum !== undefined && `below ${property.exclusiveMaximum}`,
  ].filter((bound) => bound !== false);
  const noun = type === "integer" ? "a whole number" : "a number";
  return bounds.length === 0 ? noun : `${noun}, ${bounds.join(" and ")}`;
}
