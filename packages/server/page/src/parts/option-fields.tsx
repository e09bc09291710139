import { Refusal } from "../api.js";
import type { Detector, DetectorOption } from "../types.js";

/** Uploads of rows are tables and series: what only images have is not asked for. */
const OF_IMAGES = /^(backbone|augment|image|map|tile|patch|overlap|contrast|maps$)/;

const optionsOf = ({ options }: Detector): readonly DetectorOption[] =>
  options.filter(({ name }) => !OF_IMAGES.test(name));

/** A field for each option; one that is left empty is the detector's default. */
export function OptionFields({
  detector,
  values,
  onChange,
}: {
  detector: Detector;
  values: Readonly<Record<string, string>>;
  onChange: (values: Readonly<Record<string, string>>) => void;
}) {
  const set = (name: string, value: string) => onChange({ ...values, [name]: value });
  return (
    <div class="fields">
      {optionsOf(detector).map((option) => {
        const id = `option-${option.name}`;
        const choices = option.type === "boolean" ? ["true", "false"] : option.choices;
        return (
          <p key={option.name} class="field">
            <label for={id}>{option.name}</label>
            {choices === undefined ? (
              <input
                id={id}
                value={values[option.name] ?? ""}
                inputMode={option.type === "integer" || option.type === "number" ? "decimal" : "text"}
                placeholder={defaultOf(option)}
                aria-describedby={`${id}-note`}
                onInput={(event) => set(option.name, event.currentTarget.value)}
              />
            ) : (
              <select
                id={id}
                value={values[option.name] ?? ""}
                aria-describedby={`${id}-note`}
                onChange={(event) => set(option.name, event.currentTarget.value)}
              >
                <option value="">{defaultOf(option)}</option>
                {choices.map((choice) => (
                  <option key={choice} value={choice}>
                    {choice}
                  </option>
                ))}
              </select>
            )}
            <small id={`${id}-note`}>{option.description}</small>
          </p>
        );
      })}
    </div>
  );
}

const defaultOf = ({ default: value }: DetectorOption): string =>
  value === undefined ? "by the data" : typeof value === "string" ? value : JSON.stringify(value);

/** What was filled in, as the service takes it. @throws Refusal for text that is no value of its option */
export function optionsFrom(
  detector: Detector,
  values: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const given = optionsOf(detector).filter(({ name }) => (values[name] ?? "").trim() !== "");
  return Object.fromEntries(
    given.map((option) => [option.name, parsed(option, values[option.name]!.trim())]),
  );
}

function parsed({ name, type, description }: DetectorOption, text: string): unknown {
  if (type === "text" || type === "choice") return text;
  try {
    return JSON.parse(text);
  } catch {
    if (type === "json" && /^[\w-]+$/.test(text)) return text;
    throw new Refusal(0, `“${text}” is no value of ${name}.`, `${name}: ${description}.`);
  }
}
