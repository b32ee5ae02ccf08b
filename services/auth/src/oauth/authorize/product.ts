import { readFileSync } from 'node:fs';
import { OperatorError } from '@pair/service-kit';
import type { AuthConfig } from '../../config.ts';

/** Each page contains the logo, so that it needs no further request. */
const MAX_LOGO_BYTES = 32_768;
const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const DATA_URL = /^data:image\/(?:png|svg\+xml);base64,([A-Za-z0-9+/]+={0,2})$/;

/** The product that a user signs in to, as the pages name it. */
export interface Product {
  name: string | undefined;
  /** A `data:` URL. In an `<img>`, a browser runs no script of an SVG. */
  logo: string | undefined;
}

/** @throws {OperatorError} if PRODUCT_LOGO is no image that a page can contain */
export function readProduct({
  PRODUCT_NAME: name,
  PRODUCT_LOGO: logo,
}: Pick<AuthConfig, 'PRODUCT_NAME' | 'PRODUCT_LOGO'>): Product {
  return { name, logo: logo === undefined ? undefined : dataUrlOf(contentOf(logo)) };
}

function contentOf(logo: string): Buffer {
  if (logo.startsWith('data:')) {
    const base64 = DATA_URL.exec(logo)?.[1];
    if (base64 === undefined)
      throw unusable('a data: URL must begin with data:image/png;base64, or data:image/svg+xml;base64,');
    return Buffer.from(base64, 'base64');
  }
  try {
    return readFileSync(logo);
  } catch (error) {
    throw unusable(`the file cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function dataUrlOf(content: Buffer): string {
  if (content.length > MAX_LOGO_BYTES)
    throw unusable(`the image has ${content.length} bytes, and at most ${MAX_LOGO_BYTES} are allowed`);
  const type = typeOf(content);
  if (type === undefined) throw unusable('the content is neither PNG nor SVG');
  return `data:${type};base64,${content.toString('base64')}`;
}

/** The content decides, not the name of the file: a browser shows no image of the wrong type. */
function typeOf(content: Buffer): string | undefined {
  if (content.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE)) return 'image/png';
  // an SVG may begin with an XML declaration, a document type and comments
  return /^\s*<(?:svg\b|[?!].*<svg\b)/s.test(content.toString()) ? 'image/svg+xml' : undefined;
}

function unusable(reason: string): OperatorError {
  return new OperatorError(`PRODUCT_LOGO cannot be used: ${reason}.`);
}
