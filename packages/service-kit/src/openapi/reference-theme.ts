import { readFileSync } from 'node:fs';
import type { FastifySwaggerUiOptions } from '@fastify/swagger-ui';

const FOLDER = new URL('../../swagger-ui/', import.meta.url);
const SCRIPTS = ['layout.js', 'responses.js', 'session.js', 'accessibility.js'];
const MARK = 'mark.svg';

/** The references of the origin, which link to each other. */
const REFERENCES = [
  { title: 'Auth', url: '/docs/auth' },
  { title: 'Customers', url: '/docs/customers' },
];

/**
 * Returns the files that change Swagger UI: its colours, and plugins of its own plugin interface. They are files, because the
 * policy forbids inline scripts, and few, because the gateway limits the files of an address.
 */
export function referenceTheme(title: string, prefix: string): NonNullable<FastifySwaggerUiOptions['theme']> {
  const header = {
    home: 'Customers and auth',
    mark: `${prefix}/static/theme/${MARK}`,
    references: REFERENCES,
  };
  const scripts = [`const HEADER = ${JSON.stringify(header)};`, ...SCRIPTS.map(read)];
  return {
    title: `${title} API reference`,
    css: [{ filename: 'theme.css', content: read('theme.css') }],
    js: [{ filename: 'plugins.js', content: scripts.join('\n') }],
    favicon: [{ filename: MARK, rel: 'icon', type: 'image/svg+xml', sizes: 'any', content: read(MARK) }],
  };
}

function read(filename: string): string {
  return readFileSync(new URL(filename, FOLDER), 'utf8');
}
