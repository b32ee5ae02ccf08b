import { eq, sql } from 'drizzle-orm';
import fp from 'fastify-plugin';
import { clients as table } from '../db/schema.ts';
import { builtInClients, CLIENT_ID_PATTERN, type Client } from './client.ts';

export interface ClientRepository {
  /** Resolves with undefined if there is no such client. */
  findById(id: string): Promise<Client | undefined>;
  /** True for a built-in client, which acts only for the user. */
  isBuiltIn(id: string): boolean;
}

declare module 'fastify' {
  interface FastifyInstance {
    clients: ClientRepository;
  }
}

export const clients = fp<{ issuer: string }>(
  async (app, { issuer }) => {
    const builtIn = new Map(builtInClients(issuer).map((client) => [client.id, client]));
    const selectById = app.db
      .select()
      .from(table)
      .where(eq(table.id, sql.placeholder('id')))
      .prepare('client_by_id');
    app.decorate('clients', {
      isBuiltIn: (id) => builtIn.has(id),
      async findById(id) {
        if (!CLIENT_ID_PATTERN.test(id)) return undefined;
        return builtIn.get(id) ?? (await selectById.execute({ id }))[0];
      },
    });
  },
  { name: 'clients', dependencies: ['postgres'] },
);
