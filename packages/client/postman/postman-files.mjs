import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import converter from 'openapi-to-postmanv2';
import { FOLDERS } from './plan.mjs';
import { BEARER_OF_USER, SIGN_IN_IF_NEEDED, testOf } from './scripts.mjs';

const convert = promisify(converter.convertV2);
const OPTIONS = { parametersResolution: 'Example', folderStrategy: 'Tags' };
const DESCRIPTION = `Both services, from top to bottom. Set \`password\` in the environment (it was printed when the first admin was made), then run the collection, or send any request: it signs in by itself, and refreshes when the access token is about to expire.

**The replay story** shows what happens to a refresh token that is used twice.`;

/** @returns {Promise<Record<string, string>>} the text of each file by its name */
export async function postmanFiles() {
  const operations = new Map();
  for (const service of ['auth', 'customers']) {
    for (const operation of await operationsOf(service)) operations.set(operation.operationId, operation);
  }
  const item = FOLDERS.map(({ name, description, requests }) => ({
    name,
    ...(description && { description }),
    item: requests.map((request) => itemOf(request, operations)),
  }));
  const collection = {
    info: {
      name: 'Customers and auth',
      description: DESCRIPTION,
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{access_token}}', type: 'string' }] },
    event: [event('prerequest', SIGN_IN_IF_NEEDED)],
    variable: [{ key: 'base_url', value: 'http://localhost:8080' }],
    item,
  };
  const environment = {
    name: 'Customers and auth',
    values: [
      { key: 'base_url', value: 'http://localhost:8080', type: 'default', enabled: true },
      { key: 'username', value: 'admin', type: 'default', enabled: true },
      { key: 'password', value: '', type: 'secret', enabled: true },
      { key: 'client_id', value: '', type: 'default', enabled: true },
      { key: 'client_secret', value: '', type: 'secret', enabled: true },
    ],
    _postman_variable_scope: 'environment',
  };
  return { 'postman.json': print(collection), 'postman-environment.json': print(environment) };
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

function itemOf(planned, operations) {
  const operation = operations.get(planned.operationId);
  if (operation === undefined) throw new Error(`there is no operation ${planned.operationId}`);
  const { request } = operation.item;
  const { auth = 'access_token', before, after = [], name = operation.summary } = planned;
  const scripts = [
    ...(auth === 'user_access_token' ? [event('prerequest', BEARER_OF_USER)] : []),
    ...(before ? [event('prerequest', before)] : []),
    event('test', [...testOf(operation, planned), ...after]),
  ];
  return {
    name,
    event: scripts,
    request: {
      method: request.method,
      description: operation.description ?? operation.summary,
      header: headersOf(request, planned),
      ...(auth === 'access_token' ? {} : { auth: authOf(auth) }),
      ...bodyOf(request, planned),
      url: urlOf(request, planned),
    },
  };
}

/** What a request needs, and of what it can do without only what the plan names. */
function headersOf({ header = [] }, { headers = {}, contentType, accept }) {
  const fixed = { 'Content-Type': contentType, Accept: accept };
  const kept = header
    .filter(({ key }) => key in fixed)
    .map(({ key, value }) => ({ key, value: fixed[key] ?? value }));
  return [...kept, ...Object.entries(headers).map(([key, value]) => ({ key, value }))];
}

function bodyOf({ body }, { body: planned, form }) {
  if (form !== undefined) {
    const urlencoded = Object.entries(form).map(([key, value]) => ({ key, value }));
    return { body: { mode: 'urlencoded', urlencoded } };
  }
  if (planned === null || (planned === undefined && body?.raw === undefined)) return {};
  const raw = typeof planned === 'object' ? JSON.stringify(planned, null, 2) : (planned ?? body.raw);
  const language = typeof planned === 'string' ? 'text' : 'json';
  return { body: { mode: 'raw', raw, options: { raw: { language } } } };
}

function urlOf({ url }, { query = {}, path = {} }) {
  const parts = url.path.map((part) => (part.startsWith(':') ? path[part.slice(1)] : part));
  const search = Object.entries(query).map(([key, value]) => `${key}=${value}`);
  return {
    raw: `{{base_url}}/${parts.join('/')}${search.length > 0 ? `?${search.join('&')}` : ''}`,
    host: ['{{base_url}}'],
    path: parts,
    ...(search.length > 0 && {
      query: Object.entries(query).map(([key, value]) => ({ key, value: String(value) })),
    }),
  };
}

function authOf(auth) {
  if (auth === 'none') return { type: 'noauth' };
  if (auth === 'basic') {
    const basic = [
      { key: 'username', value: '{{client_id}}', type: 'string' },
      { key: 'password', value: '{{client_secret}}', type: 'string' },
    ];
    return { type: 'basic', basic };
  }
  return { type: 'bearer', bearer: [{ key: 'token', value: `{{${auth}}}`, type: 'string' }] };
}

function event(listen, exec) {
  return { listen, script: { type: 'text/javascript', exec } };
}
