import type { ComponentChildren } from "preact";

/** For tables that are wider than the screen, or longer than one wants: whoever has no mouse scrolls them too. */
export function Scroll({
  label,
  low,
  children,
}: {
  label: string;
  low?: boolean;
  children: ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section class={low ? "scroll low" : "scroll"} tabIndex={0} aria-label={`${label}: table`}>
      {children}
    </section>
  );
}
