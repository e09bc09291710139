/** Load over HTTP/1.1: as many connections as are asked for, each sends its next request when it has its answer. */
import { connect } from "node:net";
import { quantile } from "./stats.js";

/**
 * @param target { port, path, headers, body } of a POST request
 * @returns how many requests were answered, how many per second, and milliseconds of the median and of the 99th of a hundred
 */
export async function load(target, { connections, seconds }) {
  const request = requestBytes(target);
  const end = performance.now() + 1000 * seconds;
  const times = [];
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: connections }, () => sendUntil(end, { port: target.port, request }, times)),
  );
  const elapsed = (performance.now() - begun) / 1000;
  times.sort((a, b) => a - b);
  const requests = times.length;
  return { requests, rate: requests / elapsed, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

function requestBytes({ path, headers = {}, body }) {
  const content = Buffer.from(body);
  const lines = Object.entries({
    host: "127.0.0.1",
    "content-type": "application/json",
    "content-length": content.length,
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`);
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`), content]);
}

function sendUntil(end, { port, request }, times) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let sent = 0;
    let got = [];
    const send = () => {
      sent = performance.now();
      socket.write(request);
    };
    socket.on("connect", send);
    socket.on("error", reject);
    socket.on("close", resolve);
    socket.on("data", (part) => {
      got.push(part);
      const answer = Buffer.concat(got);
      if (!isWhole(answer)) return;
      got = [];
      if (!answer.subarray(0, 12).equals(OK)) {
        socket.destroy(new Error(`Not answered: ${answer.toString("utf8", 0, 600)}`));
        return;
      }
      const now = performance.now();
      times.push(now - sent);
      if (now < end) send();
      else socket.end();
    });
  });
}

const OK = Buffer.from("HTTP/1.1 200");
const BREAK = Buffer.from("\r\n\r\n");

function isWhole(answer) {
  const head = answer.indexOf(BREAK);
  if (head < 0) return false;
  const fields = answer.toString("latin1", 0, head).toLowerCase();
  const length = /\r\ncontent-length: *(\d+)/.exec(fields);
  if (length !== null) return answer.length >= head + 4 + Number(length[1]);
  return answer.subarray(-5).equals(LAST_CHUNK);
}
const LAST_CHUNK = Buffer.from("0\r\n\r\n");
