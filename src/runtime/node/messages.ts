/** How tensors travel between threads. */
import { checkTensor, isShared, type Values } from "../port.js";

/** The buffers behind tensors, each once. */
export function buffersOf(values: Values): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { data } of Object.values(values)) {
    if (ArrayBuffer.isView(data) && !isShared(data.buffer)) buffers.add(data.buffer as ArrayBuffer);
  }
  return [...buffers];
}

/**
 * What a message holds of the tensors, and which buffers move with it. A message takes along the whole buffer of every
 * view in it, so that a part of a larger buffer is cut out first; the cut-out copy moves. Whole buffers are copied by
 * the message itself, or move if `transfer` allows it.
 *
 * @throws HypersphereError `runtime` for a tensor whose data do not fit its shape, as when its buffer moved before: the
 * message would never arrive.
 */
export function packed(values: Values, transfer: boolean): { values: Values; buffers: ArrayBuffer[] } {
  const whole: Record<string, Values[string]> = {};
  const cutOut: Record<string, Values[string]> = {};
  for (const [name, value] of Object.entries(values)) {
    checkTensor(name, value);
    const { data } = value;
    if (!ArrayBuffer.isView(data) || isShared(data.buffer)) whole[name] = value;
    // An empty buffer may have moved before without showing it.
    else if (data.length === 0)
      whole[name] = { ...value, data: new (data.constructor as typeof Float32Array)(0) };
    else if (data.byteLength < data.buffer.byteLength) cutOut[name] = { ...value, data: data.slice() };
    else whole[name] = value;
  }
  return {
    values: { ...whole, ...cutOut },
    buffers: [...(transfer ? buffersOf(whole) : []), ...buffersOf(cutOut)],
  };
}
