/** A secret that is shown until it was copied, and never again. */
export function ShownOnce({
  what,
  secret,
  onDone,
}: {
  /** What to do with it, up to the secret itself. */
  what: string;
  secret: string | undefined;
  onDone: () => void;
}) {
  return (
    <div role="status">
      {secret !== undefined && (
        <p>
          {what} <code class="secret">{secret}</code>{" "}
          <button type="button" onClick={onDone}>
            Done
          </button>
        </p>
      )}
    </div>
  );
}
