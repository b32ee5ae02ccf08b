import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const SERVICES = ['auth', 'customers'] as const;
export type Service = (typeof SERVICES)[number];

/** The members of an OpenAPI document that the generators read. */
export interface OpenApiDocument {
  paths: Record<string, Record<string, Operation>>;
}

export interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  parameters?: Parameter[];
  responses: Record<string, { content?: Record<string, { schema: unknown }> }>;
}

export interface Parameter {
  in: 'query' | 'header' | 'path';
  name: string;
  required?: boolean;
  description?: string;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
  schema?: { type?: unknown; examples?: unknown[]; enum?: unknown[] };
}

/** The path of the file with the document of a service. */
export function documentFile(service: Service): string {
  return fileURLToPath(new URL(`../openapi/${service}.json`, import.meta.url));
}

export function readDocument(service: Service): OpenApiDocument {
  return JSON.parse(readFileSync(documentFile(service), 'utf8'));
}
