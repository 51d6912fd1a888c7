import { TASKS_URL, assert, open, test } from './support.js';

test('the program answers a browser', async t => {
  const { page } = await open(t);
  const response = await page.goto(`${TASKS_URL}/health`);
  assert.equal(response.status(), 200);
});
