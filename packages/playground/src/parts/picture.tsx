import { useEffect, useRef } from "preact/hooks";
import type { Picture as Pixels } from "../protocol.js";

export function Picture({ of, label }: { of: Pixels; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    context?.putImageData(new ImageData(of.pixels, of.width, of.height), 0, 0);
  }, [of]);
  return <canvas ref={canvas} width={of.width} height={of.height} role="img" aria-label={label} />;
}
