import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { axeViolations, testBrowser } from '../src/index.ts';

const document = (main: string) =>
  `<!doctype html><html lang="en"><title>A page</title><main><h1>A page</h1>${main}</main></html>`;

t.test('axe names the faults of a page, also under a policy that allows no script', async (t) => {
  const server = createServer((request, response) => {
    response.setHeader('content-security-policy', "default-src 'none'");
    response.setHeader('content-type', 'text/html');
    response.end(
      document(request.url === '/faulty' ? '<input><img src="">' : '<p>Nothing is wrong here.</p>'),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const page = await (await testBrowser(t)).newPage();

  await page.goto(url);
  t.strictSame(await axeViolations(page), []);
  await page.goto(`${url}/faulty`);
  const rules = (await axeViolations(page)).map((line) => line.split(':')[0]);
  t.strictSame(rules.sort(), ['image-alt', 'label']);
});
