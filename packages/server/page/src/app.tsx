import { useEffect, useRef, useState } from "preact/hooks";
import { forgetKey, storedKey } from "./api.js";
import { Failure } from "./parts/messages.js";
import { linkTo, useRoute } from "./route.js";
import { screensFor } from "./screens/index.js";
import { Login } from "./screens/login.js";
import type { Caller } from "./types.js";
import { useLoad } from "./use-load.js";

export function App() {
  const [key, setKey] = useState(storedKey());
  const caller = useLoad<Caller>(key === null ? null : "/v1/caller");
  const leave = () => {
    forgetKey();
    setKey(null);
  };
  if (key === null) return <Login onKey={setKey} refused={undefined} />;
  if (caller.error?.status === 401) return <Login onKey={setKey} refused={caller.error} />;
  if (caller.error !== undefined) {
    return (
      <main class="alone">
        <Failure error={caller.error} onRetry={caller.reload} />
      </main>
    );
  }
  if (caller.data === undefined) return <p class="alone">Loading …</p>;
  return <Signed caller={caller.data} onLeave={leave} />;
}

function Signed({ caller, onLeave }: { caller: Caller; onLeave: () => void }) {
  const { path, query } = useRoute();
  const screens = screensFor(caller.role);
  const screen = screens.find((one) => one.path === path) ?? screens[0];
  const heading = useRef<HTMLHeadingElement>(null);
  const arrived = useRef(false);
  // Whoever hears the page is told of the new screen.
  useEffect(() => {
    document.title = `${screen?.title ?? "hypersphere"} · hypersphere`;
    if (arrived.current) heading.current?.focus();
    arrived.current = true;
  }, [screen]);
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById("content")?.focus()}>
        Skip to the content
      </button>
      <header class="top">
        <span class="brand">hypersphere</span>
        <nav aria-label="Screens">
          {screens.map((one) => (
            <a key={one.path} href={linkTo(one.path)} aria-current={one === screen ? "page" : undefined}>
              {one.title}
            </a>
          ))}
        </nav>
        <span class="who">
          {caller.name} ({caller.role})
          <button type="button" onClick={onLeave}>
            Sign out
          </button>
        </span>
      </header>
      <main id="content" tabIndex={-1}>
        {screen === undefined ? (
          <>
            <h1>hypersphere</h1>
            <p class="empty">
              A key of the role “{caller.role}” scores rows; what is stored is for keys of the role “review”
              or “admin”. Ask an administrator for one. <a href="/docs">The API</a> is for programs.
            </p>
          </>
        ) : (
          <>
            <h1 ref={heading} tabIndex={-1}>
              {screen.title}
            </h1>
            <p class="purpose">{screen.purpose}</p>
            <screen.Content key={screen.path} query={query} caller={caller} />
          </>
        )}
      </main>
    </>
  );
}
