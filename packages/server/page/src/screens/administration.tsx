import { useState } from "preact/hooks";
import { ask, withQuery } from "../api.js";
import { moment } from "../format.js";
import { Confirmed } from "../parts/confirmed.js";
import { Empty, Failure, Loaded, Tag } from "../parts/messages.js";
import { Pager } from "../parts/pager.js";
import { Scroll } from "../parts/scroll.js";
import { ShownOnce } from "../parts/shown-once.js";
import type { AuditEntry, Key, Role } from "../types.js";
import { useAction, useLoad } from "../use-load.js";
import type { Screen } from "./screen.js";

const ROLES: Readonly<Record<Role, string>> = {
  score: "score: for machines that send rows",
  review: "review: sees results, gives verdicts",
  admin: "admin: everything",
};

function Content() {
  const keys = useLoad<{ keys: Key[] }>("/v1/keys");
  const [turn, setTurn] = useState(0);
  const changed = () => {
    keys.reload();
    setTurn((now) => now + 1);
  };
  return (
    <>
      <NewKey onDone={changed} />
      <section aria-labelledby="keys">
        <h2 id="keys">Keys</h2>
        <Loaded of={keys}>{({ keys: all }) => <Keys keys={all} onChange={changed} />}</Loaded>
      </section>
      <Audit key={turn} />
    </>
  );
}

function NewKey({ onDone }: { onDone: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("review");
  const [made, setMade] = useState<string>();
  const { busy, error, run } = useAction();
  const make = async (event: Event) => {
    event.preventDefault();
    const fine = await run(async () => {
      const { key } = await ask<{ key: string }>("/v1/keys", { body: { name, role } });
      setMade(key);
      setName("");
    });
    if (fine) onDone();
  };
  return (
    <form class="card" onSubmit={make}>
      <h2>New key</h2>
      <div class="controls">
        <label for="key-name">Name</label>
        <input id="key-name" value={name} onInput={(event) => setName(event.currentTarget.value)} />
        <label for="key-role">Role</label>
        <select id="key-role" value={role} onChange={(event) => setRole(event.currentTarget.value as Role)}>
          {Object.entries(ROLES).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
        <button type="submit" disabled={busy || name === ""}>
          Make the key
        </button>
      </div>
      <ShownOnce what="Copy it now, it is shown this once:" secret={made} onDone={() => setMade(undefined)} />
      {error !== undefined && <Failure error={error} />}
    </form>
  );
}

function Keys({ keys, onChange }: { keys: readonly Key[]; onChange: () => void }) {
  const { busy, error, run } = useAction();
  const revoke = async (id: number) => {
    if (await run(() => ask(`/v1/keys/${id}`, { method: "DELETE" }))) onChange();
  };
  return (
    <>
      <Scroll label="Keys">
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Role</th>
              <th scope="col">Made</th>
              <th scope="col">State</th>
              <th scope="col">Change</th>
            </tr>
          </thead>
          <tbody>
            {keys.map((key) => (
              <tr key={key.id}>
                <th scope="row">{key.name}</th>
                <td>{key.role}</td>
                <td>
                  {moment(key.createdAt)} by {key.createdBy}
                </td>
                <td>
                  {key.revokedAt === null ? <Tag kind="good">in force</Tag> : <Tag kind="muted">revoked</Tag>}
                </td>
                <td class="controls">
                  {key.revokedAt === null && (
                    <Confirmed yes={`Yes, revoke ${key.name}`} busy={busy} onYes={() => revoke(key.id)}>
                      Revoke
                    </Confirmed>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {error !== undefined && <Failure error={error} />}
    </>
  );
}

const PAGE = 50;

function Audit() {
  const [before, setBefore] = useState<number>();
  const audit = useLoad<{ entries: AuditEntry[] }>(withQuery("/v1/audit", { limit: PAGE, before }));
  return (
    <section aria-labelledby="audit">
      <h2 id="audit">Who changed what</h2>
      <Loaded of={audit}>
        {({ entries }) =>
          entries.length === 0 ? (
            <Empty>
              <p>Nothing earlier.</p>
            </Empty>
          ) : (
            <>
              <Scroll label="Who changed what" low blocks>
                <table>
                  <thead>
                    <tr>
                      <th scope="col">When</th>
                      <th scope="col">Who</th>
                      <th scope="col">What</th>
                      <th scope="col">Of</th>
                      <th scope="col">Details</th>
                    </tr>
                  </thead>
                  <tbody>
                    {entries.map((entry) => (
                      <tr key={entry.id}>
                        <td>{moment(entry.at)}</td>
                        <td>{entry.who}</td>
                        <td>{entry.action}</td>
                        <td>{entry.subject}</td>
                        <td class="text">{JSON.stringify(entry.detail)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </Scroll>
              <Pager
                at={before}
                next={entries.length === PAGE ? entries.at(-1)!.id : null}
                onGo={setBefore}
              />
            </>
          )
        }
      </Loaded>
    </section>
  );
}

export const administration: Screen = {
  path: "administration",
  title: "Administration",
  purpose: "Keys, and who changed what.",
  roles: ["admin"],
  Content,
};
