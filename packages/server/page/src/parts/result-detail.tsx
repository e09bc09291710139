import { useEffect, useRef } from "preact/hooks";
import { ask } from "../api.js";
import { entityName, moment, number, percent } from "../format.js";
import type { Model, PastVerdict, Result } from "../types.js";
import { useLoad } from "../use-load.js";
import { Explanation } from "./explanation.js";
import { Figure, Loaded, Tag } from "./messages.js";
import { VerdictForm, Verdicts } from "./verdicts.js";

/** Everything of one row: values, why it is abnormal, what people say of it. */
export function ResultDetail({
  id,
  model,
  onClose,
  onVerdict,
}: {
  id: number;
  model: Model;
  onClose: () => void;
  onVerdict: () => void;
}) {
  const result = useLoad<Result & { verdicts: PastVerdict[] }>(`/v1/results/${id}`);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
    heading.current?.scrollIntoView({ block: "nearest" });
  }, [id]);
  return (
    <section class="card detail" aria-labelledby="row-title">
      <header>
        <h2 id="row-title" ref={heading} tabIndex={-1}>
          Row {id}
        </h2>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </header>
      <Loaded of={result}>
        {(row) => (
          <>
            <RowFigures row={row} />
            <Explanation row={row} model={model} />
            <VerdictForm
              onVerdict={async (verdict, comment) => {
                await ask(`/v1/results/${id}/verdicts`, { body: { verdict, comment } });
                result.reload();
                onVerdict();
              }}
            />
            <Verdicts verdicts={row.verdicts} />
          </>
        )}
      </Loaded>
    </section>
  );
}

export function RowFigures({ row }: { row: Result }) {
  return (
    <dl class="figures">
      <Figure name="State">
        {row.isAnomaly ? <Tag kind="alarm">flagged</Tag> : <Tag kind="calm">normal</Tag>}
      </Figure>
      <Figure name="About">{entityName(row.entity)}</Figure>
      <Figure name="Time">{moment(row.at)}</Figure>
      <Figure name="Score" note={`threshold ${number(row.threshold)}`}>
        {number(row.score)}
      </Figure>
      <Figure name="p-value" note="of a normal row at least as odd">
        {number(row.pValue, 2)}
      </Figure>
      {row.probability !== null && <Figure name="Probability">{percent(row.probability)}</Figure>}
    </dl>
  );
}
