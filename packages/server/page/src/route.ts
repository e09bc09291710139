import { useEffect, useState } from "preact/hooks";

/** Where the page is: #/scores?model=plant. Nothing of it goes to the service. */
export interface Route {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

export function linkTo(
  path: string,
  query: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  const text = params.toString();
  return `#/${path}${text === "" ? "" : `?${text}`}`;
}

export const goTo = (...to: Parameters<typeof linkTo>): void => {
  location.hash = linkTo(...to);
};

function read(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { path, query: Object.fromEntries(new URLSearchParams(query)) };
}

export function useRoute(): Route {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const changed = () => setRoute(read());
    addEventListener("hashchange", changed);
    // An effect runs after the first picture: whoever went on before it was not heard.
    changed();
    return () => removeEventListener("hashchange", changed);
  }, []);
  return route;
}
