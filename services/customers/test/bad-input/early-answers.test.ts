import t from 'tap';
import { target } from '../support/bad-input.ts';
import { anonymous, getEarlyAnswers } from '../support/early-answers.ts';
import { ready } from '../support/service.ts';

t.setTimeout(120_000);

const service = await target(t);
const { app, request } = service;
await ready(app);

const JSON_TYPE = 'Content-Type: application/json';

getEarlyAnswers(service, (length) => [
  ['a customer that is too long', 413, request('POST', '/customers', [JSON_TYPE, length])],
  ['a customer without a token', 401, anonymous(service, 'POST', '/customers', [JSON_TYPE, length])],
  ['a customer for a method that is not allowed', 405, request('PUT', '/customers', [length])],
]);
