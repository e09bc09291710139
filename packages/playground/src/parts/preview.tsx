import { cell, count } from "../format.js";
import type { Overview, Reading } from "../protocol.js";
import { Notes } from "./messages.js";
import { Picture } from "./picture.js";

/** What was read, which of it will be learned from, and why the rest is left out. */
export function Preview({
  data,
  reading,
  onReading,
  disabled,
}: {
  data: Overview;
  reading: Reading;
  onReading: (reading: Reading) => void;
  disabled: boolean;
}) {
  const { kind, labels, columns } = data;
  const learned = columns.filter(({ learned }) => learned).length;
  const things =
    kind === "images" ? "image" : kind === "series" && reading.steps === undefined ? "window" : "row";
  return (
    <>
      <p>
        <strong>{data.source}</strong>: {count(data.rows, things)}
        {columns.length > 0 && (
          <>
            , {count(learned, "column")} of {columns.length + reading.exclude.length} to learn from
          </>
        )}
        {reading.steps !== undefined && data.window !== undefined && (
          <>, seen in windows of {count(data.window, "step")}</>
        )}
        {data.trainingRows !== undefined && <>, {count(data.trainingRows, things)} for training</>}.
        {labels !== undefined && (
          <>
            {" "}
            By {labels.by}, {labels.normal} are normal, {labels.anomalies} abnormal
            {labels.unlabelled > 0 && <> and {labels.unlabelled} unlabelled</>}: only normal ones are learned
            from.
          </>
        )}
      </p>
      <Notes of={data.warnings} title="What to know about these data" />
      {kind === "images" ? (
        <div class="pictures">
          {data.pictures.map((picture) => (
            <Picture key={picture.name} of={picture} label={picture.name} />
          ))}
        </div>
      ) : (
        <Columns data={data} reading={reading} onReading={onReading} disabled={disabled} />
      )}
    </>
  );
}

function Columns({
  data: { columns, head, kind },
  reading,
  onReading,
  disabled,
}: {
  data: Overview;
  reading: Reading;
  onReading: (reading: Reading) => void;
  disabled: boolean;
}) {
  const excluded = reading.exclude;
  const labelled = columns.filter(({ texts }) => texts.length > 1);
  const textsOf = (name: string): readonly string[] =>
    columns.find((column) => column.name === name)?.texts ?? [];
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
      <section class="scroll" aria-label="Columns" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col">Learned from</th>
              <th scope="col">Values</th>
              {head.length > 0 && <th scope="col">First rows</th>}
            </tr>
          </thead>
          <tbody>
            {columns.map(({ name, kind, learned, reason, summary }, place) => (
              <tr key={name} class={learned ? "" : "out"}>
                <th scope="row">
                  {name} <small class="kind">{kind === "numeric" ? "numbers" : "categories"}</small>
                </th>
                <td>
                  {learned ? (
                    <label class="check">
                      <input
                        type="checkbox"
                        checked
                        disabled={disabled || columns.filter((one) => one.learned).length === 1}
                        onChange={() => onReading({ ...reading, exclude: [...excluded, name] })}
                      />{" "}
                      yes<span class="hidden"> learn from {name}</span>
                    </label>
                  ) : (
                    <>
                      <span class="no">no</span> <small class="reason">{reason}</small>
                    </>
                  )}
                </td>
                <td>{summary}</td>
                {head.length > 0 && (
                  <td class="first">
                    {head
                      .slice(0, 4)
                      .map((row) => cell(row[place]))
                      .join(" · ")}
                  </td>
                )}
              </tr>
            ))}
            {excluded.map((name) => (
              <tr key={name} class="out">
                <th scope="row">{name}</th>
                <td>
                  <label class="check">
                    <input
                      type="checkbox"
                      checked={false}
                      disabled={disabled}
                      onChange={() =>
                        onReading({ ...reading, exclude: excluded.filter((one) => one !== name) })
                      }
                    />{" "}
                    no<span class="hidden"> learn from {name}</span>
                  </label>{" "}
                  <small class="reason">you left it out</small>
                </td>
                <td />
                {head.length > 0 && <td />}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {(kind === "table" || reading.steps !== undefined) && (
        <Steps
          names={reading.steps?.columns ?? columns.map(({ name }) => name)}
          reading={reading}
          onReading={onReading}
          disabled={disabled}
        />
      )}
      {kind === "table" && (labelled.length > 0 || reading.labelColumn !== undefined) && (
        <div class="fields">
          <label>
            Column that says what is normal
            <select
              disabled={disabled}
              value={reading.labelColumn ?? ""}
              onChange={({ currentTarget: { value } }) =>
                onReading({
                  ...reading,
                  labelColumn: value === "" ? undefined : value,
                  normalLabel: normalOf(textsOf(value)),
                  labelTexts: textsOf(value),
                })
              }
            >
              <option value="">none: all rows are taken for normal</option>
              {[...new Set([...labelled.map(({ name }) => name), reading.labelColumn ?? ""])]
                .filter((name) => name !== "")
                .map((name) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
            </select>
          </label>
          {reading.labelColumn !== undefined && (
            <label>
              Normal rows say
              <select
                value={reading.normalLabel}
                disabled={disabled}
                onChange={({ currentTarget }) => onReading({ ...reading, normalLabel: currentTarget.value })}
              >
                {(reading.labelTexts ?? []).map((text) => (
                  <option key={text} value={text}>
                    {text}
                  </option>
                ))}
              </select>
            </label>
          )}
        </div>
      )}
    </>
  );
}

/** Whether the rows are the steps of series, and what tells their time and series. */
function Steps({
  names,
  reading,
  onReading,
  disabled,
}: {
  names: readonly string[];
  reading: Reading;
  onReading: (reading: Reading) => void;
  disabled: boolean;
}) {
  const { steps } = reading;
  const choice = (title: string, key: "timeColumn" | "entityColumn", none: string) =>
    steps !== undefined && (
      <label>
        {title}
        <select
          disabled={disabled}
          value={steps[key] ?? ""}
          onChange={({ currentTarget: { value } }) =>
            onReading({ ...reading, steps: { ...steps, [key]: value === "" ? undefined : value } })
          }
        >
          <option value="">{none}</option>
          {names.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
    );
  return (
    <div class="fields">
      <label>
        Rows are
        <select
          disabled={disabled}
          value={steps === undefined ? "rows" : "steps"}
          onChange={({ currentTarget: { value } }) =>
            onReading({
              ...reading,
              steps:
                value === "rows"
                  ? undefined
                  : { columns: names, timeColumn: names.find(isTime), entityColumn: undefined },
            })
          }
        >
          <option value="rows">independent of one another</option>
          <option value="steps">steps of a series, one after the other</option>
        </select>
      </label>
      {choice("Column of time", "timeColumn", "none: rows are in their order")}
      {choice("Column that tells series apart", "entityColumn", "none: all are of one")}
    </div>
  );
}

const isTime = (name: string): boolean => /^(time|timestamp|date|datetime|ts)$/i.test(name);

/** A word for normal, else what most rows say. */
const normalOf = (texts: readonly string[]): string | undefined =>
  texts.find((text) => /^(normal|good|ok|none|0|healthy)$/i.test(text)) ?? texts[0];
