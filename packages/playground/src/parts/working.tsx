import { useEffect, useState } from "preact/hooks";
import type { News } from "../news.js";
import type { Progress } from "../protocol.js";

/** How far a task is. It alone is drawn again while the worker gets on. */
export function Working({ what, news }: { what: string; news: News<Progress> }) {
  const [progress, setProgress] = useState(news.latest);
  useEffect(() => news.listen(setProgress), [news]);
  return (
    <p class="working">
      <span role="status">
        {what}
        {progress === undefined ? " …" : `: ${progress.stage}`}
      </span>
      {progress === undefined ? (
        <progress aria-label={what} />
      ) : (
        <progress aria-label={what} max={1} value={progress.fraction} />
      )}
    </p>
  );
}
