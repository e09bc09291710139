import { useEffect, useState } from "preact/hooks";
import type { Client } from "../client.js";
import { count, number } from "../format.js";
import type { Mapped, Picture as Pixels, Scored, Slot } from "../protocol.js";
import { Known } from "./flagged-rows.js";
import { Picture } from "./picture.js";

const SHOWN = 12;

/** The flagged images, worst first, with the map of where each is abnormal where the model has maps. */
export function FlaggedImages({
  client,
  slot,
  scored,
  order,
  threshold,
  maps,
}: {
  client: Client;
  slot: Slot;
  scored: Scored;
  order: readonly number[];
  threshold: number;
  maps: boolean;
}) {
  const [plain, setPlain] = useState(false);
  if (order.length === 0) {
    return <p class="empty">Nothing is above the threshold. Move it to the left to see what comes next.</p>;
  }
  return (
    <>
      {maps ? (
        <label class="check">
          <input type="checkbox" checked={!plain} onChange={() => setPlain(!plain)} /> show where they are
          abnormal
        </label>
      ) : (
        <p class="note">
          This model judges images as a whole and has no maps. From 128 pixels on, auto fits one that has.
        </p>
      )}
      <ol class="cards">
        {order.slice(0, SHOWN).map((row) => (
          <li key={`${slot} ${row}`}>
            <OneImage
              client={client}
              slot={slot}
              row={row}
              name={scored.names?.[row] ?? `image ${row + 1}`}
              threshold={threshold}
              maps={maps}
              plain={plain}
            />
            <span class="under">
              <span class="name">{scored.names?.[row] ?? `image ${row + 1}`}</span>
              {scored.labels !== undefined && <Known label={scored.labels[row]!} />}
              <span class="score">{number(scored.scores[row])}</span>
            </span>
          </li>
        ))}
      </ol>
      {order.length > SHOWN && <p class="note">and {count(order.length - SHOWN, "further image")}.</p>}
    </>
  );
}

function OneImage({
  client,
  slot,
  row,
  name,
  threshold,
  maps,
  plain,
}: {
  client: Client;
  slot: Slot;
  row: number;
  name: string;
  threshold: number;
  maps: boolean;
  plain: boolean;
}) {
  const [found, setFound] = useState<Mapped | { plain: Pixels }>();
  // Colours are those of the threshold at which the image was first shown.
  useEffect(() => {
    let wanted = true;
    const asked: Promise<Mapped | { plain: Pixels }> = maps
      ? client.ask("map", { slot, row, threshold })
      : client.ask("pictures", { slot, rows: [row] }).then(([picture]) => ({ plain: picture! }));
    asked.then(
      (answer) => wanted && setFound(answer),
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [client, slot, row, maps]);
  if (found === undefined) return <span class="waiting" />;
  const over = !plain && "overlaid" in found;
  return <Picture of={over ? found.overlaid : found.plain} label={over ? `${name} with its map` : name} />;
}
