// The scripts that browsers get are what the compiler makes of the TypeScript beside them.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { assert, test } from './support.js';

const PAGE = fileURLToPath(new URL('../../examples/tasks/page/', import.meta.url));
const TSC = fileURLToPath(new URL('node_modules/typescript/bin/tsc', import.meta.url));

test('the TypeScript type-checks, strictly, and is what the scripts were made of', async t => {
  const made = await mkdtemp(join(tmpdir(), 'page-'));
  t.after(() => rm(made, { recursive: true }));
  const compiled = promisify(execFile)(process.execPath, [TSC, '--project', PAGE, '--outDir', made]);
  await compiled.catch(error => assert.fail(`tsc: ${error.stdout}`));
  const scripts = async directory => (await readdir(directory)).filter(name => name.endsWith('.js')).sort();
  const names = await scripts(made);
  assert.ok(names.includes('auth-client.js'));
  assert.deepEqual(await scripts(PAGE), names);
  for (const name of names) {
    const [old, anew] = await Promise.all([PAGE, made].map(directory => readFile(join(directory, name), 'utf8')));
    assert.equal(old, anew, `${name} is old: tests/browser/node_modules/.bin/tsc --project examples/tasks/page`);
  }
});

test('the client is one file of less than 150 lines', async () => {
  const source = await readFile(join(PAGE, 'auth-client.ts'), 'utf8');
  assert.ok(source.split('\n').length - 1 < 150);
  assert.doesNotMatch(source, /^import|\bimport\(|\brequire\(/m);
});

// What the configuration is for: each of these is an error of its own.
test('the type check finds what is wrong', async t => {
  const directory = await mkdtemp(join(tmpdir(), 'page-'));
  t.after(() => rm(directory, { recursive: true }));
  const { writeFile } = await import('node:fs/promises');
  const faults = {
    2531: "export const strict = document.querySelector('a').href;",
    2532: 'export const unchecked = [1][0].toFixed();',
    2375: "import { AuthClient, type AuthOptions } from './auth-client.js';\nconst options: AuthOptions = { url: undefined };\nexport const exact = new AuthClient(options);",
    2345: "import { AuthClient } from './auth-client.js';\nexport const typed = new AuthClient().login('alice', 5);",
  };
  await writeFile(join(directory, 'auth-client.ts'), await readFile(join(PAGE, 'auth-client.ts')));
  await writeFile(join(directory, 'tsconfig.json'), await readFile(join(PAGE, 'tsconfig.json')));
  for (const [code, source] of Object.entries(faults)) await writeFile(join(directory, `e${code}.ts`), source);
  const { stdout } = await promisify(execFile)(process.execPath, [TSC, '--project', directory, '--noEmit', '--pretty', 'false'])
    .catch(error => error);
  for (const code of Object.keys(faults)) assert.match(stdout, new RegExp(`e${code}\\.ts\\(\\d+,\\d+\\): error TS${code}`), stdout);
});
