import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify';
import type { Problem } from '../problems/problem.ts';
import { commonProblems } from './common-problems.ts';
import { type ErrorForm, errorResponses, problemForm } from './error-responses.ts';

/** Makes an error of a route: for the document, where it is the example of its code, and for each request that gets it. */
export type MakeProblem = () => Problem;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The errors of the route for the document, besides the errors of its scopes and of every route. */
    problems?: MakeProblem[];
    /** The form of the errors; see `declareErrors`. */
    errorForm?: ErrorForm;
  }
}

/** Declares, for the document, the errors that every route of a scope may answer, and the form of all its errors. */
export function declareErrors(
  app: FastifyInstance,
  { problems = [], form }: { problems?: MakeProblem[]; form?: ErrorForm },
): void {
  app.addHook('onRoute', (route) => {
    const { config = {} } = route;
    route.config = {
      ...config,
      ...(form === undefined ? {} : { errorForm: form }),
      problems: [...(config.problems ?? []), ...problems],
    };
  });
}

/** Returns the schema of a route with its errors as responses. A response in the schema itself takes precedence. */
export function withErrorResponses(
  schema: FastifySchema | undefined,
  { method, config = {} }: RouteOptions,
): FastifySchema {
  const { problems = [], errorForm = problemForm } = config;
  const all = [...problems.map((make) => make()), ...commonProblems(method, schema)];
  return {
    ...schema,
    response: { ...errorResponses(all, errorForm), ...(schema?.response as object | undefined) },
  };
}
