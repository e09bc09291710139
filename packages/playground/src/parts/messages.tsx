import type { ComponentChildren } from "preact";
import type { Fault } from "../protocol.js";
import { inPage } from "../words.js";

export function Failure({ fault }: { fault: Fault | undefined }) {
  if (fault === undefined) return null;
  return (
    <div class="failure" role="alert">
      <p>
        <strong>{fault.code === "aborted" ? "Stopped." : "That did not work."}</strong>{" "}
        {fault.code === "aborted" ? "Nothing was kept of the training." : inPage(fault.message)}
      </p>
      {fault.hint !== undefined && <p>{inPage(fault.hint)}</p>}
    </div>
  );
}

export function Notes({ of, title }: { of: readonly string[]; title: string }) {
  if (of.length === 0) return null;
  return (
    <details class="notes" open={of.length <= 2}>
      <summary>{title}</summary>
      <ul>
        {of.map((note) => (
          <li key={note}>{inPage(note)}</li>
        ))}
      </ul>
    </details>
  );
}

export function Figure({
  name,
  children,
  note,
}: {
  name: string;
  children: ComponentChildren;
  note?: string;
}) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd>
        {children}
        {note !== undefined && <small>{note}</small>}
      </dd>
    </div>
  );
}
