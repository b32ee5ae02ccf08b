/** The names that do more than begin each word with a capital. */
const SPELLINGS: Record<string, string> = {
  etag: 'ETag',
  'www-authenticate': 'WWW-Authenticate',
  dpop: 'DPoP',
  'dpop-nonce': 'DPoP-Nonce',
};

interface Operation {
  parameters?: { name: string; in: string }[];
  responses: Record<string, { headers?: Record<string, object> }>;
}

/** Spells the headers of an operation as their RFCs do. Their case means nothing, but Fastify needs lower case. */
export function spellHeaders({ parameters = [], responses }: Operation): void {
  for (const parameter of parameters) {
    if (parameter.in === 'header') parameter.name = spelled(parameter.name);
  }
  for (const response of Object.values(responses)) {
    const headers = Object.entries(response.headers ?? {}).map(([name, header]) => [spelled(name), header]);
    if (headers.length > 0) response.headers = Object.fromEntries(headers);
  }
}

function spelled(name: string): string {
  return SPELLINGS[name.toLowerCase()] ?? name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
}
