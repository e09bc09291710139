import { useEffect, useRef, useState } from "preact/hooks";
import { ask, forgetKey, type Refusal, storeKey } from "../api.js";
import { Failure } from "../parts/messages.js";
import type { Caller } from "../types.js";
import { useAction } from "../use-load.js";

export function Login({ onKey, refused }: { onKey: (key: string) => void; refused: Refusal | undefined }) {
  const [key, setKey] = useState("");
  const { busy, error, run } = useAction();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = "Sign in · hypersphere";
    field.current?.focus();
  }, []);
  const enter = (event: Event) => {
    event.preventDefault();
    const given = key.trim();
    if (given === "") return;
    void run(async () => {
      storeKey(given);
      try {
        await ask<Caller>("/v1/caller");
      } catch (problem) {
        forgetKey();
        throw problem;
      }
      onKey(given);
    });
  };
  const shown = error ?? refused;
  return (
    <main class="alone">
      <h1>hypersphere</h1>
      <form class="card" onSubmit={enter}>
        <label for="key">Key</label>
        <input
          id="key"
          ref={field}
          type="password"
          autocomplete="off"
          spellcheck={false}
          placeholder="hs_…"
          value={key}
          onInput={(event) => setKey(event.currentTarget.value)}
        />
        <p class="note">
          The service printed one on its first start; administrators make others. It is kept in this tab until
          you close it.
        </p>
        <button class="main" type="submit" disabled={busy}>
          Sign in
        </button>
        {shown !== undefined && <Failure error={shown} />}
      </form>
    </main>
  );
}
