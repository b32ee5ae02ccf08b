import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import converter from 'openapi-to-postmanv2';
import { FOLDERS } from './plan.mjs';
import { event, itemOf } from './request-item.mjs';
import { PREPARE } from './scripts.mjs';

const convert = promisify(converter.convertV2);
const OPTIONS = { parametersResolution: 'Example', folderStrategy: 'Tags' };
const BASE_URL = {
  key: 'base_url',
  value: 'http://localhost:8080',
  description:
    'Where the system is: http://localhost:8080 with `npm start`, http://localhost with Docker Compose.',
};
const DESCRIPTION = `Every operation of the two services, auth and customers.

1. Import the environment too, and choose it.
2. Set \`base_url\` in the environment: \`http://localhost:8080\` with \`npm start\`, \`http://localhost\` with Docker Compose.
3. Set \`password\` in the environment: the password of the first admin, which was printed at the first start.
4. Send any request, or run the whole collection from top to bottom.

You need not sign in first: a script does that before a request, and gets a new access token when the old one is about to expire. It also creates the customer or the user that a request needs. Every request has tests.

**The replay story** shows what happens when a refresh token is used twice. Send its steps in order.`;

/** @returns {Promise<Record<string, string>>} the text of each file by its name */
export async function postmanFiles() {
  const operations = new Map();
  for (const service of ['auth', 'customers']) {
    for (const operation of await operationsOf(service)) operations.set(operation.operationId, operation);
  }
  const item = FOLDERS.map(({ name, description, requests }) => ({
    name,
    description,
    item: requests.map((planned) => {
      const operation = operations.get(planned.operationId);
      if (operation === undefined) throw new Error(`there is no operation ${planned.operationId}`);
      return itemOf(planned, operation);
    }),
  }));
  const collection = {
    info: {
      name: 'Customers and auth',
      description: DESCRIPTION,
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{access_token}}', type: 'string' }] },
    event: [event('prerequest', PREPARE)],
    variable: [
      BASE_URL,
      // until a customer is deleted, one who never was there
      { key: 'gone_customer_id', value: '00000000-0000-4000-8000-000000000000' },
    ],
    item,
  };
  return { 'postman.json': print(collection), 'postman-environment.json': print(environment()) };
}

function environment() {
  const ofClient = 'Only to ask about tokens (introspection): a client that an operator added.';
  const values = [
    BASE_URL,
    { key: 'username', value: 'admin', description: 'Who signs in: an admin.' },
    { key: 'password', value: '', description: 'It was printed at the first start.' },
    { key: 'client_id', value: '', description: ofClient },
    { key: 'client_secret', value: '', description: ofClient },
  ];
  return {
    name: 'Customers and auth',
    description: 'Set base_url, if the system is elsewhere, and password.',
    values: values.map(({ key, ...rest }) => ({
      key,
      ...rest,
      type: /password|secret/.test(key) ? 'secret' : 'default',
      enabled: true,
    })),
    _postman_variable_scope: 'environment',
  };
}

const print = (value) => `${JSON.stringify(value, null, 2)}\n`;

/** The operations of a document, each with what the converter made of it. */
async function operationsOf(service) {
  const file = new URL(`../openapi/${service}.json`, import.meta.url);
  const document = JSON.parse(readFileSync(file, 'utf8'));
  const { result, reason, output } = await convert(
    { type: 'json', data: structuredClone(document) },
    OPTIONS,
  );
  if (!result) throw new Error(`${service}: ${reason}`);
  const items = output[0].data.item.flatMap((folder) => folder.item.flatMap((one) => one.item ?? one));
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const item = items.find(
        ({ request }) => request.method === method.toUpperCase() && pathOf(request) === path,
      );
      if (item === undefined) throw new Error(`the converter left out ${method} ${path}`);
      return { ...operation, document, item };
    }),
  );
}

const pathOf = ({ url }) => `/${url.path.map((part) => part.replace(/^:(.+)$/, '{$1}')).join('/')}`;
