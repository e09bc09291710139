import type { ComponentChildren } from "preact";
import { goTo, linkTo } from "../route.js";
import type { Model } from "../types.js";
import { useLoad } from "../use-load.js";
import { Empty, Loaded } from "./messages.js";

/** A choice of the models that answer; what follows is about the one in the address, or the first. */
export function ModelChoice({
  screen,
  query,
  children,
}: {
  screen: string;
  query: Readonly<Record<string, string>>;
  children: (model: Model) => ComponentChildren;
}) {
  const models = useLoad<{ models: Model[] }>("/v1/models");
  return (
    <Loaded of={models}>
      {({ models: all }) => {
        const answering = all.filter(({ activeVersion }) => activeVersion !== null);
        const model = answering.find(({ name }) => name === query["model"]) ?? answering[0];
        if (model === undefined) {
          return (
            <Empty>
              <p>
                No model answers yet. Upload one on the screen <a href={linkTo("models")}>Models</a> and
                activate it.
              </p>
            </Empty>
          );
        }
        return (
          <>
            <p class="controls">
              <label for="model">Model</label>
              <select
                id="model"
                value={model.name}
                onChange={(event) => goTo(screen, { model: event.currentTarget.value })}
              >
                {answering.map(({ name }) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </select>
            </p>
            {children(model)}
          </>
        );
      }}
    </Loaded>
  );
}
