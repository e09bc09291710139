import { useEffect, useState } from "preact/hooks";
import { ask, withQuery } from "../api.js";
import { moment, number } from "../format.js";
import type { Delivery, ListedWebhook } from "../types.js";
import { useAction, useLoad } from "../use-load.js";
import { Empty, Failure, Loaded, Tag } from "./messages.js";
import { Pager } from "./pager.js";
import { Scroll } from "./scroll.js";

const PAGE = 50;
const STATES = { "": "all", waiting: "to go", delivered: "taken", dead: "dead" } as const;

/** What was sent, or is to be, the latest first; dead ones can be sent again. */
export function Deliveries({
  every,
  turn,
  webhooks,
  onChange,
}: {
  /** Seconds between two looks. */
  every: number;
  /** Another number after something was sent. */
  turn: number;
  webhooks: readonly ListedWebhook[];
  onChange: () => void;
}) {
  const [status, setStatus] = useState<keyof typeof STATES>("");
  const [webhook, setWebhook] = useState("");
  const [cursor, setCursor] = useState<string>();
  const deliveries = useLoad<{ deliveries: Delivery[]; next: string | null }>(
    withQuery("/v1/deliveries", { limit: PAGE, status, webhook, cursor }),
    every,
  );
  const { reload } = deliveries;
  useEffect(() => {
    reload();
  }, [turn, every]);
  const { busy, error, run } = useAction();
  const again = async (id: number) => {
    if (!(await run(() => ask(`/v1/deliveries/${id}/send`, { method: "POST" })))) return;
    reload();
    onChange();
  };
  const choose = <T,>(set: (value: T) => void, value: T) => {
    setCursor(undefined);
    set(value);
  };
  const addresses = new Map(webhooks.map(({ id, url }) => [id, url]));
  return (
    <section aria-labelledby="deliveries">
      <h2 id="deliveries">Deliveries</h2>
      <p class="controls">
        <label for="delivery-state">State</label>
        <select
          id="delivery-state"
          value={status}
          onChange={(event) => choose(setStatus, event.currentTarget.value as keyof typeof STATES)}
        >
          {Object.entries(STATES).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
        <label for="delivery-webhook">Address</label>
        <select
          id="delivery-webhook"
          value={webhook}
          onChange={(event) => choose(setWebhook, event.currentTarget.value)}
        >
          <option value="">all</option>
          {webhooks.map(({ id, url }) => (
            <option key={id} value={id}>
              {url}
            </option>
          ))}
        </select>
      </p>
      <Loaded of={deliveries}>
        {({ deliveries: all, next }) =>
          all.length === 0 ? (
            <Empty>
              <p>
                {status === "" && webhook === ""
                  ? "Nothing was sent yet: the next incident will be, to each address above."
                  : "No delivery is like that. Choose “all” to see the others."}
              </p>
            </Empty>
          ) : (
            <>
              <Scroll label="Deliveries" low>
                <table>
                  <thead>
                    <tr>
                      <th scope="col">When</th>
                      <th scope="col">What</th>
                      <th scope="col">To</th>
                      <th scope="col">State</th>
                      <th scope="col" class="number">
                        Attempts
                      </th>
                      <th scope="col">Content</th>
                      <th scope="col">Change</th>
                    </tr>
                  </thead>
                  <tbody>
                    {all.map((one) => (
                      <Row
                        key={one.id}
                        delivery={one}
                        url={addresses.get(one.webhook)}
                        busy={busy}
                        onAgain={() => again(one.id)}
                      />
                    ))}
                  </tbody>
                </table>
              </Scroll>
              <Pager at={cursor} next={next} onGo={setCursor} />
            </>
          )
        }
      </Loaded>
      {error !== undefined && <Failure error={error} />}
    </section>
  );
}

function Row({
  delivery: one,
  url,
  busy,
  onAgain,
}: {
  delivery: Delivery;
  url: string | undefined;
  busy: boolean;
  onAgain: () => void;
}) {
  return (
    <tr>
      <td>{moment(one.createdAt)}</td>
      <td>
        {one.event}
        {one.incident !== null && <small>incident {one.incident}</small>}
      </td>
      <td class="wrap">{url ?? `webhook ${one.webhook}, deleted`}</td>
      <td>
        <State delivery={one} />
        {one.lastError !== null && <small class="wrap">{one.lastError}</small>}
      </td>
      <td class="number">{number(one.attempts)}</td>
      <td>
        <details>
          <summary>
            Show<span class="hidden"> delivery {one.id}</span>
          </summary>
          <pre class="log">{JSON.stringify(one.payload, null, 2)}</pre>
          <small>
            Webhook-Id <code>{one.key}</code>
          </small>
        </details>
      </td>
      <td class="controls">
        {one.status !== "waiting" && url !== undefined && (
          <button type="button" disabled={busy} onClick={onAgain}>
            Send again<span class="hidden">: delivery {one.id}</span>
          </button>
        )}
      </td>
    </tr>
  );
}

function State({ delivery: { status, nextAt, deliveredAt, attempts } }: { delivery: Delivery }) {
  if (status === "dead") return <Tag kind="alarm">dead</Tag>;
  if (status === "delivered") {
    return (
      <>
        <Tag kind="good">taken</Tag>
        {deliveredAt !== null && <small>{moment(deliveredAt)}</small>}
      </>
    );
  }
  return (
    <>
      <Tag kind="calm">to go</Tag>
      {attempts > 0 && nextAt !== null && <small>next {moment(nextAt)}</small>}
    </>
  );
}
