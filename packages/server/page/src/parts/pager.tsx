/** Goes through a list whose latest entries come first. @typeParam Cursor what the next page begins at */
export function Pager<Cursor>({
  at,
  next,
  onGo,
}: {
  at: Cursor | undefined;
  /** Of the page after this one; null where there is none. */
  next: Cursor | null;
  onGo: (cursor: Cursor | undefined) => void;
}) {
  return (
    <p class="controls">
      {at !== undefined && (
        <button type="button" onClick={() => onGo(undefined)}>
          Latest
        </button>
      )}
      {next !== null && (
        <button type="button" onClick={() => onGo(next)}>
          Earlier
        </button>
      )}
    </p>
  );
}
