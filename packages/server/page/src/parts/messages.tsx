import type { ComponentChildren } from "preact";
import type { Refusal } from "../api.js";
import type { Loading } from "../use-load.js";

export function Failure({ error, onRetry }: { error: Refusal; onRetry?: () => void }) {
  return (
    <div class="failure" role="alert">
      <p>
        <strong>That did not work.</strong> {error.message}
      </p>
      {error.hint !== undefined && <p>{error.hint}</p>}
      {onRetry !== undefined && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** What contradicts what is there: no failure that another try would mend. */
const CONFLICT = 409;

/** What is loaded, or that it is not yet, or why it is not. */
export function Loaded<T>({ of, children }: { of: Loading<T>; children: (data: T) => ComponentChildren }) {
  if (of.error?.status === CONFLICT) {
    return (
      <Empty>
        <p>{of.error.message}</p>
        {of.error.hint !== undefined && <p>{of.error.hint}</p>}
      </Empty>
    );
  }
  return (
    <>
      {of.error !== undefined && <Failure error={of.error} onRetry={of.reload} />}
      {of.data === undefined ? of.loading && <p class="note">Loading …</p> : children(of.data)}
    </>
  );
}

/** Says what to do where there is nothing yet. */
export const Empty = ({ children }: { children: ComponentChildren }) => <div class="empty">{children}</div>;

/** A state in words, with a mark of its own shape: colour says it a second time. */
export function Tag({
  kind,
  children,
}: {
  kind: "calm" | "alarm" | "muted" | "good";
  children: ComponentChildren;
}) {
  const marks = { calm: "○", alarm: "▲", muted: "·", good: "✓" } as const;
  return (
    <span class={`tag ${kind}`}>
      <span aria-hidden="true">{marks[kind]}</span> {children}
    </span>
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
