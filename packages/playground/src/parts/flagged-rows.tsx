import { useEffect, useState } from "preact/hooks";
import { type Client, Refused } from "../client.js";
import { cell, count, number } from "../format.js";
import type { Fault, Scored, Slot, Why } from "../protocol.js";
import { inPage } from "../words.js";
import { Failure } from "./messages.js";

/** So many are listed; the table says how many more there are. */
const LISTED = 40;

/** The flagged rows or stretches, worst first; each says why when it is opened. */
export function FlaggedRows({
  client,
  slot,
  scored,
  order,
  titles,
  threshold,
}: {
  client: Client;
  slot: Slot;
  scored: Scored;
  /** Rows that are flagged, worst first. */
  order: readonly number[];
  /** Of stretches, by the row that stands for each. */
  titles: ReadonlyMap<number, string> | undefined;
  threshold: number;
}) {
  const [open, setOpen] = useState<number | undefined>(order[0]);
  if (order.length === 0) {
    return <p class="empty">Nothing is above the threshold. Move it to the left to see what comes next.</p>;
  }
  return (
    <>
      <ol class="flagged">
        {order.slice(0, LISTED).map((row) => (
          <li key={row} data-row={row} data-score={scored.scores[row]}>
            <button
              type="button"
              class="row"
              aria-expanded={open === row}
              onClick={() => setOpen(open === row ? undefined : row)}
            >
              <span class="name">{titles?.get(row) ?? scored.names?.[row] ?? `row ${row + 1}`}</span>
              {scored.labels !== undefined && <Known label={scored.labels[row]!} />}
              <span class="score">{number(scored.scores[row])}</span>
            </button>
            {open === row && <Reasons client={client} slot={slot} row={row} threshold={threshold} />}
          </li>
        ))}
      </ol>
      {order.length > LISTED && (
        <p class="note">
          {titles === undefined
            ? `and ${count(order.length - LISTED, "further row")} below these.`
            : `and ${count(order.length - LISTED, "further stretch", "further stretches")} below these.`}
        </p>
      )}
    </>
  );
}

export function Known({ label }: { label: number }) {
  if (label < 0) return null;
  return <span class={label === 1 ? "tag alarm" : "tag"}>{label === 1 ? "▲ abnormal" : "○ normal"}</span>;
}

function Reasons({
  client,
  slot,
  row,
  threshold,
}: {
  client: Client;
  slot: Slot;
  row: number;
  threshold: number;
}) {
  const [why, setWhy] = useState<Why>();
  const [fault, setFault] = useState<Fault>();
  // The threshold as it was when the row was opened: dragging it does not ask again and again.
  useEffect(() => {
    let wanted = true;
    client.ask("explain", { slot, row, threshold }).then(
      (answer) => wanted && setWhy(answer),
      (error: unknown) => {
        if (wanted && error instanceof Refused) setFault(error.fault);
      },
    );
    return () => {
      wanted = false;
    };
  }, [client, slot, row]);
  if (fault !== undefined) return <Failure fault={fault} />;
  if (why === undefined) return <p class="note">Comparing it with normal rows …</p>;
  const most = Math.max(...why.contributions.map(({ amount }) => Math.abs(amount)), 1e-12);
  return (
    <div class="why">
      <ul class="contributions">
        {why.contributions.map(({ name, value, normal, amount }) => (
          <li key={name}>
            <span class="name">{name}</span>
            <span class="value">
              {cell(value)} <small>normally {normal}</small>
            </span>
            <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
              <rect
                class={amount > 0 ? "up" : "down"}
                y={amount > 0 ? 0 : 2}
                width={(100 * Math.abs(amount)) / most}
                height={amount > 0 ? 8 : 4}
              />
            </svg>
            <span class="number">
              {amount > 0 ? "+" : ""}
              {number(amount, 3)}
            </span>
          </li>
        ))}
      </ul>
      {why.rest !== 0 && <p class="note">All other columns together: {number(why.rest, 3)}.</p>}
      {why.changes.length > 0 && (
        <p>
          It would be normal with{" "}
          {why.changes.map(({ name, from, to }, k) => (
            <span key={name}>
              {k > 0 && " and "}
              <strong>{name}</strong> {cell(to)} in place of {cell(from)}
            </span>
          ))}
          .
        </p>
      )}
      {why.warnings.map((warning) => (
        <p class="note" key={warning}>
          {inPage(warning)}
        </p>
      ))}
    </div>
  );
}
