/** The text of each file, as `npm run generate` writes it, by its name. */
export function postmanFiles(): Promise<Record<'postman.json' | 'postman-environment.json', string>>;
