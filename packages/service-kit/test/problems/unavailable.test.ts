import t from 'tap';
import { isStoreUnavailable } from '../../src/index.ts';

function withCode(code: string, message = 'x'): Error {
  return Object.assign(new Error(message), { code });
}

function replyError(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

t.test('temporary errors of a store mean that it is away', async (t) => {
  const errors: [name: string, error: Error][] = [
    ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH'].map(
      (code): [string, Error] => [code, withCode(code)],
    ),
    ...[
      '08000',
      '28000',
      '28P01',
      '3D000',
      '08006',
      '53300',
      '53100',
      '57P01',
      '57P02',
      '57P03',
      '57014',
      '55P03',
      '25006',
      '40001',
      '40P01',
    ].map((code): [string, Error] => [`SQLSTATE ${code}`, withCode(code)]),
    ...[
      'LOADING Redis is loading the dataset in memory',
      "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
      "READONLY You can't write against a read only replica.",
      "OOM command not allowed when used memory > 'maxmemory'.",
      'MISCONF Errors writing to the AOF file: No space left on device',
      'MOVED 6333 127.0.0.1:6379',
      'CLUSTERDOWN Hash slot not served',
      'UNBLOCKED force unblock from blocking operation, instance state changed',
      'NOAUTH Authentication required.',
      'WRONGPASS invalid username-password pair or user is disabled.',
      'LATE the script ran after its deadline',
    ].map((message): [string, Error] => [message, replyError(message)]),
    ...[
      'Query read timeout',
      'Connection terminated unexpectedly',
      'Connection terminated due to connection timeout',
      'timeout exceeded when trying to connect',
      'Command timed out',
      'Connection is closed.',
      "Stream isn't writeable and enableOfflineQueue options is false",
    ].map((message): [string, Error] => [message, new Error(message)]),
    ['wrapped', new Error('Failed query', { cause: withCode('ECONNREFUSED') })],
    ['wrapped twice', new Error('a', { cause: new Error('b', { cause: withCode('57P01') }) })],
    ['one of several addresses', new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')])],
  ];
  for (const [name, error] of errors) t.equal(isStoreUnavailable(error), true, name);
});

t.test('errors about the request or the program do not', async (t) => {
  const errors: [name: string, error: unknown][] = [
    ['unique violation', withCode('23505')],
    ['invalid text', withCode('22P02')],
    ['number out of range', withCode('22003')],
    ['undefined column', withCode('42703')],
    ['no permission', withCode('42501')],
    ['WRONGTYPE', replyError('WRONGTYPE Operation against a key holding the wrong kind of value')],
    ['a script with a bug', replyError('ERR user_script:1: LOADING is not defined')],
    ['TypeError', new TypeError('x is not a function')],
    ['the words elsewhere', new Error('the name "Connection terminated" is taken')],
    ['a string', 'ECONNREFUSED'],
    ['an object', { code: 'ECONNREFUSED' }],
    ['undefined', undefined],
    ['null', null],
    ['wrapped', new Error('Failed query', { cause: withCode('23505') })],
  ];
  for (const [name, error] of errors) t.equal(isStoreUnavailable(error), false, name);
});
