import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

/** A button that asks once more before it takes something away. */
export function Confirmed({
  children,
  yes,
  busy,
  onYes,
}: {
  children: ComponentChildren;
  /** What the second button says. */
  yes: string;
  busy: boolean;
  onYes: () => void;
}) {
  const [sure, setSure] = useState(false);
  if (!sure) {
    return (
      <button type="button" onClick={() => setSure(true)}>
        {children}
      </button>
    );
  }
  const decide = () => {
    setSure(false);
    onYes();
  };
  return (
    <>
      <button type="button" disabled={busy} onClick={decide}>
        {yes}
      </button>
      <button type="button" onClick={() => setSure(false)}>
        Keep it
      </button>
    </>
  );
}
