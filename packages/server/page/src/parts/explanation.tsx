import { ask, modelPath, withQuery } from "../api.js";
import { cell, number } from "../format.js";
import type { Explained, Explanations, Model, Result } from "../types.js";
import { useWork } from "../use-load.js";
import { Failure, Loaded } from "./messages.js";
import { Pictures } from "./pictures.js";
import { Scroll } from "./scroll.js";

type Row = Readonly<Record<string, unknown>>;

const isRow = (value: unknown): value is Row =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What of a row makes it abnormal, beside normal rows that are like it. */
export function Explanation({ row, model }: { row: Result; model: Model }) {
  const kind = model.versions.find(({ version }) => version === model.activeVersion)?.kind;
  const { input } = row;
  if (kind === "images") return <Pictures id={row.id} />;
  if (!isRow(input)) {
    return (
      <p class="note">
        The values of this row were not kept, so nothing explains it. Those of flagged rows are, and of all
        rows with <code>keep=all</code>.
      </p>
    );
  }
  return kind === "table" ? (
    <Why row={row} input={input} model={model.name} steps={false} />
  ) : (
    <Why row={row} input={input} model={model.name} steps={true} />
  );
}

/** The row; of a series the steps of the window that ends with it, or null where values of some were not kept. */
async function given(
  row: Result,
  model: string,
  input: Row,
  steps: boolean,
  signal: AbortSignal,
): Promise<Row[] | null> {
  if (!steps) return [input];
  const card = await ask<Card>(modelPath(model, `/versions/${row.version}/card`), { signal });
  const to = new Date(Date.parse(row.at) + 1).toISOString();
  const window = card.schema.layout?.window ?? 1;
  const path = withQuery("/v1/results", { model, to, limit: window });
  const { results } = await ask<{ results: Result[] }>(`${path}&entity=${encodeURIComponent(row.entity)}`, {
    signal,
  });
  const inputs = results.map((one) => one.input).filter(isRow);
  return inputs.length < window ? null : inputs.toReversed();
}

interface Card {
  readonly schema: { readonly layout?: { readonly window: number } };
}

function Why({ row, input, model, steps }: { row: Result; input: Row; model: string; steps: boolean }) {
  const found = useWork(
    async (signal) => {
      const rows = await given(row, model, input, steps, signal);
      if (rows === null) return null;
      return ask<Explanations>(modelPath(model, "/explain"), { body: { rows, top: 8 }, signal });
    },
    [row.id, model],
  );
  // A row can be judged without its explanation.
  if (found.error !== undefined) {
    return (
      <>
        <Failure error={found.error} onRetry={found.reload} />
        <Values input={input} />
      </>
    );
  }
  return (
    <Loaded of={found}>
      {(answer) =>
        answer?.rows[0] === undefined ? (
          <>
            <p class="note">
              Windows are explained, and the steps around this one were not kept: score with{" "}
              <code>keep=all</code> to have explanations of series.
            </p>
            <Values input={input} />
          </>
        ) : (
          <>
            <Contributions explained={answer.rows[0]} />
            <Beside input={input} explained={answer.rows[0]} />
            {answer.warnings.map((warning) => (
              <p class="note" key={warning}>
                {warning}
              </p>
            ))}
          </>
        )
      }
    </Loaded>
  );
}

function Contributions({ explained }: { explained: Explained }) {
  const { rest, counterfactual } = explained;
  const contributions = explained.contributions.filter(({ contribution }) => contribution !== 0);
  const most = Math.max(...contributions.map(({ contribution }) => Math.abs(contribution)), 1e-12);
  return (
    <>
      <h3>Why it is abnormal</h3>
      <ol class="contributions">
        {contributions.map(({ feature, contribution, value, normal, steps }) => (
          <li key={`${feature} ${steps?.from}`}>
            <span class="name">{feature}</span>
            <span class="value">
              {cell(value)} <small>{normalText(normal)}</small>
            </span>
            <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
              <rect
                class={contribution > 0 ? "up" : "down"}
                y={contribution > 0 ? 0 : 2}
                width={(100 * Math.abs(contribution)) / most}
                height={contribution > 0 ? 8 : 4}
              />
            </svg>
            <span class="number">
              {contribution > 0 ? "+" : ""}
              {number(contribution, 3)}
            </span>
          </li>
        ))}
      </ol>
      {rest !== 0 && <p class="note">All other columns together: {number(rest, 3)}.</p>}
      {counterfactual !== undefined && counterfactual !== null && (
        <p>
          It would be normal with{" "}
          {counterfactual.changes.map(({ feature, steps, from, to }, k) => (
            <span key={`${feature} ${steps?.from}`}>
              {k > 0 && " and "}
              <strong>{feature}</strong>
              {steps && ` (steps ${steps.from + 1} to ${steps.to})`} {cell(to)} in place of {cell(from)}
            </span>
          ))}
          .
        </p>
      )}
    </>
  );
}

function normalText(normal: unknown): string {
  if (!isRow(normal)) return "";
  if (normal["kind"] === "numbers") return `normally ${cell(normal["low"])} to ${cell(normal["high"])}`;
  const texts = normal["texts"];
  if (!Array.isArray(texts)) return "";
  return `normally ${texts.map((one: Row) => cell(one["text"])).join(", ")}`;
}

/** The row beside the normal ones that are most like it. */
function Beside({ input, explained }: { input: Row; explained: Explained }) {
  const near = explained.nearest
    .map(({ values }) => values)
    .filter(isRow)
    .slice(0, 3);
  if (near.length === 0) return <Values input={input} />;
  return (
    <>
      <h3>Beside the normal rows most like it</h3>
      <Scroll label="The row beside normal rows">
        <table>
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col" class="number">
                This row
              </th>
              {near.map((_, k) => (
                <th scope="col" class="number" key={String(k)}>
                  Normal {k + 1}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Object.entries(input).map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="number strong wrap">{cell(value)}</td>
                {near.map((one, k) => (
                  <td class="number wrap" key={String(k)}>
                    {cell(one[name])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

function Values({ input }: { input: Row }) {
  return (
    <>
      <h3>Values</h3>
      <dl class="values">
        {Object.entries(input).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{cell(value)}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
