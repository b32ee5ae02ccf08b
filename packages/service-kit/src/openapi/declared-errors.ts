import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify';
import type { Problem } from '../problems/problem.ts';
import { commonProblems } from './common-problems.ts';
import { type ErrorForm, errorResponses, problemForm } from './error-responses.ts';

/** An error of a route. It is made for the document, where it is the example of its code, and for each request that gets it. */
export type MakeProblem = () => Problem;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The errors of the route, for the document; beside those of its scopes, and those of every route. */
    problems?: MakeProblem[];
    /** How they are sent; see `declareErrors`. */
    errorForm?: ErrorForm;
  }
}

/** For the document: the errors that every route of a scope may answer, and the form in which the scope sends its errors. */
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

/** The schema of a route, with its errors as responses. What the route itself says of a status goes first. */
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
