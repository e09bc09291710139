import { useState } from "preact/hooks";
import { moment } from "../format.js";
import type { PastVerdict, Verdict } from "../types.js";
import { useAction } from "../use-load.js";
import { VerdictTag } from "./incident-table.js";
import { Failure } from "./messages.js";

export function VerdictForm({
  onVerdict,
}: {
  onVerdict: (verdict: Verdict, comment: string) => Promise<void>;
}) {
  const [comment, setComment] = useState("");
  const { busy, error, run } = useAction();
  const say = (verdict: Verdict) =>
    void run(async () => {
      await onVerdict(verdict, comment);
      setComment("");
    });
  return (
    <fieldset class="verdict">
      <legend class="hidden">Your verdict</legend>
      <label for="comment">Comment</label>
      <input
        id="comment"
        maxLength={2000}
        value={comment}
        onInput={(event) => setComment(event.currentTarget.value)}
      />
      <button type="button" disabled={busy} onClick={() => say("normal")}>
        Normal
      </button>
      <button type="button" disabled={busy} onClick={() => say("anomaly")}>
        Anomaly
      </button>
      {error !== undefined && <Failure error={error} />}
    </fieldset>
  );
}

export function Verdicts({ verdicts }: { verdicts: readonly PastVerdict[] }) {
  if (verdicts.length === 0) return null;
  return (
    <ul class="verdicts" aria-label="Verdicts, the latest first">
      {verdicts.map(({ id, verdict, comment, who, at }) => (
        <li key={id}>
          <VerdictTag verdict={verdict} /> by {who}, {moment(at)}
          {comment !== "" && <q>{comment}</q>}
        </li>
      ))}
    </ul>
  );
}
