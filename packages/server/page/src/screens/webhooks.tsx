import { useState } from "preact/hooks";
import { ask } from "../api.js";
import { moment, number } from "../format.js";
import { Confirmed } from "../parts/confirmed.js";
import { Deliveries } from "../parts/deliveries.js";
import { Empty, Failure, Loaded, Tag } from "../parts/messages.js";
import { Scroll } from "../parts/scroll.js";
import { ShownOnce } from "../parts/shown-once.js";
import type { ListedWebhook } from "../types.js";
import { useAction, useLoad } from "../use-load.js";
import type { Screen } from "./screen.js";

const EVENTS = { "incident.opened": "an incident opens", "incident.closed": "an incident closes" } as const;
/** Seconds between two looks, and while something is on its way. */
const [EVERY, SOON] = [10, 1];

function Content() {
  const [every, setEvery] = useState(EVERY);
  const webhooks = useLoad<{ webhooks: ListedWebhook[] }>("/v1/webhooks", every);
  const wanted = webhooks.data?.webhooks.some(({ waiting }) => waiting > 0) ? SOON : EVERY;
  if (wanted !== every) setEvery(wanted);
  const [turn, setTurn] = useState(0);
  const changed = () => {
    webhooks.reload();
    setTurn((now) => now + 1);
  };
  return (
    <>
      <section aria-labelledby="webhooks">
        <h2 id="webhooks">Who is told</h2>
        <Loaded of={webhooks}>
          {({ webhooks: all }) =>
            all.length === 0 ? (
              <Empty>
                <p>
                  Nobody is told of incidents yet. Add the address of a program that takes them below; a test
                  delivery shows whether they arrive.
                </p>
              </Empty>
            ) : (
              <List webhooks={all} onChange={changed} />
            )
          }
        </Loaded>
      </section>
      <NewWebhook onDone={changed} />
      <Deliveries
        every={every}
        turn={turn}
        webhooks={webhooks.data?.webhooks ?? []}
        onChange={webhooks.reload}
      />
    </>
  );
}

function NewWebhook({ onDone }: { onDone: () => void }) {
  const [url, setUrl] = useState("");
  const [events, setEvents] = useState<readonly string[]>(Object.keys(EVENTS));
  const [secret, setSecret] = useState<string>();
  const { busy, error, run } = useAction();
  const add = async (event: Event) => {
    event.preventDefault();
    const fine = await run(async () => {
      const added = await ask<{ secret: string }>("/v1/webhooks", { body: { url, events } });
      setSecret(added.secret);
      setUrl("");
    });
    if (fine) onDone();
  };
  const toggle = (name: string) =>
    setEvents(events.includes(name) ? events.filter((one) => one !== name) : [...events, name]);
  return (
    <form class="card" onSubmit={add}>
      <h2>Add a webhook</h2>
      <div class="controls">
        <label for="url">Address</label>
        <input
          id="url"
          class="wide"
          value={url}
          placeholder="https://…"
          onInput={(event) => setUrl(event.currentTarget.value)}
        />
        <fieldset class="controls">
          <legend class="hidden">Tell it when</legend>
          {Object.entries(EVENTS).map(([name, text]) => (
            <label key={name}>
              <input type="checkbox" checked={events.includes(name)} onChange={() => toggle(name)} /> when{" "}
              {text}
            </label>
          ))}
        </fieldset>
        <button type="submit" disabled={busy || url === "" || events.length === 0}>
          Add
        </button>
      </div>
      <p class="note">
        Each delivery is signed. It is sent until it is taken, about ten times within hours; then it is dead
        until somebody sends it again.
      </p>
      <ShownOnce
        what="Copy the secret that deliveries are signed with, it is shown this once:"
        secret={secret}
        onDone={() => setSecret(undefined)}
      />
      {error !== undefined && <Failure error={error} />}
    </form>
  );
}

function List({ webhooks, onChange }: { webhooks: readonly ListedWebhook[]; onChange: () => void }) {
  const [tested, setTested] = useState("");
  const { busy, error, run } = useAction();
  const remove = async (id: number) => {
    if (await run(() => ask(`/v1/webhooks/${id}`, { method: "DELETE" }))) onChange();
  };
  const test = async ({ id, url }: ListedWebhook) => {
    setTested("");
    if (await run(() => ask(`/v1/webhooks/${id}/test`, { method: "POST" }))) {
      setTested(`A test is on its way to ${url}: see what becomes of it among the deliveries.`);
      onChange();
    }
  };
  return (
    <>
      <Scroll label="Webhooks">
        <table>
          <thead>
            <tr>
              <th scope="col">Address</th>
              <th scope="col">Told when</th>
              <th scope="col">State</th>
              <th scope="col">Added</th>
              <th scope="col">Change</th>
            </tr>
          </thead>
          <tbody>
            {webhooks.map((one) => (
              <tr key={one.id}>
                <th scope="row" class="wrap">
                  {one.url}
                </th>
                <td>{one.events.map((name) => EVENTS[name as keyof typeof EVENTS] ?? name).join(", ")}</td>
                <td>
                  {one.dead > 0 ? (
                    <Tag kind="alarm">{number(one.dead)} dead</Tag>
                  ) : one.waiting > 0 ? (
                    <Tag kind="calm">{number(one.waiting)} to go</Tag>
                  ) : (
                    <Tag kind="good">all taken</Tag>
                  )}
                </td>
                <td>
                  {moment(one.createdAt)} <small>by {one.createdBy}</small>
                </td>
                <td class="controls">
                  <button type="button" disabled={busy} onClick={() => test(one)}>
                    Test<span class="hidden"> {one.url}</span>
                  </button>
                  <Confirmed yes="Yes, delete it" busy={busy} onYes={() => remove(one.id)}>
                    Delete<span class="hidden"> {one.url}</span>
                  </Confirmed>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p role="status">{tested}</p>
      {error !== undefined && <Failure error={error} />}
    </>
  );
}

export const webhooks: Screen = {
  path: "webhooks",
  title: "Webhooks",
  purpose: "Who is told of incidents, and what became of it.",
  roles: ["admin"],
  Content,
};
