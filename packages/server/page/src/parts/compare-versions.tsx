import { useState } from "preact/hooks";
import { ask, modelPath } from "../api.js";
import { cell } from "../format.js";
import type { Model } from "../types.js";
import { useWork } from "../use-load.js";
import { ComparisonTable } from "./comparison-table.js";
import { Loaded } from "./messages.js";
import { Scroll } from "./scroll.js";

type Card = Readonly<Record<string, unknown>>;

/** The card of a version, or of two beside each other: what differs is marked and comes first. */
export function CompareVersions({ model }: { model: Model }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Card{model.versions.length > 1 && ", and two versions compared"}</summary>
      {open && <Compared model={model} />}
    </details>
  );
}

function Compared({ model }: { model: Model }) {
  const all = model.versions.map(({ version }) => version);
  const newest = all.at(-1)!;
  const [left, setLeft] = useState(model.activeVersion ?? newest);
  const [right, setRight] = useState(newest);
  const cards = useWork(
    (signal) =>
      Promise.all(
        [left, right].map((version) =>
          ask<Card>(modelPath(model.name, `/versions/${version}/card`), { signal }),
        ),
      ),
    [model.name, left, right],
  );
  const choice = (label: string, value: number, set: (version: number) => void) => (
    <label>
      {label}{" "}
      <select value={value} onChange={(event) => set(Number(event.currentTarget.value))}>
        {all.map((version) => (
          <option key={version} value={version}>
            {version}
          </option>
        ))}
      </select>
    </label>
  );
  const two = left !== right;
  // A refit was compared with the version that it began from, on rows with verdicts.
  const refit = model.versions.find(
    ({ version, comparison }) =>
      [left, right].includes(version) && comparison !== null && [left, right].includes(comparison.version),
  );
  return (
    <>
      <p class="controls">
        {choice("Version", left, setLeft)} {all.length > 1 && choice("beside", right, setRight)}
      </p>
      {two && refit?.comparison && <ComparisonTable comparison={refit.comparison} version={refit.version} />}
      <Loaded of={cards}>
        {([a, b]) => (
          <Scroll label={`Card of ${model.name}`} low>
            <table>
              <thead>
                <tr>
                  <th scope="col">Field</th>
                  <th scope="col">Version {left}</th>
                  {two && <th scope="col">Version {right}</th>}
                </tr>
              </thead>
              <tbody>
                {fieldsOf(a!, b!).map(({ name, values, differs }) => (
                  <tr key={name}>
                    <th scope="row">
                      {two && differs && <span class="differs">differs: </span>}
                      {name}
                    </th>
                    <td class="text">{values[0]}</td>
                    {two && <td class="text">{values[1]}</td>}
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        )}
      </Loaded>
    </>
  );
}

/** Long lists say nothing to people: curves and quantiles are in the file. */
const LONGEST = 120;

function fieldsOf(a: Card, b: Card) {
  const [one, other] = [flat(a), flat(b)];
  const names = [...new Set([...one.keys(), ...other.keys()])];
  const fields = names.map((name) => {
    const values = [one.get(name) ?? "–", other.get(name) ?? "–"] as const;
    return { name, values: values.map((text) => shortened(text)), differs: values[0] !== values[1] };
  });
  return fields.sort((x, y) => Number(y.differs) - Number(x.differs));
}

const shortened = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text);

function flat(card: Card, prefix = ""): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(card)) {
    if (
      typeof value === "object" &&
      value !== null &&
      !Array.isArray(value) &&
      prefix.split(".").length < 3
    ) {
      for (const [inner, text] of flat(value as Card, `${prefix}${name}.`)) fields.set(inner, text);
    } else fields.set(`${prefix}${name}`, cell(value));
  }
  return fields;
}
