export const DOCUMENTS: string[];
export function typesFile(name: string): URL;
export function typesOf(name: string): Promise<string>;
