import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

/**
 * For tables that are wider than the screen, or longer than one wants: whoever has no mouse scrolls them too. Cells know the heading
 * of their column, which is said beside each where a phone shows rows as blocks: those that have buttons or links,
 * and those of tables with `blocks`.
 */
export function Scroll({
  label,
  low,
  blocks,
  children,
}: {
  label: string;
  low?: boolean;
  blocks?: boolean;
  children: ComponentChildren;
}) {
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    for (const table of section.current!.querySelectorAll("table")) {
      if (!blocks && table.querySelector("td.controls") === null) continue;
      const headings = [...(table.tHead?.rows[0]?.cells ?? [])].map((cell) => cell.textContent ?? "");
      for (const row of table.tBodies[0]?.rows ?? []) {
        for (const cell of row.cells) cell.dataset.heading = headings[cell.cellIndex] ?? "";
      }
    }
  });
  return (
    <section
      ref={section}
      class={`scroll${low ? " low" : ""}${blocks ? " blocks" : ""}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
      tabIndex={0}
      aria-label={`${label}: table`}
    >
      {children}
    </section>
  );
}
