// Builds one request of the collection from the plan and from the converted operation.
import type { OpenApiDocument, Operation, Parameter } from '../openapi-files.ts';
import { statusesOf, testsOf } from './answer-tests.ts';
import type { PlannedRequest } from './plan.ts';

/** An operation with its document and the converter's request and answers. */
export interface ConvertedOperation extends Operation {
  document: OpenApiDocument;
  item: ConvertedItem;
}

export interface ConvertedItem {
  request: {
    method: string;
    header?: (Described & { value: string })[];
    url: { path: string[]; query?: Described[]; variable?: Described[] };
  };
  response: {
    name: string;
    status: string;
    code: number;
    header: { key: string }[];
    body?: string;
    _postman_previewlanguage: string;
  }[];
}

interface Described {
  key: string;
  description: { content: string };
}

export function itemOf(planned: PlannedRequest, operation: ConvertedOperation) {
  const { item } = operation;
  const { auth = 'access_token', before, after = [], name = operation.summary } = planned;
  const url = urlOf(operation, planned);
  const { method } = item.request;
  return {
    name,
    event: [
      ...(before ? [event('prerequest', before)] : []),
      event('test', [...testsOf(operation, planned), ...after]),
    ],
    request: {
      method,
      description: operation.description ?? operation.summary,
      header: headersOf(operation, planned),
      ...(auth === 'access_token' ? {} : { auth: authOf(auth) }),
      ...bodyOf(planned),
      url,
    },
    response: savedAnswers(operation, planned).map((answer) => ({
      ...answer,
      originalRequest: { method, url: url.raw },
    })),
  };
}

export function event(listen: 'prerequest' | 'test', exec: string[]) {
  return { listen, script: { type: 'text/javascript', exec } };
}

/** Accept, Content-Type and the documented headers; a header that the plan does not name is disabled. */
function headersOf(operation: ConvertedOperation, { headers = {}, contentType, accept }: PlannedRequest) {
  const fixed: Record<string, string | undefined> = { 'Content-Type': contentType, Accept: accept };
  return (operation.item.request.header ?? []).map(({ key, value, description }) => {
    if (key in fixed) return { key, value: fixed[key] ?? value };
    return parameterOf(operation, { key, description }, { value: headers[key] });
  });
}

function bodyOf({ body, form }: PlannedRequest) {
  if (form !== undefined) {
    const urlencoded = Object.entries(form).map(([key, value]) => ({ key, value }));
    return { body: { mode: 'urlencoded', urlencoded } };
  }
  if (body === undefined) return {};
  const [raw, language] = typeof body === 'string' ? [body, 'text'] : [JSON.stringify(body, null, 2), 'json'];
  return { body: { mode: 'raw', raw, options: { raw: { language } } } };
}

function urlOf(operation: ConvertedOperation, { query = {}, path = {} }: PlannedRequest) {
  const { url } = operation.item.request;
  const search = Object.entries(query).map(([key, value]) => `${key}=${value}`);
  return {
    raw: `{{base_url}}/${url.path.join('/')}${search.length > 0 ? `?${search.join('&')}` : ''}`,
    host: ['{{base_url}}'],
    path: url.path,
    ...(url.query?.length && {
      query: url.query.map((one) => parameterOf(operation, one, { value: query[one.key] })),
    }),
    ...(url.variable?.length && {
      variable: url.variable.map(({ key, description }) => ({
        key,
        value: path[key],
        description: description.content,
      })),
    }),
  };
}

/** A parameter without a value in the plan is disabled, but stays visible. */
function parameterOf(
  operation: ConvertedOperation,
  { key, description }: Described,
  { value }: { value: unknown },
) {
  return {
    key,
    value: String(value ?? exampleOf(operation, key)),
    description: description.content,
    ...(value === undefined && { disabled: true }),
  };
}

/** The example of the document. The converter invents one where it is missing, another in each run. */
function exampleOf({ parameters = [] }: Operation, name: string): unknown {
  const {
    example,
    examples = {},
    schema = {},
  }: Partial<Parameter> = parameters.find((one) => one.name === name) ?? {};
  const [first = schema.type === 'boolean' ? true : ''] = schema.examples ?? schema.enum ?? [];
  return example ?? Object.values(examples)[0]?.value ?? first;
}

/** `none`, `basic`, or the variable that holds a token. */
export function authOf(auth: string) {
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

/** The converter's example of the expected answer, if the answer has a body. */
function savedAnswers(operation: ConvertedOperation, planned: PlannedRequest) {
  const [expected] = statusesOf(operation, planned);
  const answer = operation.item.response.find(({ code }) => String(code) === expected);
  if (!answer?.body) return [];
  const { name, status, code, header, body, _postman_previewlanguage } = answer;
  const type = header.filter(({ key }) => key === 'Content-Type');
  return [{ name, status, code, header: type, body, _postman_previewlanguage }];
}
