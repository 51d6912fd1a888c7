// The Rust service, whose URL the runner hands over.
import assert from 'node:assert/strict';

export const PEER = process.env.PEER;
assert.ok(PEER, 'PEER is not set: run `cargo test --features full --test interop`');

// What the service answers to a body of JSON.
export async function ask(path, body) {
  const response = await fetch(`${PEER}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  assert.equal(response.status, 200, `${path}: ${text}`);
  return JSON.parse(text);
}
