// Users of our login.
import assert from 'node:assert/strict';

import { PEER } from './peer.js';

const PASSWORD = 'correct horse battery & staple+=%';

// A user of a name that no other test has.
export async function newUser() {
  const user = { username: `user-${crypto.randomUUID().slice(0, 8)}`, password: PASSWORD };
  await send('register', user, 201);
  return user;
}

// Tokens of a new user, by JSON.
export async function logIn() {
  return JSON.parse(await send('login', await newUser(), 200));
}

async function send(path, body, status) {
  const response = await fetch(`${PEER}/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  assert.equal(response.status, status, text);
  return text;
}
