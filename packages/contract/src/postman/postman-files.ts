import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '@pair/bootstrap';
import converter from 'openapi-to-postmanv2';
import { readDocument, SERVICES, type Service } from '../openapi-files.ts';
import { FOLDERS } from './plan.ts';
import { authOf, type ConvertedItem, type ConvertedOperation, event, itemOf } from './request-item.ts';
import { PREPARE } from './scripts.ts';

const convert = promisify(converter.convertV2);
const OPTIONS = { parametersResolution: 'Example', folderStrategy: 'Tags' } as const;
const NAME = 'Customers and auth';
const ADDRESSES = '`http://localhost:8080` with `npm start`, `http://localhost` with Docker Compose';
const OF_CLIENT = 'Only for introspection: a client that an operator added with `--introspect`.';
const VARIABLES = [
  {
    key: 'base_url',
    value: 'http://localhost:8080',
    description: `The address of the system: ${ADDRESSES}.`,
  },
  { key: 'username', value: 'admin', description: 'The name of an admin.' },
  { key: 'password', value: '', description: 'The password of this admin. The first start prints it.' },
  { key: 'client_id', value: '', description: OF_CLIENT },
  { key: 'client_secret', value: '', description: OF_CLIENT },
];
const DESCRIPTION = `Every operation of the two services, auth and customers.

1. Set the variables, in the environment (import it too, and choose it) or in the collection: \`base_url\`, ${ADDRESSES}; \`username\`; and \`password\`. The first start prints the password of the first admin.
2. Send any request, or run the whole collection from top to bottom.

You need not sign in first: a script does that before a request, and gets a new access token when the old one is about to expire. It also creates the customer or the user that a request needs. Every request has tests.

**The replay story** shows what happens when a refresh token is used twice. Send its steps in order.

The collection uses Bearer tokens, because Postman signs no proof (DPoP, RFC 9449) for each request. With \`REQUIRE_DPOP=true\` it can get no token.`;

export const FILE_NAMES = ['postman.json', 'postman-environment.json'] as const;
type FileName = (typeof FILE_NAMES)[number];

/** The path of a file that the front page offers. */
export function postmanFile(name: FileName): string {
  return join(ROOT, 'nginx/html/docs', name);
}

/** The text of each file by its name. */
export async function postmanFiles(): Promise<Record<FileName, string>> {
  const operations = new Map<string, ConvertedOperation>();
  for (const service of SERVICES) {
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
      name: NAME,
      description: DESCRIPTION,
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    auth: authOf('access_token'),
    event: [event('prerequest', PREPARE)],
    variable: [
      ...VARIABLES,
      // an id without a customer, until the collection deletes one
      { key: 'gone_customer_id', value: '00000000-0000-4000-8000-000000000000' },
    ],
    item,
  };
  const environment = {
    name: NAME,
    description: 'Set base_url, if the system has another address, and password.',
    values: VARIABLES.map((variable) => ({
      ...variable,
      type: /password|secret/.test(variable.key) ? 'secret' : 'default',
      enabled: true,
    })),
    _postman_variable_scope: 'environment',
  };
  return { 'postman.json': print(collection), 'postman-environment.json': print(environment) };
}

const print = (value: object) => `${JSON.stringify(value, null, 2)}\n`;

interface ConvertedFolder {
  item: (ConvertedFolder | ConvertedItem)[];
}

const itemsIn = ({ item }: ConvertedFolder): ConvertedItem[] =>
  item.flatMap((one) => ('item' in one ? itemsIn(one) : one));

/** The operations of a document, each with the converter's request and answers. */
async function operationsOf(service: Service): Promise<ConvertedOperation[]> {
  const document = readDocument(service);
  const converted = await convert({ type: 'json', data: structuredClone(document) }, OPTIONS);
  const [collection] = converted?.output ?? [];
  if (collection === undefined) throw new Error(`${service}: ${converted?.reason}`);
  const items = itemsIn(collection.data as ConvertedFolder);
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

const pathOf = ({ url }: ConvertedItem['request']) =>
  `/${url.path.map((part) => part.replace(/^:(.+)$/, '{$1}')).join('/')}`;
